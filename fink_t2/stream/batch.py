"""One micro-batch, from messages to both sinks."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from fink_t2.alerts.schema_sources import schema_source
from fink_t2.config import StreamConfig
from fink_t2.cuts import STATUS_TEXTS
from fink_t2.errors import AlertError
from fink_t2.model_store import ModelReference
from fink_t2.stream.classification import classify
from fink_t2.stream.dead_letters import dead_letters
from fink_t2.stream.decode import decode_messages
from fink_t2.stream.model_in_service import ModelInService
from fink_t2.stream.second_look import look_again
from fink_t2.stream.sinks.kafka import KafkaSink
from fink_t2.stream.sinks.parquet import ALERTS, DEAD_LETTERS, ParquetSink
from fink_t2.stream.writers import Writers, prefix_of, reader_schema

#: So many messages of the first batch tell in which forms alerts arrive.
FIRST_MESSAGES = 32


class BatchProcessor:
    """Classifies micro-batches.

    Parameters
    ----------
    config : StreamConfig
        Configuration.
    model : ModelInService
        Which model classifies.
    parquet : ParquetSink
        Tables: what is in them, and only that, is sent to Kafka.
    kafka : KafkaSink
        Topics.
    """

    def __init__(
        self, config: StreamConfig, model: ModelInService, parquet: ParquetSink, kafka: KafkaSink
    ) -> None:
        self._config = config
        self._model = model
        self._parquet = parquet
        self._kafka = kafka
        self._is_decoded = config.source.kind == "parquet"
        if not self._is_decoded:
            schemas = schema_source(config.alerts.schemas)
            reader = reader_schema(config, schemas)
            self._writers = Writers(config.survey, reader, config.limits, schemas)

    def process(self, messages: DataFrame, batch: int) -> dict[str, Any]:
        """Classify a micro-batch and write it to both sinks.

        Parameters
        ----------
        messages : DataFrame
            From `fink_t2.stream.source.read_messages`.
        batch : int
            Its number; run again after a crash, it has the same.

        Returns
        -------
        dict
            What was counted.
        """
        begin = time.monotonic()
        manifest = self._parquet.decided(batch)
        if manifest is None:
            counts = self._classify(messages, batch)
            counts["classify_seconds"] = round(time.monotonic() - begin, 3)
            manifest = self._parquet.decide(batch, counts)
        self._parquet.publish(batch, manifest)
        alerts = self._parquet.read(manifest, ALERTS)
        if alerts is not None:
            self._kafka.send_alerts(alerts)
        letters = self._parquet.read(manifest, DEAD_LETTERS)
        if letters is not None:
            self._kafka.send_dead_letters(letters)
        return manifest.counts

    def _classify(self, messages: DataFrame, batch: int) -> dict[str, Any]:
        """Classify messages and stage what comes out; return what was counted."""
        model = self._model.current()
        messages = messages.withColumn("record", F.lit(0))
        if self._is_decoded:
            unread, by_status = self._stage(messages, batch, model)
            return _counts(by_status, unread, model)
        if not self._writers.known:
            self._meet_first(messages)
        decoded = self._decoded(messages)
        unread, by_status = self._stage(decoded, batch, model)
        if unread:
            unread, more = self._classify_unread(
                decoded.where(F.col("alert").isNull()), batch, model
            )
            by_status += more
        return _counts(by_status, unread, model)

    def _meet_first(self, messages: DataFrame) -> None:
        """Learn the forms of the very first messages, so that the JVM can decode the batch."""
        for row in messages.select("value").limit(FIRST_MESSAGES).collect():
            try:
                self._writers.learn(prefix_of(bytes(row["value"] or b""), self._config.limits))
            except AlertError:
                continue  # to be looked at like all that can't be decoded

    def _classify_unread(
        self, unread: DataFrame, batch: int, model: ModelReference
    ) -> tuple[int, Counter[str]]:
        """Classify what could not be decoded at first; the rest becomes dead letters."""
        looked = look_again(unread, self._config.limits).persist()
        try:
            new = looked.where(F.col("prefix").isNotNull()).select("prefix").collect()
            for row in new:
                self._writers.learn(bytes(row["prefix"]))
            decoded = self._decoded(looked.drop("prefix"))
            still_unread, by_status = self._stage(decoded, batch, model)
            if still_unread:
                letters = dead_letters(decoded, self._config.survey, self._writers.refused)
                self._parquet.stage_dead_letters(batch, letters)
        finally:
            looked.unpersist()
        return still_unread, by_status

    def _decoded(self, messages: DataFrame) -> DataFrame:
        writers = list(self._writers.known.values())
        return decode_messages(messages, self._config.survey, writers, self._writers.reader)

    def _stage(
        self, decoded: DataFrame, batch: int, model: ModelReference
    ) -> tuple[int, Counter[str]]:
        """Classify and stage the decoded alerts; return how many there were, by status.

        Returns
        -------
        unread : int
            Messages that are not decoded.
        by_status : Counter
            Classified alerts.
        """
        is_alert = F.col("alert").isNotNull()
        status = F.col("classification.t2_status")
        observation = Observation()
        observed = classify(decoded, self._config, model).observe(
            observation,
            F.count_if(~is_alert).alias("unread"),
            *[F.count_if(is_alert & (status == text)).alias(text) for text in STATUS_TEXTS],
        )
        self._parquet.stage_alerts(batch, observed.where(is_alert))
        found = dict(observation.get)
        unread = found.pop("unread")
        return unread, +Counter(found)


def _counts(by_status: Counter[str], unread: int, model: ModelReference) -> dict[str, Any]:
    return {
        "alerts": by_status.total(),
        "by_status": dict(by_status),
        "dead_letters": unread,
        "model": model.label,
    }
