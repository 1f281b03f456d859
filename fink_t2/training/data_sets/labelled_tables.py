"""Labelled light curves from any table of light curves that has a column of labels."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from fink_t2.errors import LightCurveError
from fink_t2.files.light_curve_tables import light_curves_of_table, read_table
from fink_t2.files.tables.known_layouts import OBJECTS
from fink_t2.science.classes import CLASSES, PLASTICC_CODES
from fink_t2.surveys import passbands_of
from fink_t2.training.data_sets.tns_types import classes_of_types
from fink_t2.training.examples.labelled import Labelled, label_mask_of

#: Columns that may hold the label, in the order in which they are tried.
LABEL_NAMES = ("t2class", "class", "type", "target")


def labelled_table(
    path: str | os.PathLike[str], survey: str = "ztf", flux_unit: str | None = None
) -> Labelled:
    """Read a labelled table of light curves or alert histories.

    Parameters
    ----------
    path : path
        Parquet or CSV table as described in
        `fink_t2.files.light_curve_tables.light_curves_of_table`, with one of the columns
        `LABEL_NAMES`, whose values are names of the 14 classes, TNS types, or PLAsTiCC codes.
    survey : str
        Name of the survey.
    flux_unit : {"fluxcal", "nJy"}, optional
        Unit of columns named ``flux``. By default it is nJy for tables of alerts (those with a
        column ``alertId``), as in ELAsTiCC and Rubin alerts, and FLUXCAL for others, as in
        PLAsTiCC.

    Returns
    -------
    Labelled
        For a label outside the 14 classes, every variable class is correct.

    Raises
    ------
    LightCurveError
        If there is no column of labels, or none of its values is known.
    """
    path = Path(path)
    table = read_table(path)
    label = next((name for name in LABEL_NAMES if name in table), None)
    if label is None:
        raise LightCurveError(
            f"{path}: no column of labels ({', '.join(LABEL_NAMES[:-1])} or {LABEL_NAMES[-1]}); "
            f"its columns are {', '.join(map(str, table.columns))}"
        )
    unit = flux_unit or ("nJy" if "alertId" in table else "fluxcal")
    read = light_curves_of_table(table, survey, unit, os.fspath(path))
    objects = next(name for name in OBJECTS if name in table)
    identifiers = read.identifiers[objects]
    is_alert = len(read.light_curves) == len(table)
    if is_alert:
        labels = table[label]
    else:
        labels = table.drop_duplicates(objects).set_index(objects)[label].reindex(identifiers)
    names = class_names(labels)
    if not any(name in CLASSES for name in names):
        raise LightCurveError(
            f"{path}: no value of {label!r} is one of the 14 classes, a TNS type or a PLAsTiCC "
            f"code; the first is {labels.iloc[0]!r}"
        )
    return Labelled(
        read.light_curves,
        label_mask_of(names),
        identifiers.to_numpy(dtype=str),
        np.full(len(names), path.stem),
        np.full(len(names), is_alert),
    )


def class_names(labels: pd.Series) -> list[str | None]:
    """Translate class names, TNS types or PLAsTiCC codes into class names.

    Parameters
    ----------
    labels : Series
        Labels, also of different forms.

    Returns
    -------
    list of str or None
        For each label one of the 14 classes, "other" for a known type outside them, or None
        for an unknown one.
    """
    of_code = {code: name for name, code in PLASTICC_CODES.items()}
    if pd.api.types.is_numeric_dtype(labels):
        return [of_code.get(int(code)) for code in labels.fillna(-1)]
    return classes_of_types(labels.tolist())


def survey_of(path: str | os.PathLike[str], survey: str | None = None) -> str:
    """Return the survey of a table.

    Parameters
    ----------
    path : path
        Table of light curves.
    survey : str, optional
        Name of the survey. By default it is inferred from the passbands: "ztf" if there are
        none besides g, r and i, otherwise "lsst".
    """
    if survey is not None:
        return passbands_of(survey).survey
    table = read_table(path)
    bands = next((name for name in ("band", "cfilterName", "filter") if name in table), None)
    if bands is None:
        return "ztf"
    values = table[bands]
    if len(values) and isinstance(values.iloc[0], np.ndarray | list):
        values = values.explode()
    letters = {str(value).lower()[-1:] for value in values.unique()}
    return "ztf" if letters <= {"g", "r", "i", "1", "2", "3"} else "lsst"
