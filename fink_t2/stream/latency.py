"""Latency of individual alerts, from Kafka to the commit of their batch.

While a batch is written, the Kafka timestamps of its alerts are collected in a histogram of a few
points. When the batch is committed, the differences from that time are the latencies of the alerts,
with the resolution of the histogram. The timestamp is that of appending if the topic is configured
with ``LogAppendTime``, otherwise that of the producer.
"""

from __future__ import annotations

import json

from pyspark.sql import Column
from pyspark.sql import functions as F

#: Number of points of the histogram. Up to as many different times are exact; of more, neighbouring
#: ones are merged.
POINTS = 32
NAME = "times"


def times_counted(is_counted: Column) -> Column:
    """Return the histogram of Kafka timestamps as a column to observe, JSON named `NAME`.

    Parameters
    ----------
    is_counted : Column
        Whether a row is counted.
    """
    seconds = F.unix_millis(F.col("timestamp")) / 1000
    histogram = F.histogram_numeric(F.when(is_counted, seconds), F.lit(POINTS))
    # An observation returns simple values only.
    return F.to_json(histogram).alias(NAME)


def as_pairs(times: str | None) -> list[tuple[float, int]]:
    """Return the observed histogram as pairs (seconds since 1970, number of alerts)."""
    return [(round(point["x"], 3), round(point["y"])) for point in json.loads(times or "[]")]


def latencies(times: list[tuple[float, int]], committed: float) -> list[tuple[float, int]]:
    """Return the latencies of the alerts of a batch.

    Parameters
    ----------
    times : list of (float, int)
        Histogram of timestamps from `as_pairs`.
    committed : float
        Time when the batch was committed, seconds since 1970.

    Returns
    -------
    list of (float, int)
        Latencies, seconds, and numbers of alerts.
    """
    # The clock of a producer may be ahead.
    return [(round(max(0.0, committed - moment), 3), alerts) for moment, alerts in times]


def percentile(latency: list[tuple[float, int]], part: float) -> float:
    """Return a percentile of latencies, seconds.

    Parameters
    ----------
    latency : list of (float, int)
        Result of `latencies`.
    part : float
        Share of the alerts, 0 to 1, whose latency does not exceed the result.
    """
    wanted = part * sum(alerts for _, alerts in latency)
    so_far = 0
    for seconds, alerts in sorted(latency):
        so_far += alerts
        if so_far >= wanted:
            return seconds
    return 0.0
