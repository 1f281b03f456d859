"""How long alerts take from Kafka to the commit of their batch, alert by alert.

While a batch is written, the times that Kafka has of its alerts are gathered into a histogram
of a few points; once it is committed, their distance from that moment is every alert's latency,
to within a point's width. The time is Kafka's append time where the topic is set to
``LogAppendTime``, else the time that the producer gave.
"""

from __future__ import annotations

import json

from pyspark.sql import Column
from pyspark.sql import functions as F

#: Up to so many different times are exact; of more, neighbours are joined.
POINTS = 32
NAME = "times"


def times_counted(is_counted: Column) -> Column:
    """Return what to observe: when Kafka got the rows that count, and how many of them when."""
    seconds = F.unix_millis(F.col("timestamp")) / 1000
    found = F.histogram_numeric(F.when(is_counted, seconds), F.lit(POINTS))
    return F.to_json(found).alias(NAME)  # an observation gives Python plain values only


def as_pairs(times: str | None) -> list[tuple[float, int]]:
    """Return what was observed as (seconds since 1970, alerts)."""
    return [(round(point["x"], 3), round(point["y"])) for point in json.loads(times or "[]")]


def latencies(times: list[tuple[float, int]], committed: float) -> list[tuple[float, int]]:
    """Return (seconds, alerts): how long so many alerts have taken.

    Parameters
    ----------
    times : list of (float, int)
        From `as_pairs`.
    committed : float
        When their batch was committed, seconds since 1970.
    """
    # A producer's clock may be ahead of ours.
    return [(round(max(0.0, committed - moment), 3), alerts) for moment, alerts in times]


def percentile(latency: list[tuple[float, int]], part: float) -> float:
    """Return the latency that a part of the alerts do not exceed."""
    wanted = part * sum(alerts for _, alerts in latency)
    so_far = 0
    for seconds, alerts in sorted(latency):
        so_far += alerts
        if so_far >= wanted:
            return seconds
    return 0.0
