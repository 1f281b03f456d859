"""Examples from the complete PLAsTiCC release, made with Spark.

The 3.5 million objects do not fit into the memory of one machine. The release (Kessler et al. 2019,
PASP 131, 094501) consists of one CSV file of light curves for training and eleven for tests, with a
metadata file for each of these sets; the points of an object may lie in two files. Fluxes are in
FLUXCAL (zero point 27.5), dates are MJD. Spark groups the points by object, its workers interpolate
them with the code that the stream uses, and the examples are written to Parquet.
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
from fink_t2.science.preprocessing import PREPROCESSING_VERSION, preprocess
from fink_t2.training.data_sets.labelled_tables import class_names
from fink_t2.training.data_sets.lsst_labelled import PLASTICC_BANDS, without_absent_hosts
from fink_t2.training.data_sets.prepared import DESCRIPTION_FILE, EXAMPLES_FOLDER

#: Columns of the tables of light curves and of metadata, and their types.
POINT_COLUMNS = {
    "object_id": "long",
    "mjd": "double",
    "passband": "int",
    "flux": "double",
    "flux_err": "double",
}
METADATA_COLUMNS = {"object_id": "long", "hostgal_photoz": "double", "hostgal_photoz_err": "double"}
#: Columns of the class: "true_target" in the unblinded metadata of the test set.
TARGET_COLUMNS = ("true_target", "target")

PREPARED_SCHEMA = "objectId string, t2class string, grid array<float>, features array<float>"


def prepare_plasticc(
    spark: SparkSession,
    light_curves: Sequence[str],
    metadata: Sequence[str],
    grid_length: int,
    out: str | os.PathLike[str],
) -> dict[str, int]:
    """Interpolate the light curves of PLAsTiCC and write them as examples.

    Objects outside the 14 classes, and those that fail the light-curve cuts, are left out.

    Parameters
    ----------
    spark : SparkSession
        The session that does the work.
    light_curves : sequence of str
        CSV files of light curves, optionally compressed by gzip, as paths that Spark accepts.
    metadata : sequence of str
        CSV files of metadata, which contain the classes.
    grid_length : int
        Number of times L at which light curves are interpolated.
    out : path
        Folder to write: Parquet files and a description. It must not exist.

    Returns
    -------
    dict of str to int
        Number of examples of every class.

    Raises
    ------
    LightCurveError
        If a table can't be read or lacks a column, or if the folder exists.
    """
    out = Path(out)
    if out.exists():
        raise LightCurveError(f"{out}: exists already; give another folder, or remove it")
    points = _cast(_table(spark, light_curves), POINT_COLUMNS, light_curves)
    # The points are sorted by time, because those of an object may come from two files.
    order = F.struct("mjd", "passband", "flux", "flux_err")
    histories = points.groupBy("object_id").agg(F.array_sort(F.collect_list(order)).alias("points"))
    objects = histories.join(_types(spark, metadata), "object_id").select(
        F.col("object_id").cast("string").alias("objectId"),
        "target",
        *(F.col(f"points.{name}").alias(name) for name in ("mjd", "passband", "flux", "flux_err")),
        "photoz",
        "photoz_err",
    )

    def examples_of(tables: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for table in tables:
            if len(table):
                yield _examples_of(table, grid_length)

    examples = objects.mapInPandas(examples_of, PREPARED_SCHEMA)
    written = out / EXAMPLES_FOLDER
    examples.write.parquet(os.fspath(written))
    counts = spark.read.parquet(os.fspath(written)).groupBy("t2class").count().collect()
    numbers = {row["t2class"]: int(row["count"]) for row in counts}
    description = {
        "survey": "lsst",
        "grid_length": grid_length,
        "preprocessing_version": PREPROCESSING_VERSION,
        "examples": numbers,
    }
    # Written last: its existence marks the folder as complete.
    (out / DESCRIPTION_FILE).write_text(json.dumps(description, indent=1) + "\n")
    return numbers


def _examples_of(table: pd.DataFrame, grid_length: int) -> pd.DataFrame:
    """Return the examples of the objects of a table."""
    table = without_absent_hosts(table)
    table = table.assign(
        band=[PLASTICC_BANDS[bands] for bands in table["passband"]],
        t2class=np.array(class_names(table["target"]), dtype=object),
    )
    curves = light_curves_of_table(table, "lsst", "fluxcal", "PLAsTiCC").light_curves
    passes = np.flatnonzero(apply_cuts(curves, CutSettings()) == Status.OK)
    preprocessed = preprocess(curves.select(passes), grid_length)
    return pd.DataFrame(
        {
            "objectId": table["objectId"].to_numpy()[passes],
            "t2class": table["t2class"].to_numpy()[passes],
            "grid": list(preprocessed.grid.reshape(len(passes), -1)),
            "features": list(preprocessed.features),
        }
    )


def _types(spark: SparkSession, metadata: Sequence[str]) -> DataFrame:
    """Return the class and the redshift of every object of the 14 classes."""
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
        raise LightCurveError(f"{', '.join(paths)}: can't be read: {error}") from None


def _cast(table: DataFrame, columns: dict[str, str], paths: Sequence[str]) -> DataFrame:
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise LightCurveError(
            f"{', '.join(paths)}: no column {', '.join(missing)}; "
            f"the columns are {', '.join(table.columns)}"
        )
    return table.select(
        *(F.col(name).cast(sql_type).alias(name) for name, sql_type in columns.items())
    )
