"""Hostile messages through the stream's own decoding, in the JVM: each is an alert or a letter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from fink_t2.chaos.small_alerts import datum
from fink_t2.config import AlertsConfig, OutputConfig, SourceConfig, StreamConfig
from fink_t2.stream.batch import BatchProcessor
from fink_t2.stream.modules_in_service import ModulesInService
from fink_t2.stream.sinks.kafka import KafkaSink
from fink_t2.stream.sinks.parquet import ParquetSink
from fink_t2.surveys import get_survey
from tests.fuzz.messages import hostile_message
from tests.fuzz.seeds import container, framed_small, seed_alert

MESSAGES = 600
COLUMNS = "topic string, partition int, offset bigint, timestamp timestamp, value binary"
NOW = datetime(2026, 8, 1, tzinfo=UTC)


def process(spark: SparkSession, folder: Path, values: list[bytes | None]) -> dict[str, object]:
    """Put messages through one micro-batch, offsets as in the list."""
    config = StreamConfig(
        checkpoint=str(folder / "checkpoint"),
        source=SourceConfig(topics=("fuzz",)),
        output=OutputConfig(path=str(folder / "tables")),
        alerts=AlertsConfig(),
    )
    rows = [("fuzz", 0, offset, NOW, value) for offset, value in enumerate(values)]
    messages = spark.createDataFrame(rows, COLUMNS)
    parquet = ParquetSink(spark, config.output.path, "0000", get_survey(config.survey))
    processor = BatchProcessor(
        config, ModulesInService(spark, config), parquet, KafkaSink(spark, config)
    )
    return processor.process(messages, 0)


def alert_offsets(folder: Path) -> list[int]:
    table = pq.read_table(folder / "tables" / "alerts", columns=["t2_source"])
    return [row["t2_source"]["offset"] for row in table.to_pylist()]


def letters(folder: Path) -> dict[int, dict[str, object]]:
    path = folder / "tables" / "dead_letters"
    if not path.exists():
        return {}
    rows = pq.read_table(path).to_pylist()
    assert len({row["offset"] for row in rows}) == len(rows)
    return {row["offset"]: row for row in rows}


@pytest.mark.end_to_end
def test_hostile_messages_among_sound_ones(spark: SparkSession, tmp_path: Path) -> None:
    random = Random(11)
    values: list[bytes | None] = [hostile_message(random) for _ in range(MESSAGES)]
    sound = set(range(0, MESSAGES, 50))
    for offset in sound:
        values[offset] = container([seed_alert(5)])
    values += [None, b""]
    counts = process(spark, tmp_path, values)

    alerts, unread = alert_offsets(tmp_path), letters(tmp_path)
    assert sound <= set(alerts)
    assert set(alerts) | unread.keys() == set(range(len(values)))
    assert not set(alerts) & unread.keys()
    assert counts["alerts"] == len(alerts)
    assert counts["dead_letters"] == len(unread)
    for offset, letter in unread.items():
        assert letter["reason"]
        assert letter["value"] == values[offset]


@pytest.mark.end_to_end
def test_what_the_jvm_is_promised_is_not_allocated(spark: SparkSession, tmp_path: Path) -> None:
    """Records in the very form of sound ones, so that the JVM itself meets them."""
    from tests.fuzz.messages import LENGTHS, any_integer

    sound = datum(seed_alert(0))
    at = len(sound) - len(seed_alert()["cutoutScience"]) - 3
    values: list[bytes | None] = [framed_small(datum(seed_alert(3))) for _ in range(20)]
    values += [
        framed_small(sound[:at] + any_integer(length) + sound[at + 1 :])
        for length in (*LENGTHS, 20_000_000, 19_999_999, 1_000_000)
        for _ in range(5)
    ]
    values += [framed_small(datum(seed_alert(1, "#" * 4)).replace(b"####", b"\xff\xc3\x28\xf8"))]
    values += [framed_small(datum(seed_alert(2, "../../etc/passwd")))]
    process(spark, tmp_path, values)
    alerts, unread = alert_offsets(tmp_path), letters(tmp_path)
    assert set(range(20)) <= set(alerts)
    assert set(alerts) | unread.keys() == set(range(len(values)))
    assert len(values) - 1 in alerts
    names = [path.name for path in tmp_path.rglob("*")]
    assert not any("passwd" in name for name in names)
