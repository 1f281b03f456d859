"""A batch is in the tables once, wherever a crash has cut it short.

`fink-t2 chaos` kills real processes; here every place between two steps has its turn.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from fink_t2.chaos.messages import BROKEN_ONE_IN, messages
from fink_t2.config import OutputConfig, SourceConfig, StreamConfig
from fink_t2.stream.batch import BatchProcessor
from fink_t2.stream.modules_in_service import ModulesInService
from fink_t2.stream.sinks.kafka import KafkaSink
from fink_t2.stream.sinks.parquet import ParquetSink
from fink_t2.surveys import get_survey

pytestmark = pytest.mark.end_to_end
COLUMNS = "topic string, partition int, offset bigint, timestamp timestamp, value binary"
MESSAGES = 2 * BROKEN_ONE_IN
BATCH = 7
STREAM = "0f0e0d0c-0000-4000-8000-000000000001"


class Run:
    """One life of the job: what a restart makes anew."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        config = StreamConfig(
            checkpoint=str(folder / "checkpoint"),
            source=SourceConfig(topics=("delivery",)),
            output=OutputConfig(path=str(folder / "tables")),
        )
        self.parquet = ParquetSink(spark, config.output.path, STREAM, get_survey(config.survey))
        model, kafka = ModulesInService(spark, config), KafkaSink(spark, config)
        self._processor = BatchProcessor(config, model, self.parquet, kafka)

    def process(self, batch: DataFrame) -> dict[str, Any]:
        return self._processor.process(batch, BATCH)


@pytest.fixture
def batch(spark: SparkSession) -> DataFrame:
    now = datetime(2026, 8, 1, tzinfo=UTC)
    rows = [
        ("delivery", 0, k, now, message) for k, (message, _) in enumerate(messages(0, MESSAGES))
    ]
    return spark.createDataFrame(rows, COLUMNS)


def written(folder: Path) -> tuple[Counter[int], Counter[int], set[datetime]]:
    """Return alerts and dead letters by offset, and when the alerts were classified."""
    tables = folder / "tables"
    alerts = pq.read_table(tables / "alerts", columns=["t2_source", "t2_processed_at"]).to_pylist()
    letters = pq.read_table(tables / "dead_letters", columns=["offset"]).to_pylist()
    return (
        Counter(row["t2_source"]["offset"] for row in alerts),
        Counter(row["offset"] for row in letters),
        {row["t2_processed_at"] for row in alerts},
    )


def check_once(folder: Path) -> None:
    alerts, letters, _ = written(folder)
    assert alerts.keys() | letters.keys() == set(range(MESSAGES))
    assert set((alerts + letters).values()) == {1}


def files(folder: Path, table: str) -> list[Path]:
    return sorted((folder / "tables" / table).rglob("*.parquet"))


def test_run_again_when_all_was_written(
    spark: SparkSession, batch: DataFrame, tmp_path: Path
) -> None:
    """The crash came behind the tables, before Spark's commit."""
    counts = Run(spark, tmp_path).process(batch)
    before = written(tmp_path)
    assert Run(spark, tmp_path).process(batch)["by_class"] == counts["by_class"]
    assert written(tmp_path) == before  # not even classified again
    check_once(tmp_path)


def test_run_again_when_nothing_was_decided(
    spark: SparkSession, batch: DataFrame, tmp_path: Path
) -> None:
    """The crash came before the manifest: what lies staged is no part of any table."""
    Run(spark, tmp_path).process(batch)
    tables = tmp_path / "tables"
    staged = tables / "_stream" / STREAM / f"{BATCH:09d}"
    for path in [*files(tmp_path, "alerts"), *files(tmp_path, "dead_letters")]:
        back = staged / path.relative_to(tables)
        back.parent.mkdir(parents=True, exist_ok=True)
        path.rename(back)
    (tables / "_stream" / STREAM / f"{BATCH:09d}.json").unlink()
    Run(spark, tmp_path).process(batch)
    check_once(tmp_path)
    assert not staged.exists()


@pytest.mark.parametrize("moved", [0, 1])
def test_run_again_when_decided_and_not_all_moved(
    spark: SparkSession, batch: DataFrame, tmp_path: Path, moved: int
) -> None:
    """The crash came behind the manifest, among the moves."""
    first = Run(spark, tmp_path)
    first.process(batch)
    before = written(tmp_path)
    manifest = first.parquet.decided(BATCH)
    assert manifest is not None
    assert len(manifest.moves) > 2
    for staged, final in manifest.moves[moved:]:
        back = tmp_path / "tables" / staged
        back.parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tables" / final).rename(back)
    Run(spark, tmp_path).process(batch)
    assert written(tmp_path) == before
    check_once(tmp_path)


def test_a_file_that_is_gone_is_not_passed_over(
    spark: SparkSession, batch: DataFrame, tmp_path: Path
) -> None:
    Run(spark, tmp_path).process(batch)
    files(tmp_path, "alerts")[0].unlink()
    with pytest.raises(OSError, match="is gone"):
        Run(spark, tmp_path).process(batch)
