"""Metrics for Prometheus, served by the driver.

They are fed by the job's own log lines (`fink_t2.stream.log`), so that log and metrics can't
disagree; what is a state rather than an event (lag, memory, model) is asked for when scraped.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from fink_t2.errors import ConfigError

#: Seconds of an alert, from Kafka to the commit of its batch; LSST repeats its exposures in 37.
LATENCY_BUCKETS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 37.0, 60.0, 120.0, 300.0, 3600.0)
#: Seconds of a micro-batch, from planned to committed.
BATCH_BUCKETS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
BATCH_LOGGER: Final = "fink_t2.stream.batch"


class Metrics:
    """The job's metrics; a logging handler away from its log lines.

    Parameters
    ----------
    survey : str
        Label of every metric.
    """

    def __init__(self, survey: str) -> None:
        self.registry = CollectorRegistry()
        self._survey = survey
        self._models: set[str] = set()
        register: dict[str, Any] = {"registry": self.registry}
        self._messages = Counter(
            "fink_t2_messages", "Messages read from the source", ["survey"], **register
        )
        self._alerts = Counter(
            "fink_t2_alerts", "Alerts written, by status", ["survey", "status"], **register
        )
        self._classes = Counter(
            "fink_t2_classified_alerts",
            "Classified alerts, by most probable class",
            ["survey", "class_name"],
            **register,
        )
        self._module_alerts = Counter(
            "fink_t2_module_alerts",
            "Alerts written, by their status in each science module beside the first",
            ["survey", "module", "status"],
            **register,
        )
        self._dead_letters = Counter(
            "fink_t2_dead_letters", "Messages that could not be read", ["survey"], **register
        )
        self._set_aside = Counter(
            "fink_t2_set_aside_messages",
            "Dead letters that were set aside because they had waited too long",
            ["survey"],
            **register,
        )
        self._without_cutouts = Counter(
            "fink_t2_alerts_without_cutouts",
            "Alerts that lost their cutouts because they had waited too long",
            ["survey"],
            **register,
        )
        self._batches = Counter("fink_t2_batches", "Committed batches", ["survey"], **register)
        self._errors = Counter(
            "fink_t2_errors", "Lines that the job has logged as errors", ["survey"], **register
        )
        self._lag = Gauge(
            "fink_t2_lag_messages", "Messages that wait in Kafka", ["survey"], **register
        )
        self._batch_seconds = Histogram(
            "fink_t2_batch_seconds",
            "Duration of a batch, from planned to committed",
            ["survey"],
            buckets=BATCH_BUCKETS,
            **register,
        )
        self._latency_seconds = Histogram(
            "fink_t2_latency_seconds",
            "Time of an alert from Kafka to the commit of its batch",
            ["survey"],
            buckets=LATENCY_BUCKETS,
            **register,
        )
        self._last_batch = Gauge(
            "fink_t2_last_batch_timestamp_seconds",
            "When the last batch was committed",
            ["survey"],
            **register,
        )
        self._model_info = Gauge(
            "fink_t2_model_info", "1 for every model in service", ["survey", "model"], **register
        )
        self._memory = Gauge(
            "fink_t2_resident_memory_bytes",
            "Resident memory on the driver's machine",
            ["survey", "process"],
            **register,
        )
        for process, what in (("driver", _driver_bytes), ("jvm", _jvm_bytes),
                              ("workers", _worker_bytes)):  # fmt: skip
            self._memory.labels(survey, process).set_function(what)
        # There from the start, so that an alert rule finds 0 and not nothing.
        for metric in (self._messages, self._dead_letters, self._set_aside, self._batches,
                       self._without_cutouts, self._errors, self._lag):  # fmt: skip
            metric.labels(survey)

    def watch(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Add a metric that is asked for when scraped.

        Parameters
        ----------
        name, what : str
            Name, without ``fink_t2_``, and help text.
        value : callable
            Returns it.
        """
        gauge = Gauge(f"fink_t2_{name}", what, ["survey"], registry=self.registry)
        gauge.labels(self._survey).set_function(value)

    def batch(self, fields: dict[str, Any], latencies: Iterable[tuple[float, int]] = ()) -> None:
        """Count a committed batch.

        Parameters
        ----------
        fields : dict
            Its line in the log.
        latencies : iterable of (float, int)
            Seconds, and how many of its alerts have taken so long.
        """
        survey = self._survey
        self._batches.labels(survey).inc()
        self._messages.labels(survey).inc(fields.get("in", 0))
        self._dead_letters.labels(survey).inc(fields.get("dead_letters", 0))
        for status, number in fields.get("by_status", {}).items():
            self._alerts.labels(survey, status).inc(number)
        for name, number in fields.get("by_class", {}).items():
            self._classes.labels(survey, name).inc(number)
        self._lag.labels(survey).set(fields.get("lag", 0))
        self._batch_seconds.labels(survey).observe(fields.get("seconds", 0.0))
        self._set_aside.labels(survey).inc(fields.get("set_aside", 0))
        self._without_cutouts.labels(survey).inc(fields.get("without_cutouts", 0))
        observe = self._latency_seconds.labels(survey).observe
        for seconds, alerts in latencies:
            for _ in range(alerts):
                observe(seconds)
        self._last_batch.labels(survey).set(time.time())
        others = fields.get("modules", {})
        for module, counts in others.items():
            for status, number in counts.get("by_status", {}).items():
                self._module_alerts.labels(survey, module, status).inc(number)
        labels = [fields.get("model", ""), *(counts["model"] for counts in others.values())]
        self.models(labels)

    def models(self, labels: Iterable[str]) -> None:
        """Say which models are in service, by name and version; "" is none."""
        served = set(filter(None, labels))
        for label in self._models - served:
            self._model_info.remove(self._survey, label)
        for label in served:
            self._model_info.labels(self._survey, label).set(1)
        self._models = served

    def error(self) -> None:
        """Count an error line of the log."""
        self._errors.labels(self._survey).inc()

    def serve(self, address: str) -> None:
        """Answer scrapes at ``http://<address>/metrics``, in a thread of this process.

        Parameters
        ----------
        address : str
            ``host:port``; without a host, on the loopback interface only.

        Raises
        ------
        ConfigError
            If the address can't be listened on.
        """
        host, _, port = address.rpartition(":")
        try:
            start_http_server(int(port), host or "127.0.0.1", registry=self.registry)
        except (OSError, ValueError, OverflowError) as error:
            raise ConfigError(f"'metrics.address' {address!r} can't be used: {error}") from None


