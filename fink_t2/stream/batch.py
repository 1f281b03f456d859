"""One micro-batch, from messages to both sinks."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from fink_t2.alerts.schema_sources import schema_source
from fink_t2.config import StreamConfig
from fink_t2.cuts import STATUS_TEXTS
from fink_t2.stream.classification import classify
from fink_t2.stream.dead_letters import dead_letters
from fink_t2.stream.decode import decode_messages
from fink_t2.stream.model_in_service import ModelInService
from fink_t2.stream.second_look import look_again
from fink_t2.stream.sinks.kafka import KafkaSink
from fink_t2.stream.sinks.parquet import ALERTS, DEAD_LETTERS, Manifest, ParquetSink
from fink_t2.stream.writers import Writers, reader_schema


class BatchProcessor:
    """Classifies micro-batches.

    Parameters
    ----------
    config : StreamConfig
        Configuration.
    model : ModelInService
        Which model classifies.
    parquet : ParquetSink or None
        Tables.
    kafka : KafkaSink or None
        Topics.
    """

    def __init__(
        self,
        config: StreamConfig,
        model: ModelInService,
        parquet: ParquetSink | None,
        kafka: KafkaSink | None,
    ) -> None:
        self._config = config
        self._model = model
        self._parquet = parquet
        self._kafka = kafka
        schemas = schema_source(config.alerts.schemas)
        self._is_decoded = config.source.kind == "parquet"
        if not self._is_decoded:
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
        if self._parquet is not None:
            manifest = self._parquet.decided(batch)
            if manifest is not None:
                return self._complete(batch, manifest)
        begin = time.monotonic()
        with ExitStack() as held:
            good, letters, counts = self._classified(messages, batch, held)
            counts["seconds_to_classify"] = round(time.monotonic() - begin, 3)
            if self._parquet is not None:
                manifest = self._parquet.decide(batch, counts)
                self._parquet.publish(batch, manifest)
            self._send(good.select("alert.*", "classification.*"), letters)
        return counts

    def _complete(self, batch: int, manifest: Manifest) -> dict[str, Any]:
        """Finish a batch that was decided before a crash."""
        assert self._parquet is not None
        self._parquet.publish(batch, manifest)
        self._send(self._parquet.read(manifest, ALERTS), self._parquet.read(manifest, DEAD_LETTERS))
        return {**manifest.counts, "completed_after_restart": True}

    def _send(self, rows: DataFrame | None, letters: DataFrame | None) -> None:
        if self._kafka is None:
            return
        if rows is not None and self._kafka.takes_alerts:
            self._kafka.send_alerts(rows)
        if letters is not None:
            self._kafka.send_dead_letters(letters)

    def _classified(
        self, messages: DataFrame, batch: int, held: ExitStack
    ) -> tuple[DataFrame, DataFrame | None, dict[str, Any]]:
        """Classify, and stage for Parquet; return alerts, dead letters and counts."""
        model = self._model.current()
        with_record = messages.withColumn("record", F.lit(0))
        if self._is_decoded:
            first = with_record.withColumn("value", F.lit(None).cast("binary"))
        else:
            first = self._decoded(with_record)
        classified = _hold(classify(first, self._config, model), held)
        good, counts = self._stage(classified, batch)
        counts["model"] = model.label
        unread = counts.pop("unread")
        if not unread:
            return good, None, counts

        looked = _hold(
            look_again(classified.where(F.col("alert").isNull()), self._config.limits), held
        )
        for row in looked.where(F.col("prefix").isNotNull()).select("prefix").collect():
            self._writers.learn(bytes(row["prefix"]))
        again = self._decoded(looked.drop("prefix"))
        again = _hold(classify(again, self._config, model), held)
        good_again, more = self._stage(again, batch)
        more_unread = more.pop("unread")
        for name, number in more.pop("by_status").items():
            counts["by_status"][name] = counts["by_status"].get(name, 0) + number
        counts["alerts"] += more["alerts"]
        counts["dead_letters"] = more_unread
        letters = None
        if more_unread:
            letters = dead_letters(again, self._config.survey, self._writers.refused)
            if self._parquet is not None:
                self._parquet.stage_dead_letters(batch, letters)
        return good.union(good_again), letters, counts

    def _decoded(self, messages: DataFrame) -> DataFrame:
        writers = self._writers
        return decode_messages(
            messages, self._config.survey, list(writers.known.values()), writers.reader
        )

    def _stage(self, classified: DataFrame, batch: int) -> tuple[DataFrame, dict[str, Any]]:
        """Stage the decoded alerts for Parquet, counting on the way."""
        is_alert = F.col("alert").isNotNull()
        status = F.col("classification.t2_status")
        observation = Observation()
        observed = classified.observe(
            observation,
            F.count_if(is_alert).alias("alerts"),
            F.count_if(~is_alert).alias("unread"),
            *[
                F.count_if(is_alert & (status == text)).alias(f"status_{text}")
                for text in STATUS_TEXTS
            ],
        )
        good = observed.where(is_alert)
        if self._parquet is not None:
            self._parquet.stage_alerts(batch, good)
        else:
            good.write.format("noop").mode("overwrite").save()
        found = observation.get
        by_status = {text: found[f"status_{text}"] for text in STATUS_TEXTS}
        counts: dict[str, Any] = {
            "alerts": found["alerts"],
            "by_status": {text: number for text, number in by_status.items() if number},
            "dead_letters": 0,
            "unread": found["unread"],
        }
        return classified.where(is_alert).select("alert", "classification"), counts


def _hold(rows: DataFrame, held: ExitStack) -> DataFrame:
    """Keep what is computed for the second sink, until the batch is done."""
    kept = rows.persist()
    held.callback(kept.unpersist)
    return kept
