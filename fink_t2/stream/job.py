"""The never-ending job: open source and sinks, run micro-batches, stop when asked to."""

from __future__ import annotations

import logging

from py4j.protocol import Py4JJavaError
from pyspark.errors import StreamingQueryException
from pyspark.java_gateway import ensure_callback_server_started
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming import StreamingQuery, StreamingQueryListener
from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
)

from fink_t2.config import StreamConfig
from fink_t2.errors import FinkT2Error
from fink_t2.operations.metrics import start_metrics
from fink_t2.stream.batch import BatchProcessor
from fink_t2.stream.continuity import check_continuity
from fink_t2.stream.java_errors import first_cause
from fink_t2.stream.log import BatchLog, log_as_json
from fink_t2.stream.modules_in_service import ModulesInService
from fink_t2.stream.session import start_session
from fink_t2.stream.sinks.file_system import FileSystem
from fink_t2.stream.sinks.kafka import KafkaSink
from fink_t2.stream.sinks.parquet import ParquetSink
from fink_t2.stream.source import read_messages
from fink_t2.stream.stopping import StopRequest
from fink_t2.surveys import get_survey

LOG = logging.getLogger(__name__)
POLL_SECONDS = 1
#: How Spark's exception names the one that ended a batch which was not to begin.
STOPPED_MARK = "fink_t2 was asked to stop"


class StreamError(FinkT2Error):
    """The job ended by itself; the message says on what."""


class _NotBegun(Exception):
    """Ends a micro-batch at its very beginning; it will be run after the restart."""


def run(config: StreamConfig) -> None:
    """Run the job until it is stopped, or, with ``trigger.once``, until it has caught up.

    Parameters
    ----------
    config : StreamConfig
        Configuration.

    Raises
    ------
    ConfigError, ModelError
        At the start, if the job can't be run as configured.
    StreamError
        If a micro-batch failed for good.
    """
    log_as_json()
    spark = start_session(config.spark, config.limits, f"fink_t2 {config.survey}")
    spark.sparkContext.setLogLevel("WARN")
    stop = StopRequest()
    ensure_callback_server_started(spark.sparkContext._gateway)
    stop.listen(spark.sparkContext._jvm)
    try:
        _run(spark, config, stop)
    finally:
        spark.stop()


def _run(spark: SparkSession, config: StreamConfig, stop: StopRequest) -> None:
    check_continuity(spark, config)
    modules = ModulesInService(spark, config)
    metrics = start_metrics(config.survey, config.metrics.address)
    if metrics is not None:
        metrics.models(modules.labels.values())
        metrics.watch("model_refusals", "Models refused at a swap", lambda: modules.refusals)
    messages = read_messages(spark, config)
    kafka = KafkaSink(spark, config)
    log = BatchLog()
    failure: list[Exception] = []
    spark.streams.addListener(_Committed(log))
    processor: BatchProcessor | None = None

    def process(batch: DataFrame, number: int) -> None:
        nonlocal processor
        if stop.is_made():
            raise _NotBegun(STOPPED_MARK)
        if processor is None:  # the checkpoint, and in it the stream's identity, is there now
            identity = stream_id(spark, config.checkpoint)
            parquet = ParquetSink(spark, config.output.path, identity, get_survey(config.survey))
            processor = BatchProcessor(config, modules, parquet, kafka)
        try:
            log.counted(number, processor.process(batch, number))
        except Exception as error:
            failure.append(error)
            LOG.error("batch %d failed", number, exc_info=True)
            raise

    writer = messages.writeStream.foreachBatch(process).option(
        "checkpointLocation", config.checkpoint
    )
    if config.trigger.once:
        writer = writer.trigger(availableNow=True)
    else:
        writer = writer.trigger(processingTime=f"{config.trigger.seconds} seconds")
    query = writer.start()
    LOG.info(
        "started",
        extra={"fields": {"stream": query.id, "model": ", ".join(modules.labels.values())}},
    )
    _wait(query, stop, failure)
    spark.sparkContext._jsc.sc().listenerBus().waitUntilEmpty()
    LOG.info("stopped", extra={"fields": {"stream": query.id}})


def _wait(query: StreamingQuery, stop: StopRequest, failure: list[Exception]) -> None:
    """Wait for the end of the query; stop it between two batches when that is asked for."""
    try:
        while not query.awaitTermination(POLL_SECONDS):
            if stop.is_made() and not query.status["isTriggerActive"]:
                query.stop()
    except StreamingQueryException as error:
        if stop.is_made() and STOPPED_MARK in str(error):
            return
        cause = failure[-1] if failure else error
        if isinstance(cause, FinkT2Error):
            raise cause from None
        raise StreamError(f"the stream has ended on {_reason(cause)}") from error


def _reason(error: Exception) -> str:
    """Return the first cause of an error in one line."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, Py4JJavaError):
        text = str(first_cause(error).toString())
    return text.strip().splitlines()[0][:500]


def stream_id(spark: SparkSession, checkpoint: str) -> str:
    """Return the identity that Spark has given the stream, the same after every restart."""
    files = FileSystem(spark, checkpoint)
    return str(files.read_json(f"{files.root}/metadata")["id"])


class _Committed(StreamingQueryListener):
    """Hears of batches that are committed."""

    def __init__(self, log: BatchLog) -> None:
        self._log = log

    def onQueryStarted(self, event: QueryStartedEvent) -> None:
        pass

    def onQueryProgress(self, event: QueryProgressEvent) -> None:
        self._log.committed(event.progress)

    def onQueryIdle(self, event: QueryIdleEvent) -> None:
        pass

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:
        pass