class MetricsHandler(logging.Handler):
    """Feeds metrics from log lines."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        """Count a line."""
        if record.levelno >= logging.ERROR:
            self._metrics.error()
        if record.name == BATCH_LOGGER and record.getMessage() == "batch":
            self._metrics.batch(getattr(record, "fields", {}), getattr(record, "latencies", ()))


def start_metrics(survey: str, address: str) -> Metrics | None:
    """Serve the job's metrics; None where the address is "".

    Raises
    ------
    ConfigError
        If the address can't be listened on.
    """
    if not address:
        return None
    metrics = Metrics(survey)
    metrics.serve(address)
    logging.getLogger("fink_t2").addHandler(MetricsHandler(metrics))
    return metrics


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0  # ended meanwhile, or no Linux


def _driver_bytes() -> float:
    return float(_resident_bytes(os.getpid()))


def _jvm_pid() -> int:
    """Return the process of the driver's JVM: parent under spark-submit, else a child."""
    parent = os.getppid()
    if "java" in _command(parent):
        return parent
    return next((pid for pid in _children(os.getpid()) if "java" in _command(pid)), 0)


def _jvm_bytes() -> float:
    return float(_resident_bytes(_jvm_pid()))


def _worker_bytes() -> float:
    waiting, total = [_jvm_pid()], 0
    while waiting:
        for pid in _children(waiting.pop()):
            waiting.append(pid)
            if "pyspark.daemon" in _command(pid):
                total += _resident_bytes(pid)
    return float(total)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (OSError, UnicodeDecodeError):
        return ""


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, path.read_text().split())
        except OSError:
            continue  # the thread has ended meanwhile
    return found
