"""Metrics for Prometheus, served by the driver.

Counters and histograms are fed by the job's own log lines (`fink_t2.stream.log`), so that log and
metrics cannot disagree. States, such as the memory of a process, are determined when scraped.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from fink_t2.errors import ConfigError

#: Bounds of the latency of an alert, from Kafka to the commit of its batch (s). LSST takes an
#: exposure every 37 s.
LATENCY_BUCKETS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 37.0, 60.0, 120.0, 300.0, 3600.0)
#: Bounds of the duration of a micro-batch, from planned to committed (s).
BATCH_BUCKETS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
BATCH_LOGGER: Final = "fink_t2.stream.batch"


class Metrics:
    """The metrics of a job, which `MetricsHandler` feeds from its log lines.

    Parameters
    ----------
    survey : str
        Survey of the job, a label of every metric.
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
        self._errors = Counter("fink_t2_errors", "Log lines of level error", ["survey"], **register)
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
            "Time at which the last batch was committed",
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
        memory = {"driver": _driver_bytes, "jvm": _jvm_bytes, "workers": _worker_bytes}
        for process, memory_bytes in memory.items():
            self._memory.labels(survey, process).set_function(memory_bytes)
        # Counters exist from the start, so that an alert rule finds 0 and not nothing.
        for metric in (self._messages, self._dead_letters, self._set_aside, self._batches,
                       self._without_cutouts, self._errors, self._lag):  # fmt: skip
            metric.labels(survey)

    def watch(self, name: str, description: str, value: Callable[[], float]) -> None:
        """Add a metric whose value is determined when it is scraped.

        Parameters
        ----------
        name : str
            Name, without ``fink_t2_``.
        description : str
            Help text of the metric.
        value : callable
            Returns the present value.
        """
        gauge = Gauge(f"fink_t2_{name}", description, ["survey"], registry=self.registry)
        gauge.labels(self._survey).set_function(value)

    def batch(self, fields: dict[str, Any], latencies: Iterable[tuple[float, int]] = ()) -> None:
        """Count a committed batch.

        Parameters
        ----------
        fields : dict
            The fields of its log line.
        latencies : iterable of (float, int)
            Latencies (s), each with the number of alerts that had it.
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
        """Serve the metrics at ``http://<address>/metrics``, in a thread of this process.

        Parameters
        ----------
        address : str
            ``host:port``; without a host, the loopback interface only.

        Raises
        ------
        ConfigError
            If the server cannot listen on the address.
        """
        host, _, port = address.rpartition(":")
        try:
            start_http_server(int(port), host or "127.0.0.1", registry=self.registry)
        except (OSError, ValueError, OverflowError) as error:
            raise ConfigError(f"'metrics.address' {address!r} can't be used: {error}") from None


class MetricsHandler(logging.Handler):
    """Logging handler that counts the log lines of a job in its metrics."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        """Count one log line."""
        if record.levelno >= logging.ERROR:
            self._metrics.error()
        if record.name == BATCH_LOGGER and record.getMessage() == "batch":
            self._metrics.batch(getattr(record, "fields", {}), getattr(record, "latencies", ()))


def start_metrics(survey: str, address: str) -> Metrics | None:
    """Serve the metrics of this job, and feed them from its log.

    Parameters
    ----------
    survey : str
        Survey of the job.
    address : str
        See `Metrics.serve`; "" for no metrics.

    Returns
    -------
    Metrics or None
        None if the address is "".

    Raises
    ------
    ConfigError
        If the server cannot listen on the address.
    """
    if not address:
        return None
    metrics = Metrics(survey)
    metrics.serve(address)
    logging.getLogger("fink_t2").addHandler(MetricsHandler(metrics))
    return metrics


def _resident_bytes(process: psutil.Process | None) -> float:
    """Return the resident memory of a process, 0 if there is none or it has ended."""
    try:
        return 0.0 if process is None else float(process.memory_info().rss)
    except psutil.Error:
        return 0.0


def _jvm() -> psutil.Process | None:
    """Return the driver's JVM: the parent process under spark-submit, otherwise a child."""
    driver = psutil.Process()
    with suppress(psutil.Error):
        for process in (driver.parent(), *driver.children()):
            if process is not None and process.name() == "java":
                return process
    return None


def _driver_bytes() -> float:
    return _resident_bytes(psutil.Process())


def _jvm_bytes() -> float:
    return _resident_bytes(_jvm())


def _worker_bytes() -> float:
    jvm = _jvm()
    total = 0.0
    if jvm is not None:
        with suppress(psutil.NoSuchProcess):
            for process in jvm.children(recursive=True):
                with suppress(psutil.Error):  # it may have ended meanwhile
                    if "pyspark.daemon" in process.cmdline():
                        total += process.memory_info().rss
    return total
