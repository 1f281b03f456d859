"""One micro-batch, from messages to both sinks."""

from __future__ import annotations

import time
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.alerts.frames import message_prefix
from fink_t2.alerts.schema_sources import schema_source
from fink_t2.config import StreamConfig
from fink_t2.errors import AlertError
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import STATUS_TEXTS
from fink_t2.science.model_store import ModelReference
from fink_t2.stream.classification import ClassificationColumns
from fink_t2.stream.dead_letters import dead_letters
from fink_t2.stream.decode import Decoder
from fink_t2.stream.fallback_decoding import rewrite_unread_messages
from fink_t2.stream.latency import NAME as TIMES
from fink_t2.stream.latency import as_pairs, times_counted
from fink_t2.stream.model_in_service import ModelInService
from fink_t2.stream.overload import WITHOUT_CUTOUTS, Overload
from fink_t2.stream.sinks.kafka import KafkaSink, check_filters
from fink_t2.stream.sinks.parquet import ALERTS, DEAD_LETTERS, ParquetSink
from fink_t2.stream.writer_schemas import WriterSchemas, reader_schema

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
        self._decoder: tuple[int, Decoder] | None = None
        self._columns: tuple[str, ClassificationColumns] | None = None
        self._counted = _counted()
        if not self._is_decoded:
            schemas = schema_source(config.alerts.schemas)
            reader = reader_schema(config, schemas)
            self._writer_schemas = WriterSchemas(config.survey, reader, config.limits, schemas)

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
        # A task has a price of its own: no more of them than there are cores to run them.
        cores = messages.sparkSession.sparkContext.defaultParallelism
        messages = messages.coalesce(cores).withColumn("record", F.lit(0))
        overload = Overload(self._config.overload, time.time())
        if self._is_decoded:
            found = self._stage(messages, batch, model, overload)
        else:
            if not self._writer_schemas.accepted:
                self._meet_first(messages)
            decoded = self._decoded(overload.in_turn(messages), overload)
            found = self._stage(decoded, batch, model, overload)
            if found["unread"]:
                found = self._classify_unread(decoded, batch, model, overload, found)
        late = overload.late()
        if late:
            self._parquet.stage_dead_letters(batch, overload.set_aside(messages))
        shed = {"set_aside": late, "without_cutouts": found.get(WITHOUT_CUTOUTS, 0)}
        return {
            "in": found["in"] + late,
            "alerts": sum(found[f"status {text}"] for text in STATUS_TEXTS),
            "by_status": _named(found, "status "),
            "by_class": _named(found, "class "),
            "dead_letters": found["unread"] + late,
            **{name: number for name, number in shed.items() if number},
            "model": model.label,
            TIMES: found[TIMES],
        }

    def _meet_first(self, messages: DataFrame) -> None:
        """Learn the forms of the very first messages, so that the JVM can decode the batch."""
        for row in messages.select("value").limit(FIRST_MESSAGES).collect():
            try:
                self._writer_schemas.add(
                    message_prefix(bytes(row["value"] or b""), self._config.limits)
                )
            except AlertError:
                continue  # to be looked at like all that can't be decoded

    def _classify_unread(
        self,
        decoded: DataFrame,
        batch: int,
        model: ModelReference,
        overload: Overload,
        first: dict[str, int],
    ) -> dict[str, Any]:
        """Classify what could not be decoded at first; the rest becomes dead letters."""
        rewritten = rewrite_unread_messages(
            decoded, self._config.survey, self._config.limits
        ).persist()
        try:
            new = rewritten.where(F.col("prefix").isNotNull()).select("prefix").collect()
            for row in new:
                self._writer_schemas.add(bytes(row["prefix"]))
            again = self._decoded(rewritten.drop("prefix"), overload)
            found = self._stage(again, batch, model, overload)
            if found["unread"]:
                letters = dead_letters(again, self._config.survey, self._writer_schemas.refused)
                self._parquet.stage_dead_letters(batch, letters)
        finally:
            rewritten.unpersist()
        return {
            "in": first["in"],
            "unread": found["unread"],
            TIMES: first[TIMES] + found[TIMES],
            **{name: first[name] + found[name] for name in first if " " in name},
        }

    def _decoded(self, messages: DataFrame, overload: Overload) -> DataFrame:
        writer_schemas = self._writer_schemas
        if self._decoder is None or self._decoder[0] != len(writer_schemas.accepted):
            decoder = Decoder(
                self._config.survey, list(writer_schemas.accepted.values()), writer_schemas.reader
            )
            self._decoder = (len(writer_schemas.accepted), decoder)
        return overload.drop_cutouts(self._decoder[1].decode(messages))

    def _classified(self, decoded: DataFrame, model: ModelReference) -> DataFrame:
        if self._columns is None or self._columns[0] != model.label:
            alert = decoded.schema["alert"].dataType
            assert isinstance(alert, StructType)
            self._columns = (model.label, ClassificationColumns(self._config, model, alert))
            # What a filter may name is known with the first alerts, before any is written.
            rows = self._columns[1].add_to(decoded).select("alert.*", "classification.*")
            check_filters(rows.schema, decoded.sparkSession, self._config.substream)
        return self._columns[1].add_to(decoded)

    def _stage(
        self, decoded: DataFrame, batch: int, model: ModelReference, overload: Overload
    ) -> dict[str, Any]:
        """Classify and stage the decoded alerts.

        Returns
        -------
        dict
            How many rows came ``in``, how many of them are ``unread``, and how many alerts have
            each ``status ...`` and ``class ...``; what `overload` counts; and the alerts' times.
        """
        observation = Observation()
        classified = self._classified(decoded, model)
        classified = classified.observe(observation, *self._counted, *overload.counted())
        self._parquet.stage_alerts(batch, classified.where(F.col("alert").isNotNull()))
        found = dict(observation.get)
        return {**found, TIMES: as_pairs(found[TIMES])}


def _counted() -> list[Column]:
    """Return what is counted while a batch is written."""
    is_alert = F.col("alert").isNotNull()
    counted = {"in": F.count(F.lit(1)), "unread": F.count_if(~is_alert)}
    for text in STATUS_TEXTS:
        is_status = F.col("classification.t2_status") == text
        counted[f"status {text}"] = F.count_if(is_alert & is_status)
    for name in CLASSES:
        is_class = F.col("classification.t2_class") == name
        counted[f"class {name}"] = F.count_if(is_alert & is_class)
    return [*(column.alias(name) for name, column in counted.items()), times_counted(is_alert)]


def _named(found: dict[str, Any], kind: str) -> dict[str, int]:
    """Return the counts of one kind that are not zero, by what follows it in their names."""
    return {
        name.removeprefix(kind): number
        for name, number in found.items()
        if name.startswith(kind) and number
    }
