"""Prepare all of PLAsTiCC on Spark: 3.5 million objects do not fit into one machine's memory.

The release (Kessler et al. 2019, PASP 131, 094501) is one CSV of training light curves, eleven of
test light curves, and one of metadata for each; an object may span two files. Fluxes are FLUXCAL
(zero point 27.5), dates MJD. Spark gathers each object's points, the workers interpolate with the
code that the stream uses, and Parquet takes what a network trains on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from fink_t2.errors import LightCurveError
from fink_t2.files.light_curve_tables import light_curves_of_table
from fink_t2.science.classes import PLASTICC_CODES
from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.science.preprocessing import PREPROCESSING_VERSION, prepare
from fink_t2.training.data_sets.labelled_tables import class_names
from fink_t2.training.data_sets.lsst_labelled import PLASTICC_BANDS, without_absent_hosts
from fink_t2.training.data_sets.prepared import DESCRIPTION_FILE, EXAMPLES_FOLDER

#: Columns of the light curves' and of the metadata's tables, and their types.
POINT_COLUMNS = {
    "object_id": "long",
    "mjd": "double",
    "passband": "int",
    "flux": "double",
    "flux_err": "double",
}
METADATA_COLUMNS = {"object_id": "long", "hostgal_photoz": "double", "hostgal_photoz_err": "double"}
#: The type: the released test metadata came without, the unblinded one names it "true_target".
TARGET_COLUMNS = ("true_target", "target")

PREPARED_SCHEMA = "objectId string, t2class string, grid array<float>, features array<float>"


def prepare_plasticc(
    spark: SparkSession,
    light_curves: Sequence[str],
    metadata: Sequence[str],
    grid_length: int,
    out: str | os.PathLike[str],
) -> dict[str, int]:
    """Interpolate PLAsTiCC's light curves and write them as examples.

    Parameters
    ----------
    spark : SparkSession
        Where the work is done.
    light_curves : sequence of str
        CSV files of the release, gzipped or not; paths as Spark takes them.
    metadata : sequence of str
        The metadata's CSV files, with the types.
    grid_length : int
        L.
    out : path
        Folder to write: Parquet, and a description. It must not exist.

    Returns
    -------
    dict of str to int
        Examples of every class. Objects outside the 14 classes and those that fail the
        light-curve cuts are left out.

    Raises
    ------
    LightCurveError
        If a table lacks a column, or the folder exists.
    """
    out = Path(out)
    if out.exists():
        raise LightCurveError(f"{out}: exists already; give another folder, or remove it")
    points = _cast(_table(spark, light_curves), POINT_COLUMNS, light_curves)
    # Sorted by time: an object's points may come from two files.
    order = F.struct("mjd", "passband", "flux", "flux_err")
    histories = points.groupBy("object_id").agg(F.array_sort(F.collect_list(order)).alias("points"))
    objects = histories.join(_types(spark, metadata), "object_id").select(
        F.col("object_id").cast("string").alias("objectId"),
        "target",
        *(F.col(f"points.{name}").alias(name) for name in ("mjd", "passband", "flux", "flux_err")),
        "photoz",
        "photoz_err",
    )

    def prepared(tables: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for table in tables:
            if len(table):
                yield _prepared(table, grid_length)

    examples = objects.mapInPandas(prepared, PREPARED_SCHEMA)
    written = out / EXAMPLES_FOLDER
    examples.write.parquet(os.fspath(written))
    counts = spark.read.parquet(os.fspath(written)).groupBy("t2class").count().collect()
    found = {row["t2class"]: int(row["count"]) for row in counts}
    description = {
        "survey": "lsst",
        "grid_length": grid_length,
        "preprocessing_version": PREPROCESSING_VERSION,
        "examples": found,
    }
    # Last: its being there says that the folder is complete.
    (out / DESCRIPTION_FILE).write_text(json.dumps(description, indent=1) + "\n")
    return found


def _prepared(table: pd.DataFrame, grid_length: int) -> pd.DataFrame:
    """Interpolate the light curves of some objects."""
    table = without_absent_hosts(table)
    table = table.assign(
        band=[PLASTICC_BANDS[bands] for bands in table["passband"]],
        t2class=np.array(class_names(table["target"]), dtype=object),
    )
    curves = light_curves_of_table(table, "lsst", "fluxcal", "PLAsTiCC").light_curves
    passes = np.flatnonzero(apply_cuts(curves, CutSettings()) == Status.OK)
    made = prepare(curves.select(passes), grid_length)
    return pd.DataFrame(
        {
            "objectId": table["objectId"].to_numpy()[passes],
            "t2class": table["t2class"].to_numpy()[passes],
            "grid": list(made.grid.reshape(len(passes), -1)),
            "features": list(made.features),
        }
    )


def _types(spark: SparkSession, metadata: Sequence[str]) -> DataFrame:
    """Return class and redshift of every object of the 14 classes."""
    table = _table(spark, metadata)
    target = next((name for name in TARGET_COLUMNS if name in table.columns), None)
    if target is None:
        raise LightCurveError(
            f"{', '.join(metadata)}: no column {' or '.join(TARGET_COLUMNS)}; "
            f"it has {', '.join(table.columns)}"
        )
    typed = _cast(table, {**METADATA_COLUMNS, target: "int"}, metadata)
    return typed.where(F.col(target).isin(list(PLASTICC_CODES.values()))).select(
        "object_id",
        F.col(target).alias("target"),
        F.col("hostgal_photoz").alias("photoz"),
        F.col("hostgal_photoz_err").alias("photoz_err"),
    )


def _table(spark: SparkSession, paths: Sequence[str]) -> DataFrame:
    try:
        return spark.read.option("header", True).csv(list(paths))
    except AnalysisException as error:
        raise LightCurveError(f"can't be read: {error}") from None


def _cast(table: DataFrame, columns: dict[str, str], paths: Sequence[str]) -> DataFrame:
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise LightCurveError(
            f"{', '.join(paths)}: no column {', '.join(missing)}; it has {', '.join(table.columns)}"
        )
    return table.select(*(F.col(name).cast(kind).alias(name) for name, kind in columns.items()))
