"""Labelled light curves from any table that the package reads, and a label column."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd

from fink_t2.errors import LightCurveError
from fink_t2.files.light_curve_tables import OBJECT_NAMES, light_curves_of_table, read_table
from fink_t2.science.classes import CLASSES, PLASTICC_CODES
from fink_t2.surveys import passbands_of
from fink_t2.training.data_sets.tns_types import classes_of_types
from fink_t2.training.examples.labelled import Labelled, label_mask_of

#: Columns that may hold the label, most particular first.
LABEL_NAMES = ("t2class", "class", "type", "target")


def labelled_table(
    path: str | os.PathLike[str], survey: str = "ztf", flux_unit: str | None = None
) -> Labelled:
    """Read a labelled table of light curves or alert histories.

    Parameters
    ----------
    path : path
        Parquet or CSV, see `fink_t2.files.light_curve_tables.light_curves_of_table`, with one of
        the columns `LABEL_NAMES`: one of the 14 class names, a TNS type, or a PLAsTiCC code.
    survey : str
        "ztf" or "lsst".
    flux_unit : {"fluxcal", "nJy"}, optional
        Unit of columns named ``flux``. Default: nJy for tables of alerts (a column
        ``alertId``), as ELAsTiCC and Rubin send them, FLUXCAL for others, as in PLAsTiCC.

    Returns
    -------
    Labelled
        A label that stands for none of the 14 classes allows every variable class.

    Raises
    ------
    LightCurveError
        If there is no label column, or no label in it is known.
    """
    path = Path(path)
    table = read_table(path)
    label = next((name for name in LABEL_NAMES if name in table), None)
    if label is None:
        raise LightCurveError(
            f"{path}: no label: it needs a column {', '.join(LABEL_NAMES[:-1])} or "
            f"{LABEL_NAMES[-1]}; it has {', '.join(map(str, table.columns))}"
        )
    unit = flux_unit or ("nJy" if "alertId" in table else "fluxcal")
    found = light_curves_of_table(table, survey, unit, os.fspath(path))
    objects = next(name for name in OBJECT_NAMES if name in table)
    identifiers = found.identifiers[objects]
    is_alert = len(found.light_curves) == len(table)
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
        found.light_curves,
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
        Labels of one kind or mixed.

    Returns
    -------
    list of str or None
        One of the 14, "other" for a known type outside them, None for an unknown one.
    """
    of_code = {code: name for name, code in PLASTICC_CODES.items()}
    if pd.api.types.is_numeric_dtype(labels):
        return [of_code.get(int(code)) for code in labels.fillna(-1)]
    return classes_of_types(labels.tolist())


def survey_of(path: str | os.PathLike[str], survey: str | None = None) -> str:
    """Return the survey of a table: the one given, or told by its passbands.

    More passbands than ZTF's g, r and i are LSST's.
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
