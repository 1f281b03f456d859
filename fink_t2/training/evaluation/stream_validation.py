"""Evaluation of predictions that the stream wrote, with spectroscopic types as labels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from fink_t2.classifier import NOT_CLASSIFIED
from fink_t2.errors import LightCurveError
from fink_t2.files.light_curve_tables import read_table
from fink_t2.science.classes import CLASSES
from fink_t2.training.data_sets.labelled_tables import LABEL_NAMES, class_names
from fink_t2.training.evaluation.evaluate import Evaluation, evaluate_predictions

#: Columns of the name of the object, the date of the alert, and the date of the first detection,
#: as paths into nested columns.
OBJECT_FIELDS = (("objectId",), ("diaObjectId",), ("diaObject", "diaObjectId"))
TIME_FIELDS = (("candidate", "jd"), ("jd",), ("diaSource", "midpointMjdTai"), ("candid",))
START_FIELDS = (("candidate", "jdstarthist"), ("jdstarthist",))


def validate_stream(
    alerts: str | os.PathLike[str],
    labels: str | os.PathLike[str],
    *,
    every_alert: bool = False,
) -> Evaluation:
    """Score the stream's predictions on objects of known type.

    Parameters
    ----------
    alerts : path
        Parquet file or partitioned folder that the stream or ``fink-t2 classify`` wrote. It
        contains the name of the object, and the probabilities as a map ``t2`` or as one column
        for each class.
    labels : path
        CSV or Parquet table of object names and labels, which are TNS types, class names or
        PLAsTiCC codes.
    every_alert : bool
        Whether to score every alert instead of the last classified alert of each object.

    Returns
    -------
    Evaluation

    Raises
    ------
    LightCurveError
        If a column is missing, or no alert has a label.
    """
    predictions = read_predictions(alerts)
    types = _read_labels(labels)
    predictions["class"] = predictions["object"].map(types)
    named = predictions.dropna(subset=["class"])
    if named.empty:
        raise LightCurveError(
            f"none of the {predictions['object'].nunique()} objects in {alerts} has a type in "
            f"{labels}"
        )
    if not every_alert:
        # Sorted so that the last row of an object is its latest classified alert.
        order = named.assign(is_classified=named["p"].map(lambda p: p[0] >= 0))
        named = order.sort_values(["is_classified", "time"], kind="stable").drop_duplicates(
            "object", keep="last"
        )
    probabilities = np.stack(named["p"].to_list()).astype(np.float32)
    known = {name: index for index, name in enumerate(CLASSES)}
    model = sorted(set(named["model"].dropna()))
    return evaluate_predictions(
        np.array([known.get(name, -1) for name in named["class"]], dtype=np.int64),
        probabilities,
        named["points"].to_numpy(np.int64),
        named["days"].to_numpy(np.float64),
        probabilities[:, 0] >= 0,
        model=", ".join(model) or "the stream",
        data=("every alert" if every_alert else "the last alert of each object")
        + f" in {Path(alerts).name} with a type in {Path(labels).name}",
    )


def read_predictions(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the predictions that the stream wrote.

    Parameters
    ----------
    path : path
        Parquet file or folder.

    Returns
    -------
    DataFrame
        Columns ``object`` (name), ``time`` (date of the alert), ``days`` (days since the first
        detection, NaN if not known), ``points`` (number of points), ``model``, and ``p`` (array
        of 14 probabilities).
    """
    try:
        data = ds.dataset(path, format="parquet", partitioning="hive")
    except (OSError, ValueError) as error:
        raise LightCurveError(f"{path}: can't be read as Parquet ({error})") from None
    schema = data.schema
    columns: dict[str, Any] = {
        "object": _field(schema, OBJECT_FIELDS, path),
        "time": _field(schema, TIME_FIELDS, path),
    }
    start = _find(schema, START_FIELDS)
    if start is not None and columns["time"].equals(ds.field("candidate", "jd")):
        columns["start"] = start
    for name in schema.names:
        if name.startswith("t2_n_") or name in ("t2", "t2_model"):
            columns[name] = ds.field(name)
    has_map = "t2" in columns
    if not has_map:
        missing = [name for name in CLASSES if name not in schema.names]
        if missing:
            raise LightCurveError(
                f"{path}: no column 't2', and no columns of probabilities {', '.join(missing)}"
            )
        columns |= {name: ds.field(name) for name in CLASSES}
    table = data.to_table(columns=columns)
    counts = [table[name].to_numpy() for name in columns if name.startswith("t2_n_")]
    time = table["time"].to_pandas()
    days = np.full(len(time), np.nan)
    if "start" in columns:
        days = time.to_numpy(np.float64) - table["start"].to_pandas().to_numpy(np.float64)
    if has_map:
        probabilities = _of_maps(table["t2"])
    else:
        probabilities = np.stack([table[name].to_numpy() for name in CLASSES], axis=1)
    return pd.DataFrame(
        {
            "object": table["object"].to_pandas().astype(str),
            "time": time,
            "days": days,
            "points": np.sum(counts, axis=0) if counts else np.zeros(len(time), np.int64),
            "model": table["t2_model"].to_pandas() if "t2_model" in columns else None,
            "p": list(probabilities),
        }
    )


def _of_maps(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    """Convert maps from class to probability to an array of shape (N, 14)."""
    result = np.full((len(column), len(CLASSES)), NOT_CLASSIFIED, dtype=np.float32)
    columns = {name: index for index, name in enumerate(CLASSES)}
    for row, pairs in enumerate(column.to_pylist()):
        for name, value in pairs or ():
            result[row, columns[name]] = value
    return result


def _read_labels(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the class of each object whose type is known, which may be "other"."""
    table = read_table(path)
    columns = {str(column).lower(): column for column in table.columns}
    objects = next(
        (columns[n] for n in ("objectid", "diaobjectid", "object_id") if n in columns), None
    )
    label = next((columns[name] for name in LABEL_NAMES if name in columns), None)
    if objects is None or label is None:
        raise LightCurveError(
            f"{path}: needs columns objectId and type; it has {', '.join(map(str, table.columns))}"
        )
    names = class_names(table[label])
    unknown = sorted({str(t) for t, n in zip(table[label], names, strict=True) if n is None})
    if len(unknown) and all(name is None for name in names):
        raise LightCurveError(f"{path}: no known type; it has {', '.join(unknown[:5])}")
    pairs = zip(table[objects].astype(str), names, strict=True)
    return {name: label for name, label in pairs if label is not None}


def _find(schema: pa.Schema, paths: tuple[tuple[str, ...], ...]) -> ds.Expression | None:
    for path in paths:
        if path[0] not in schema.names:
            continue
        data_type = schema.field(path[0]).type
        if len(path) == 1:
            return ds.field(*path)
        if pa.types.is_struct(data_type) and data_type.get_field_index(path[1]) >= 0:
            return ds.field(*path)
    return None


def _field(
    schema: pa.Schema, paths: tuple[tuple[str, ...], ...], source: str | os.PathLike[str]
) -> ds.Expression:
    field = _find(schema, paths)
    if field is None:
        names = " or ".join(".".join(path) for path in paths)
        raise LightCurveError(
            f"{source}: no column {names}; the columns are {', '.join(schema.names)}"
        )
    return field
