"""The modules for Fink: their doctests on real alerts, and the answers that files get.

They run where Fink's packages are installed, as they are by ``bin/test-spark``.
"""

from __future__ import annotations

import doctest
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from fink_t2.classifier import Classification, find_model, load_classifier
from fink_t2.files.alert_tables import alert_table
from fink_t2.science.cuts import CutSettings, apply_cuts
from fink_t2.surveys import LSST, ZTF
from tests.conftest import CHECKOUT

NOT_INSTALLED = "Fink's packages are not installed here; bin/test-spark runs this"
pytest.importorskip("line_profiler", reason=NOT_INSTALLED)
concat_col = pytest.importorskip("fink_utils.spark.utils", reason=NOT_INSTALLED).concat_col

ZTF_COLUMNS = ["jd", "fid", "magpsf", "sigmapsf", "isdiffpos"]
RUBIN_COLUMNS = ["midpointMjdTai", "band", "psfFlux", "psfFluxErr"]


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[1]")
        .appName("fink_t2 tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.legacy.parquet.nanosAsLong", "true")  # as Fink reads its files
        .getOrCreate()
    )
    yield session
    session.stop()


def ztf_file(shared: Path) -> Path:
    """ZTF alerts as Fink stores them, with its columns roid and cdsxmatch."""
    (path,) = (shared / "data" / "alerts" / "ztf_parquet").glob("part-*.parquet")
    return path


def rubin_file(shared: Path) -> Path:
    """Rubin alerts as Fink stores them, with its cross-matches."""
    (path,) = (shared / "data" / "alerts" / "rubin_fink").glob("part-*.parquet")
    return path


def ztf_alerts(spark: SparkSession, shared: Path) -> tuple[DataFrame, list[Column]]:
    """Return these alerts, and the arguments of the module as the broker has them."""
    alerts = spark.read.parquet(str(ztf_file(shared))).coalesce(1)
    for name in ZTF_COLUMNS:
        alerts = concat_col(alerts, name)
    arguments = [F.col(f"c{name}") for name in ZTF_COLUMNS]
    return alerts, [
        *arguments,
        F.col("roid"),
        F.col("cdsxmatch"),
        F.col("candidate.jdstarthist"),
    ]


def rubin_alerts(spark: SparkSession, shared: Path) -> tuple[DataFrame, list[Column]]:
    """Return these alerts, and the arguments of the module that are not optional."""
    alerts = spark.read.parquet(str(rubin_file(shared))).coalesce(1)
    for name in RUBIN_COLUMNS:
        alerts = concat_col(alerts, name, current="diaSource", history="prvDiaSources")
    arguments = [F.col(f"c{name}") for name in RUBIN_COLUMNS]
    return alerts, [
        *arguments,
        F.col("diaSource.ssObjectId"),
        F.col("diaObject.firstDiaSourceMjdTai"),
    ]


def fink_module(survey: str) -> ModuleType:
    path = CHECKOUT / "integrations" / "fink" / survey / "t2" / "processor.py"
    spec = importlib.util.spec_from_file_location(f"{survey}_t2_processor", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def records(path: Path) -> list[dict[str, Any]]:
    columns = [name for name in pq.read_schema(path).names if "cutout" not in name]
    return pq.read_table(path, columns=columns).to_pylist()


@pytest.mark.spark
@pytest.mark.parametrize(("survey", "file"), [("ztf", ztf_file), ("rubin", rubin_file)])
def test_doctest_on_real_alerts(
    survey: str, file: Callable[[Path], Path], spark: SparkSession, shared: Path
) -> None:
    module = fink_module(survey)
    names = {**vars(module), "spark": spark, f"{survey}_alert_sample": str(file(shared))}
    # The finder would not take the decorated function, but it takes the one inside.
    (example,) = doctest.DocTestFinder().find(module.t2.func, "t2", globs=names)
    assert len(example.examples) > 10
    assert doctest.DocTestRunner().run(example).failed == 0


def check(rows: DataFrame, expected: Classification) -> None:
    """Compare the struct column t2 with the classifications of the same alerts from a file."""
    answers = [row.t2 for row in rows.select("t2").collect()]
    assert [row.status for row in answers] == expected.status_texts()
    assert len(set(expected.status_texts())) > 1
    assert "ok" in expected.status_texts()
    for row, name, probability in zip(
        answers, expected.class_names(), expected.class_probabilities(), strict=True
    ):
        assert row["class"] == name
        assert row.prob == pytest.approx(probability, abs=1e-4)
        if name:
            assert row.probabilities[name] == row.prob
            assert sum(row.probabilities.values()) == pytest.approx(1, abs=1e-3)


def test_ztf_alerts_get_the_classes_that_files_get(spark: SparkSession, shared: Path) -> None:
    alerts, arguments = ztf_alerts(spark, shared)
    table = alert_table(ZTF, records(ztf_file(shared)))
    status = apply_cuts(table.light_curves, CutSettings(), **table.catalogues)
    expected = load_classifier(find_model("t2-ztf")).classify(table.light_curves, status)
    check(alerts.withColumn("t2", fink_module("ztf").t2(*arguments)), expected)


def test_rubin_alerts_get_the_classes_that_files_get(spark: SparkSession, shared: Path) -> None:
    alerts, arguments = rubin_alerts(spark, shared)
    rows = records(rubin_file(shared))
    table = alert_table(LSST, rows)
    catalogues = {
        **table.catalogues,
        "cdsxmatch": [row["xm"]["simbad_otype"] for row in rows],
    }
    status = apply_cuts(table.light_curves, CutSettings(), **catalogues)
    expected = load_classifier(find_model("t2-lsst", "lsst")).classify(table.light_curves, status)
    answer = fink_module("rubin").t2(*arguments, F.col("xm.simbad_otype"))
    check(alerts.withColumn("t2", answer), expected)


def test_the_redshift_of_the_host_counts(spark: SparkSession, shared: Path) -> None:
    alerts, arguments = rubin_alerts(spark, shared)
    t2 = fink_module("rubin").t2
    arguments.append(F.lit(None).cast("string"))
    rows = alerts.select(
        t2(*arguments).alias("no_host"),
        t2(*arguments, F.lit(0.01), F.lit(0.005)).alias("near"),
        t2(*arguments, F.lit(0.9), F.lit(0.1)).alias("far"),
    ).collect()
    classified = [row for row in rows if row.no_host.status == "ok"]
    assert classified
    for row in classified:
        answers = [row.no_host.probabilities, row.near.probabilities, row.far.probabilities]
        assert all(answers.count(answer) == 1 for answer in answers)


def test_the_fields_of_the_struct_come_from_one_call(spark: SparkSession, shared: Path) -> None:
    alerts, arguments = ztf_alerts(spark, shared)
    rows = alerts.withColumn("t2", fink_module("ztf").t2(*arguments))
    fields = ["class", "prob", "probabilities", "status"]
    rows = rows.select("candid", *(F.col(f"t2.{name}").alias(f"t2_{name}") for name in fields))
    plan = rows._jdf.queryExecution().executedPlan().toString()
    assert plan.count("ArrowEvalPython") == 1
