"""Labelled alerts from the tables that the stream wrote, joined with a table of types."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from fink_t2.errors import LightCurveError
from fink_t2.surveys.ztf import from_ztf
from fink_t2.training.data_sets.tns_types import classes_of_types
from fink_t2.training.examples.labelled import Labelled, label_mask_of

#: Fields of a ZTF detection that enter a light curve.
POINT_FIELDS = ("jd", "fid", "magpsf", "sigmapsf", "isdiffpos")


def archived_ztf_alerts(
    archive: str | os.PathLike[str], labels: str | os.PathLike[str]
) -> Labelled:
    """Read classified ZTF alerts from Parquet, and their types from a table.

    Parameters
    ----------
    archive : path
        File or partitioned folder that the stream wrote, with the fields ``objectId``,
        ``candidate`` and ``prv_candidates`` of the alerts.
    labels : path
        CSV or Parquet table with the columns ``objectId`` and ``type``. A type is that of the
        Transient Name Server (``tns_types.csv``) or one of the 14 classes.

    Returns
    -------
    Labelled
        One light curve for each alert of a typed object.

    Raises
    ------
    LightCurveError
        If a column is missing or no alert has a known type.
    """
    path = Path(labels)
    types = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if not {"objectId", "type"} <= set(types.columns):
        raise LightCurveError(f"{labels}: needs columns objectId and type")
    class_of_object = dict(zip(types["objectId"], classes_of_types(types["type"]), strict=True))
    typed = [name for name, label in class_of_object.items() if label not in (None, "other")]
    dataset = ds.dataset(archive, format="parquet", partitioning="hive")
    missing = {"objectId", "candidate", "prv_candidates"} - set(dataset.schema.names)
    if missing:
        raise LightCurveError(f"{archive}: no column {', '.join(sorted(missing))}")
    table = dataset.to_table(
        columns=["objectId", "candidate", "prv_candidates"],
        filter=ds.field("objectId").isin(typed),
    )
    rows = table.to_pylist()
    if not rows:
        raise LightCurveError(f"{archive}: no alert of an object whose type in {labels} is known")
    points = [[*(row["prv_candidates"] or []), row["candidate"]] for row in rows]
    starts = np.concatenate(([0], np.cumsum([len(part) for part in points])))

    def column(name: str) -> np.ndarray:
        values = [point.get(name) for part in points for point in part]
        if name == "isdiffpos":
            return np.array([value not in ("f", "0", False) for value in values])
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    arrays = {name: column(name) for name in POINT_FIELDS}
    history = np.array([row["candidate"].get("jdstarthist") or np.nan for row in rows])
    curves = from_ztf(
        starts,
        arrays["jd"],
        arrays["fid"],
        arrays["magpsf"],
        arrays["sigmapsf"],
        arrays["isdiffpos"],
        history,
    )
    objects = [row["objectId"] for row in rows]
    return Labelled(
        curves,
        label_mask_of([class_of_object[name] for name in objects]),
        np.array(objects, dtype=str),
        np.full(len(rows), "archive"),
        np.ones(len(rows), dtype=bool),
    )
