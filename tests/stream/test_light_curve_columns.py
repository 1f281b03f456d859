"""The light curve that the JVM's columns give is the one that the decoded record gives."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.alerts.frames import message_prefix
from fink_t2.alerts.limits import Limits
from fink_t2.alerts.wanted_fields import full_schema
from fink_t2.science.light_curves import LightCurves
from fink_t2.stream.columns.light_curve_columns import light_curve_columns, night
from fink_t2.stream.decode import decode_messages
from fink_t2.stream.writer_schemas import WriterSchemas
from fink_t2.surveys import LSST, ZTF, Survey
from fink_t2.surveys.reading import AlertReading, read_columns, read_records
from tests.stream.conftest import Messages


def alert_type(alerts: DataFrame) -> StructType:
    kind = alerts.schema["alert"].dataType
    assert isinstance(kind, StructType)
    return kind


def read_in_jvm(alerts: DataFrame, survey: Survey, forced: bool) -> AlertReading:
    columns = light_curve_columns(survey, alert_type(alerts), forced)
    table = alerts.select(*(column.alias(name) for name, column in columns.items())).toPandas()
    return read_columns(survey, {name: table[name] for name in columns})


def check_same(found: AlertReading, expected: AlertReading) -> None:
    for name in LightCurves.__dataclass_fields__:
        one, other = getattr(found.light_curves, name), getattr(expected.light_curves, name)
        if name == "passbands":
            assert one == other
        else:
            np.testing.assert_array_equal(one, other, err_msg=name)
    assert found.catalogues.keys() == expected.catalogues.keys()
    for name, values in expected.catalogues.items():
        one, other = pd.Series(found.catalogues[name]), pd.Series(values)
        pd.testing.assert_series_equal(one, other, check_dtype=False)
    assert not found.is_ragged.any()


@pytest.mark.parametrize("forced", [False, True])
def test_ztf_packets(messages: Messages, packets: list[Path], shared: Path, forced: bool) -> None:
    real = sorted((shared / "data" / "alerts" / "ztf_v4").glob("*.avro"))
    older = sorted((shared / "data" / "alerts" / "ztf_v3").glob("*.avro"))
    values: list[bytes | None] = [p.read_bytes() for p in [*packets[:20], *real, *older[:10]]]
    writer_schemas = WriterSchemas(ZTF, full_schema(ZTF), Limits())
    for value in values:
        writer_schemas.add(message_prefix(value or b"", Limits()))
    alerts = decode_messages(
        messages(values), ZTF, list(writer_schemas.accepted.values()), writer_schemas.reader
    ).orderBy("offset")
    decoded = [next(fastavro.reader(io.BytesIO(value or b""))) for value in values]
    found = read_in_jvm(alerts, ZTF, forced)
    check_same(found, read_records(ZTF, decoded, forced))
    without = read_records(ZTF, decoded, False)
    assert (found.light_curves.starts[-1] > without.light_curves.starts[-1]) == forced
    nights = alerts.select(night(ZTF, alert_type(alerts)).alias("night")).collect()
    for row, alert in zip(nights, decoded, strict=True):
        assert row["night"] == pd.Timestamp(alert["candidate"]["jd"] - 2440587.5, unit="D").date()


def from_parquet(spark: SparkSession, path: Path) -> tuple[DataFrame, list[dict[str, Any]]]:
    rows = spark.read.parquet(str(path)).limit(40).coalesce(1).persist()
    alerts = rows.select(F.struct("*").alias("alert"))
    return alerts, [row.asDict(recursive=True) for row in rows.collect()]


@pytest.mark.parametrize("forced", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "lsst/rubin_sample_data_10_0.parquet",
        "rubin_fink/part-0.zstd.parquet",
        "elasticc/elasticc_sample_seed0.parquet",
        "elasticc/test_elasticc_earlysnia.parquet",
    ],
)
def test_rubin_and_elasticc_tables(
    spark: SparkSession, shared: Path, name: str, forced: bool
) -> None:
    alerts, decoded = from_parquet(spark, shared / "data" / "alerts" / name)
    found = read_in_jvm(alerts, LSST, forced)
    check_same(found, read_records(LSST, decoded, forced))
    assert found.light_curves.starts[-1] > len(decoded)


def test_tables_of_the_broker_bring_their_cross_match(spark: SparkSession, shared: Path) -> None:
    folder = shared / "data" / "alerts" / "ztf_parquet"
    (path,) = folder.glob("part-*.parquet")
    alerts, decoded = from_parquet(spark, path)
    found = read_in_jvm(alerts, ZTF, False)
    check_same(found, read_records(ZTF, decoded, False))
    assert list(found.catalogues["roid"]) == [alert["roid"] for alert in decoded]
    assert list(found.catalogues["cdsxmatch"]) == [alert["cdsxmatch"] for alert in decoded]


def test_nights(spark: SparkSession) -> None:
    """Rubin's night goes past midnight UTC and has the date on which it began; ZTF's does not."""

    def nights(survey: Survey, times: list[float]) -> list[str]:
        source, column = survey.time.name.split(".")
        rows = spark.createDataFrame([(time,) for time in times], "t double").coalesce(1)
        alerts = rows.select(
            F.struct(F.struct(F.col("t").alias(column)).alias(source)).alias("alert")
        )
        found = alerts.select(night(survey, alert_type(alerts)).alias("night")).collect()
        return [str(row["night"]) for row in found]

    # 2026-08-01T00:00 is JD 2461253.5 and MJD 61253.
    assert nights(ZTF, [2461253.5, 2461253.999, 2461254.49]) == [
        "2026-08-01",
        "2026-08-01",
        "2026-08-01",
    ]
    assert nights(LSST, [61253.0, 61253.49, 61253.5, 61253.51]) == [
        "2026-07-31",
        "2026-07-31",
        "2026-07-31",  # TAI is 37 seconds ahead
        "2026-08-01",
    ]
    for nonsense in (float("nan"), float("inf"), 1e300, -1e300):
        assert nights(ZTF, [nonsense]) == ["None"]
