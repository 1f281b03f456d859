"""Latencies are those of single alerts, whatever the batch."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from pyspark.sql import Observation, SparkSession
from pyspark.sql import functions as F

from fink_t2.stream.latency import NAME, POINTS, as_pairs, latencies, percentile, times_counted

BEGIN = datetime(2026, 8, 1, tzinfo=UTC)


def observed(spark: SparkSession, delays: list[float]) -> list[tuple[float, int]]:
    """Observe alerts that came so long after the begin; every fifth row is no alert."""
    rows = [(BEGIN + timedelta(seconds=d), k % 5 != 4) for k, d in enumerate(delays)]
    observation = Observation()
    frame = spark.createDataFrame(rows, "timestamp timestamp, is_alert boolean")
    frame.observe(observation, times_counted(F.col("is_alert"))).collect()
    return as_pairs(observation.get[NAME])


@pytest.mark.end_to_end
def test_few_times_are_exact(spark: SparkSession) -> None:
    found = observed(spark, [0.25, 1.5, 1.5, 7.0, 99.0])
    begin = BEGIN.timestamp()
    taken = Counter[float]()
    for seconds, alerts in latencies(found, begin + 8.0):
        taken[seconds] += alerts
    assert taken == {7.75: 1, 6.5: 2, 1.0: 1}


@pytest.mark.end_to_end
def test_many_times_are_nearly_exact(spark: SparkSession) -> None:
    found = latencies(observed(spark, [k / 100 for k in range(5000)]), BEGIN.timestamp() + 50)
    assert len(found) <= 2 * POINTS
    assert sum(alerts for _, alerts in found) == 4000
    for part in (0.5, 0.95):
        assert percentile(found, part) == pytest.approx(50 * part, abs=2.5)


@pytest.mark.end_to_end
def test_no_alert_no_time(spark: SparkSession) -> None:
    assert observed(spark, []) == []


def test_a_clock_that_is_ahead_gives_no_negative_latency() -> None:
    assert latencies([(100.0, 3)], 99.0) == [(0.0, 3)]


def test_percentiles() -> None:
    latency = [(5.0, 1), (1.0, 98), (2.0, 1)]
    assert [percentile(latency, p) for p in (0.5, 0.98, 0.99, 1.0)] == [1.0, 1.0, 2.0, 5.0]
    assert percentile([], 0.95) == 0.0
