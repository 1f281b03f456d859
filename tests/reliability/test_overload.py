"""What gives way under overload is what was configured, in that order, and all is accounted for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from fink_t2.alerts.limits import Limits
from fink_t2.config import OutputConfig, OverloadConfig, SourceConfig, StreamConfig, load_config
from fink_t2.errors import ConfigError
from fink_t2.operations.dead_letter_table import dead_letters
from fink_t2.stream.batch import BatchProcessor
from fink_t2.stream.modules_in_service import ModulesInService
from fink_t2.stream.overload import SET_ASIDE
from fink_t2.stream.sinks.kafka import KafkaSink
from fink_t2.stream.sinks.parquet import ParquetSink
from fink_t2.surveys import get_survey
from tests.fuzz.seeds import ALERTS
from tests.reliability.job_on_disk import JobOnDisk

COLUMNS = "topic string, partition int, offset bigint, timestamp timestamp, value binary"
#: How long the messages of each offset have waited (s): a few of each kind.
WAITED = [5] * 8 + [120] * 8 + [7200] * 4
#: Real packets, which have cutouts, and last one that can't be read.
SENT = [*(path.read_bytes() for path in sorted(ALERTS.glob("*.avro"))[:19]), b"no alert"]


def process(spark: SparkSession, folder: Path, overload: OverloadConfig) -> dict[str, Any]:
    """Put messages that have waited for different times through one micro-batch."""
    config = StreamConfig(
        checkpoint=str(folder / "checkpoint"),
        source=SourceConfig(topics=("overload",)),
        output=OutputConfig(path=str(folder / "tables")),
        overload=overload,
    )
    now = datetime.now(UTC)
    rows = [
        ("overload", 0, offset, now - timedelta(seconds=waited), message)
        for offset, (waited, message) in enumerate(zip(WAITED, SENT, strict=True))
    ]
    parquet = ParquetSink(spark, config.output.path, "0000", get_survey(config.survey))
    model = ModulesInService(spark, config)
    processor = BatchProcessor(config, model, parquet, KafkaSink(spark, config))
    return processor.process(spark.createDataFrame(rows, COLUMNS), 0)


def alerts(folder: Path) -> dict[int, bool]:
    """Return which offsets became alerts, and whether each has its cutout."""
    rows = pq.read_table(folder / "tables" / "alerts", columns=["cutoutScience", "t2_source"])
    return {
        row["t2_source"]["offset"]: row["cutoutScience"] is not None for row in rows.to_pylist()
    }


def letters(folder: Path) -> dict[int | None, str]:
    return {one.offset: one.reason for one in dead_letters(str(folder / "tables"))}


@pytest.mark.end_to_end
def test_by_default_nothing_gives_way(spark: SparkSession, tmp_path: Path) -> None:
    counts = process(spark, tmp_path, OverloadConfig())
    assert alerts(tmp_path) == dict.fromkeys(range(19), True)
    assert letters(tmp_path).keys() == {19}
    assert not {"set_aside", "without_cutouts"} & counts.keys()


@pytest.mark.end_to_end
def test_cutouts_go_first_then_turns(spark: SparkSession, tmp_path: Path) -> None:
    overload = OverloadConfig(drop_cutouts_after=60, set_aside_after=3600)
    counts = process(spark, tmp_path, overload)
    assert alerts(tmp_path) == {offset: offset < 8 for offset in range(16)}
    found = letters(tmp_path)
    assert found.keys() == set(range(16, 20))
    assert all(reason.startswith(f"{SET_ASIDE}: ") for reason in found.values())
    assert (counts["in"], counts["alerts"], counts["dead_letters"]) == (20, 16, 4)
    assert (counts["set_aside"], counts["without_cutouts"]) == (4, 8)


@pytest.mark.end_to_end
def test_what_is_set_aside_is_whole(spark: SparkSession, tmp_path: Path) -> None:
    """So that `fink-t2 deadletter replay` can send it again."""
    process(spark, tmp_path, OverloadConfig(set_aside_after=3600))
    for letter in dead_letters(str(tmp_path / "tables"), reason=SET_ASIDE):
        assert letter.offset is not None
        assert letter.value == SENT[letter.offset]
        assert (letter.problem_now("ztf", None, Limits()) == "") == (letter.offset != 19)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        (["overload.set_aside_after=-1"], "must be greater than or equal to 0"),
        (
            ["overload.set_aside_after=60", "overload.drop_cutouts_after=90"],
            "is longer than",
        ),
        (["overload.lag=5"], "unknown key"),
    ],
)
def test_an_order_that_is_none_is_refused(
    tmp_path: Path, settings: list[str], problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        load_config(JobOnDisk(tmp_path).config, settings)
