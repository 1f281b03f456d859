"""The log of the job: one line of JSON per event on standard output."""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from datetime import UTC, datetime
from typing import Any, TextIO

from fink_t2.stream.latency import NAME as TIMES
from fink_t2.stream.latency import latencies, percentile


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object, with the entries of ``extra={"fields": {...}}``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json(stream: TextIO = sys.stdout) -> None:
    """Write the log of this package as JSON to a text stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("fink_t2")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


class BatchLog:
    """Combines the counts of a batch with Spark's progress report when it is committed."""

    def __init__(self) -> None:
        self._log = logging.getLogger("fink_t2.stream.batch")
        self._counts: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def counted(self, batch: int, counts: dict[str, Any]) -> None:
        """Store the counts of a batch until it is committed."""
        with self._lock:
            self._counts[batch] = counts

    def committed(self, progress: Any) -> None:
        """Log a batch that Spark has committed.

        Parameters
        ----------
        progress : StreamingQueryProgress
            Spark's report on the batch.
        """
        with self._lock:
            counts = self._counts.pop(progress.batchId, None)
        if counts is None:
            return
        latency = latencies(counts.pop(TIMES, []), time.time())
        seconds = progress.durationMs.get("triggerExecution", 0) / 1000.0
        fields = {
            "batch": progress.batchId,
            **counts,
            "alerts_per_second": round(counts["in"] / seconds, 1) if seconds else None,
            "seconds": seconds,
            "lag": sum(
                lag_of(source.endOffset, source.latestOffset) for source in progress.sources
            ),
            "latency": {
                name: percentile(latency, part)
                for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("largest", 1.0))
            },
        }
        self._log.info("batch", extra={"fields": fields, "latencies": latency})


def lag_of(reached: str | None, latest: str | None) -> int:
    """Return the number of messages that wait in Kafka.

    Parameters
    ----------
    reached, latest : str or None
        Offsets in Spark's JSON, ``{"topic": {"partition": offset}}``. The lag of a source
        without such offsets, such as files, is 0.
    """
    try:
        begin, end = json.loads(reached or ""), json.loads(latest or "")
        return sum(
            offset - begin.get(topic, {}).get(partition, 0)
            for topic, partitions in end.items()
            for partition, offset in partitions.items()
        )
    except (ValueError, AttributeError, TypeError):
        return 0
