"""One Spark session for the tests of the job's parts; the job as a whole runs by spark-submit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from fink_t2.alerts.limits import Limits
from fink_t2.stream.session import start_session
from tests.conftest import CHECKOUT

MESSAGE_COLUMNS = "topic string, partition int, offset bigint, timestamp timestamp, value binary"
NOW = datetime(2026, 8, 1, tzinfo=UTC)

Messages = Callable[[list[bytes | None]], DataFrame]


@pytest.fixture(scope="module")
def spark() -> Iterator[SparkSession]:
    settings = {"spark.master": "local[2]", "spark.ui.enabled": "false"}
    session = start_session(settings, Limits(), "fink_t2 tests")
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture
def messages(spark: SparkSession) -> Messages:
    """Make messages as Kafka's source has them; offsets as in the list."""

    def make(values: list[bytes | None]) -> DataFrame:
        rows = [("test", 0, offset, NOW, value) for offset, value in enumerate(values)]
        return spark.createDataFrame(rows, MESSAGE_COLUMNS)

    return make


@pytest.fixture(scope="session")
def packets() -> list[Path]:
    """The ZTF packets that the project ships."""
    return sorted((CHECKOUT / "data" / "alerts").glob("*.avro"))
