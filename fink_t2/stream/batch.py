"""One micro-batch, from messages to both sinks."""

from __future__ import annotations

import logging
import time
from typing import Any

from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.alerts.cutouts import CUTOUT_FIELDS
from fink_t2.alerts.frames import message_prefix
from fink_t2.alerts.schema_sources import schema_source
from fink_t2.config import StreamConfig
from fink_t2.errors import AlertError
from fink_t2.modules.evaluation import FAILED, requested_cutouts
from fink_t2.modules.science_module import ScienceModule
from fink_t2.stream.classification import ClassificationColumns
from fink_t2.stream.dead_letters import dead_letters
from fink_t2.stream.decode import Decoder
from fink_t2.stream.fallback_decoding import rewrite_unread_messages
from fink_t2.stream.latency import NAME as TIMES
from fink_t2.stream.latency import as_pairs, times_counted
from fink_t2.stream.module_counts import counted, module_counts
from fink_t2.stream.modules_in_service import ModulesInService
from fink_t2.stream.overload import WITHOUT_CUTOUTS, Overload
from fink_t2.stream.sinks.kafka import KafkaSink, check_filters
from fink_t2.stream.sinks.parquet import ALERTS, DEAD_LETTERS, ParquetSink
from fink_t2.stream.writer_schemas import WriterSchemas, reader_schema
from fink_t2.surveys import get_survey

LOG = logging.getLogger(__name__)

#: So many messages of the first batch tell in which forms alerts arrive.
FIRST_MESSAGES = 32
#: What is observed of a batch: the rows that hold an alert. Numbers whose names have a space are
#: added up where a batch is classified in two parts.
ALL_ALERTS = "all alerts"

Modules = tuple[ScienceModule, ...]


class BatchProcessor:
    """Classifies micro-batches.

    Parameters
    ----------
    config : StreamConfig
        Configuration.
    modules : ModulesInService
        The science modules.
    parquet : ParquetSink
        Tables: what is in them, and only that, is sent to Kafka.
    kafka : KafkaSink
        Topics.
    """

    def __init__(
        self,
        config: StreamConfig,
        modules: ModulesInService,
        parquet: ParquetSink,
        kafka: KafkaSink,
    ) -> None:
        self._config = config
        self._survey = get_survey(config.survey)
        self._modules = modules
        self._parquet = parquet
        self._kafka = kafka
        self._is_decoded = config.source.kind == "parquet"
        self._decoder: tuple[int, Decoder] | None = None
        self._columns: tuple[Modules, ClassificationColumns, list[Column]] | None = None
        if not self._is_decoded:
            schemas = schema_source(config.alerts.schemas)
            needed = requested_cutouts(modules.current())
            reader = reader_schema(
                config, schemas, frozenset(CUTOUT_FIELDS[name] for name in needed)
            )
            self._writer_schemas = WriterSchemas(self._survey, reader, config.limits, schemas)

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
        modules = self._modules.current()
        # A task has a price of its own: no more of them than there are cores to run them.
        cores = messages.sparkSession.sparkContext.defaultParallelism
        messages = messages.coalesce(cores).withColumn("record", F.lit(0))
        overload = Overload(self._config.overload, time.time(), self._survey.cutouts)
        if self._is_decoded:
            found = self._stage(messages, batch, modules, overload)
        else:
            if not self._writer_schemas.accepted:
                self._meet_first(messages)
            decoded = self._decoded(overload.in_turn(messages), overload)
            found = self._stage(decoded, batch, modules, overload)
            if found["unread"]:
                found = self._classify_unread(decoded, batch, modules, overload, found)
        late = overload.late()
        if late:
            self._parquet.stage_dead_letters(batch, overload.set_aside(messages))
        shed = {"set_aside": late, "without_cutouts": found.get(WITHOUT_CUTOUTS, 0)}
        for module in modules:
            failures = found[f"{module.name}_status {FAILED}"]
            if failures:
                fields = {"batch": batch, "module": module.name, "alerts": failures}
                LOG.error("module failed", extra={"fields": fields})
        return {
            "in": found["in"] + late,
            "alerts": found[ALL_ALERTS],
            **module_counts(modules, self._modules.labels, found),
            "dead_letters": found["unread"] + late,
            **{name: number for name, number in shed.items() if number},
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
        modules: Modules,
        overload: Overload,
        first: dict[str, int],
    ) -> dict[str, Any]:
        """Classify what could not be decoded at first; the rest becomes dead letters."""
        rewritten = rewrite_unread_messages(decoded, self._survey, self._config.limits).persist()
        try:
            new = rewritten.where(F.col("prefix").isNotNull()).select("prefix").collect()
            for row in new:
                self._writer_schemas.add(bytes(row["prefix"]))
            again = self._decoded(rewritten.drop("prefix"), overload)
            found = self._stage(again, batch, modules, overload)
            if found["unread"]:
                letters = dead_letters(again, self._survey, self._writer_schemas.refused)
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
                self._survey, list(writer_schemas.accepted.values()), writer_schemas.reader
            )
            self._decoder = (len(writer_schemas.accepted), decoder)
        return overload.drop_cutouts(self._decoder[1].decode(messages))

    def _columns_of(
        self, modules: Modules, decoded: DataFrame
    ) -> tuple[ClassificationColumns, list[Column]]:
        """Return the columns of these modules, and those that are observed."""
        if self._columns is None or self._columns[0] is not modules:
            alert = decoded.schema["alert"].dataType
            assert isinstance(alert, StructType)
            columns = ClassificationColumns(self._config, modules, alert)
            # What a filter may name is known with the first alerts, before any is written.
            rows = columns.add_to(decoded).select("alert.*", "classification.*")
            check_filters(rows.schema, decoded.sparkSession, self._config.substream)
            self._columns = (modules, columns, _observed(modules))
        return self._columns[1:]

    def _stage(
        self, decoded: DataFrame, batch: int, modules: Modules, overload: Overload
    ) -> dict[str, Any]:
        """Classify and stage the decoded alerts.

        Returns
        -------
        dict
            How many rows came ``in``, how many of them are ``unread``, how many hold an alert, how
            many alerts have each status and class; what `overload` counts; and the alerts' times.
        """
        columns, observed = self._columns_of(modules, decoded)
        observation = Observation()
        classified = columns.add_to(decoded)
        if self._config.output.cutouts == "drop" and requested_cutouts(modules):
            classified = classified.withColumn(
                "alert", F.col("alert").dropFields(*self._survey.cutouts)
            )
        classified = classified.observe(observation, *observed, *overload.counted())
        self._parquet.stage_alerts(batch, classified.where(F.col("alert").isNotNull()))
        found = dict(observation.get)
        return {**found, TIMES: as_pairs(found[TIMES])}


def _observed(modules: Modules) -> list[Column]:
    """Return what is counted while a batch is written."""
    is_alert = F.col("alert").isNotNull()
    counts = {
        "in": F.count(F.lit(1)),
        "unread": F.count_if(~is_alert),
        ALL_ALERTS: F.count_if(is_alert),
        **counted(modules, is_alert),
    }
    return [*(column.alias(name) for name, column in counts.items()), times_counted(is_alert)]
