"""The light curve that Spark SQL takes from an alert is the one that `alert_fields` takes."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any

import fastavro
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.alerts.frames import message_prefix
from fink_t2.alerts.limits import Limits
from fink_t2.alerts.wanted_fields import full_ztf_schema
from fink_t2.stream.columns.light_curve_columns import classification_arguments, night
from fink_t2.stream.decode import decode_messages
from fink_t2.stream.writer_schemas import WriterSchemas
from fink_t2.surveys.alert_fields import lsst_object_values, lsst_points, ztf_points
from tests.stream.conftest import Messages

ZTF = ["jd", "fid", "magpsf", "sigmapsf", "isdiffpos", "roid", "cdsxmatch", "jdstarthist"]
LSST = ["mjd", "band", "flux", "flux_error", "roid", "cdsxmatch", "first", "photoz", "photoz_error"]


def alert_type(alerts: DataFrame) -> StructType:
    kind = alerts.schema["alert"].dataType
    assert isinstance(kind, StructType)
    return kind


def arguments(alerts: DataFrame, survey: str, forced: bool) -> pd.DataFrame:
    columns = classification_arguments(survey, alert_type(alerts), forced)
    names = ZTF if survey == "ztf" else LSST
    named = [column.alias(name) for name, column in zip(names, columns, strict=True)]
    return alerts.select(*named, night(survey, alert_type(alerts)).alias("night")).toPandas()


def same(found: Any, expected: Any) -> bool:
    if expected is None or (isinstance(expected, float) and math.isnan(expected)):
        return found is None or found != found
    if isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-6)
    return bool(found == expected)


def check_points(row: pd.Series, columns: list[str], points: list[Any]) -> None:
    """Compare as sets of points: their order does not matter to a light curve."""
    by_time = sorted(zip(*[row[name] for name in columns], strict=True), key=_time_first)
    for one, other in zip(by_time, sorted(points, key=_time_first), strict=True):
        assert all(same(a, b) for a, b in zip(one, other, strict=False)), (one, other)


def _time_first(point: Any) -> Any:
    time, band, value = point[:3]
    return (time, str(band), value is None or value != value, value if value == value else 0)


@pytest.mark.parametrize("forced", [False, True])
def test_ztf_packets(messages: Messages, packets: list[Path], shared: Path, forced: bool) -> None:
    real = sorted((shared / "data" / "alerts" / "ztf_v4").glob("*.avro"))
    older = sorted((shared / "data" / "alerts" / "ztf_v3").glob("*.avro"))
    values: list[bytes | None] = [p.read_bytes() for p in [*packets[:20], *real, *older[:10]]]
    writer_schemas = WriterSchemas("ztf", full_ztf_schema(), Limits())
    for value in values:
        writer_schemas.add(message_prefix(value or b"", Limits()))
    alerts = decode_messages(
        messages(values), "ztf", list(writer_schemas.accepted.values()), writer_schemas.reader
    )
    table = arguments(alerts.orderBy("offset"), "ztf", forced)
    longer = 0
    for (_, row), value in zip(table.iterrows(), values, strict=True):
        (alert,) = fastavro.reader(io.BytesIO(value or b""))
        points = ztf_points(alert, forced_photometry=forced)
        longer += len(points) > len(ztf_points(alert))
        check_points(row, ZTF[:5], points)
        assert same(row["jdstarthist"], alert["candidate"]["jdstarthist"])
        assert row["roid"] is None or math.isnan(row["roid"])
        assert same(row["cdsxmatch"], None)
        date = pd.Timestamp(alert["candidate"]["jd"] - 2440587.5, unit="D").date()
        assert row["night"] == date
    assert bool(longer) == forced


def from_parquet(spark: SparkSession, path: Path) -> tuple[DataFrame, list[dict[str, Any]]]:
    rows = spark.read.parquet(str(path)).limit(40).coalesce(1).persist()
    alerts = rows.select(F.struct("*").alias("alert"))
    return alerts, [row.asDict(recursive=True) for row in rows.collect()]


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "lsst/rubin_sample_data_10_0.parquet",
        "elasticc/elasticc_sample_seed0.parquet",
        "elasticc/test_elasticc_earlysnia.parquet",
    ],
)
def test_rubin_and_elasticc_tables(
    spark: SparkSession, shared: Path, name: str, forced: bool
) -> None:
    alerts, expected = from_parquet(spark, shared / "data" / "alerts" / name)
    table = arguments(alerts, "lsst", forced)
    assert len(table) == len(expected)
    for (_, row), alert in zip(table.iterrows(), expected, strict=True):
        check_points(row, LSST[:4], lsst_points(alert, forced_photometry=forced))
        values = lsst_object_values(alert)
        for column, key in (("photoz", "photoz"), ("photoz_error", "photoz_error")):
            assert same(row[column], values[key])
        assert same(row["first"], values["first_mjd"])
        assert row["roid"] == values["roid"]


def test_tables_of_the_broker_bring_their_cross_match(spark: SparkSession, shared: Path) -> None:
    folder = shared / "data" / "alerts" / "ztf_parquet"
    (path,) = folder.glob("part-*.parquet")
    alerts, expected = from_parquet(spark, path)
    table = arguments(alerts, "ztf", False)
    for (_, row), alert in zip(table.iterrows(), expected, strict=True):
        check_points(row, ZTF[:5], ztf_points(alert))
        assert row["roid"] == alert["roid"]
        assert row["cdsxmatch"] == alert["cdsxmatch"]


def test_nights(spark: SparkSession) -> None:
    """Rubin's night goes past midnight UTC and has the date on which it began; ZTF's does not."""

    def nights(survey: str, column: str, times: list[float]) -> list[str]:
        source = "candidate" if survey == "ztf" else "diaSource"
        rows = spark.createDataFrame([(time,) for time in times], "t double").coalesce(1)
        alerts = rows.select(
            F.struct(F.struct(F.col("t").alias(column)).alias(source)).alias("alert")
        )
        found = alerts.select(night(survey, alert_type(alerts)).alias("night")).collect()
        return [str(row["night"]) for row in found]

    # 2026-08-01T00:00 is JD 2461253.5 and MJD 61253.
    assert nights("ztf", "jd", [2461253.5, 2461253.999, 2461254.49]) == [
        "2026-08-01",
        "2026-08-01",
        "2026-08-01",
    ]
    assert nights("lsst", "midpointMjdTai", [61253.0, 61253.49, 61253.5, 61253.51]) == [
        "2026-07-31",
        "2026-07-31",
        "2026-07-31",  # TAI is 37 seconds ahead
        "2026-08-01",
    ]
    for nonsense in (float("nan"), float("inf"), 1e300, -1e300):
        assert nights("ztf", "jd", [nonsense]) == ["None"]
