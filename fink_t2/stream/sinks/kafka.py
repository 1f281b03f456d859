"""The Kafka topics: enriched alerts as fink-client reads them, and unreadable messages.

An alert's value is schemaless Avro, its key the schema as JSON text. The key is the same for
all, so the partition is chosen from the object: an object's alerts stay in order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.avro.functions import to_avro
from pyspark.sql.types import StructType

from fink_t2.config import StreamConfig, SubstreamConfig
from fink_t2.errors import ConfigError
from fink_t2.modules.configured import model_column
from fink_t2.stream.columns.alert_struct import set_value_of, value_of
from fink_t2.stream.sinks.topics import Topics
from fink_t2.stream.source import kafka_options
from fink_t2.surveys import get_survey

#: What the producer does unless the configuration says otherwise.
PRODUCER_DEFAULTS = {
    # The schema in every key, 27 KB, vanishes when several messages are compressed together:
    # so wait a moment for a batch of them, and let it be large.
    "compression.type": "zstd",
    "compression.zstd.level": "1",
    "batch.size": "2097152",
    "linger.ms": "50",
    "buffer.memory": "67108864",
    "max.request.size": "20971520",
    # Sent again after a broken connection, a message is still there once.
    "acks": "all",
    "enable.idempotence": "true",
    # Given up, and the batch run again, after two minutes without the broker.
    "delivery.timeout.ms": "120000",
}
DEAD_LETTER_HEADERS = ("reason", "topic", "partition", "offset", "timestamp")


class KafkaSink:
    """The topic of all alerts, the substreams and the dead letters.

    Parameters
    ----------
    spark : SparkSession
        Session.
    config : StreamConfig
        Topics, filters, how to reach Kafka.
    """

    def __init__(self, spark: SparkSession, config: StreamConfig) -> None:
        self._spark = spark
        self._survey = get_survey(config.survey)
        self._topic = config.output.topic
        self._dead_letter_topic = config.output.dead_letter_topic
        self._substreams = config.substream
        self._model_column = model_column(config)
        self._dropped = () if config.output.cutouts == "keep" else self._survey.cutouts
        producer = {**PRODUCER_DEFAULTS, **config.kafka.producer}
        self._options = kafka_options(config.kafka, producer)
        self._topics = Topics(spark, self._options)
        #: The columns of messages, and for which rows and partitions: see `_messages`.
        self._made: tuple[StructType, dict[str, int], list[Column]] | None = None

    def send_alerts(self, rows: DataFrame) -> None:
        """Send classified alerts, one row each as in Parquet, and wait until all are there.

        Parameters
        ----------
        rows : DataFrame
            The alert's own fields and the columns of the science modules.
        """
        names = list(filter(None, [self._topic, *(one.topic for one in self._substreams)]))
        if not names:
            return
        partitions = {name: self._topics.partitions(name) for name in names}
        made = self._made
        if made is None or made[:2] != (rows.schema, partitions):
            made = (rows.schema, partitions, self._messages(rows.schema, partitions))
            self._made = made
        topic, *parts = made[2]
        self._send(rows.withColumn("topic", topic).select(*parts))

    def _messages(self, kind: StructType, partitions: dict[str, int]) -> list[Column]:
        """Return the columns of a Kafka message, the first to be added to the rows."""
        fields = [field for field in kind.fields if field.name not in self._dropped]
        schema = avro_schema(self._spark, StructType(fields))
        identity = value_of(kind, self._survey.alert_id, prefix="")
        thing = set_value_of(kind, self._survey.object_id, prefix="")
        known = F.create_map(*[F.lit(part) for pair in partitions.items() for part in pair])
        names = [f"`{field.name}`" for field in fields]
        has_model = self._model_column in kind.names
        model = F.col(self._model_column) if has_model else F.lit("")
        partition = F.pmod(F.xxhash64(thing), F.element_at(known, F.col("topic")))
        return [
            F.explode(alert_topics(self._topic, self._substreams)),
            F.col("topic"),
            F.lit(schema).alias("key"),
            to_avro(F.struct(*names), schema).alias("value"),
            headers(survey=F.lit(self._survey.name), candid=identity, model=model),
            partition.cast("int").alias("partition"),
        ]

    def send_dead_letters(self, letters: DataFrame) -> None:
        """Send unreadable messages as they came, what is known of them in the headers."""
        if not self._dead_letter_topic:
            return
        self._topics.partitions(self._dead_letter_topic)
        known = {name: F.col(name) for name in DEAD_LETTER_HEADERS}
        self._send(
            letters.select(
                F.lit(None).cast("string").alias("key"),
                "value",
                headers(survey=F.lit(self._survey.name), **known),
                F.lit(self._dead_letter_topic).alias("topic"),
            )
        )

    def _send(self, messages: DataFrame) -> None:
        messages.write.format("kafka").options(**self._options).option(
            "includeHeaders", "true"
        ).save()


def alert_topics(topic: str, substreams: Sequence[SubstreamConfig]) -> Column:
    """Return the topics to which a row goes, as a column of arrays."""
    chosen = [F.lit(topic)] if topic else []
    chosen += [F.when(F.expr(one.filter), F.lit(one.topic)) for one in substreams]
    return F.filter(F.array(*chosen), lambda name: name.isNotNull())


def check_filters(
    rows: StructType, spark: SparkSession, substreams: Sequence[SubstreamConfig]
) -> None:
    """Check that the substreams' filters are conditions over the output, before it is written.

    Raises
    ------
    ConfigError
        Naming the filter that is none.
    """
    nothing = spark.createDataFrame([], rows)
    for number, one in enumerate(substreams):
        try:
            kind = nothing.select(F.expr(one.filter).alias("chosen")).schema["chosen"].dataType
        except Exception as error:
            first = str(error).strip().splitlines()[0]
            raise ConfigError(f"'substream[{number}].filter': {one.filter!r}: {first}") from None
        if kind.simpleString() != "boolean":
            raise ConfigError(
                f"'substream[{number}].filter': {one.filter!r} is no condition but "
                f"{kind.simpleString()}"
            )


def headers(**columns: Column) -> Column:
    """Return Kafka headers of the given names, values as text."""
    pairs = [
        F.struct(F.lit(name).alias("key"), column.cast("string").cast("binary").alias("value"))
        for name, column in columns.items()
    ]
    return F.array(*pairs).alias("headers")


def avro_schema(spark: SparkSession, rows: StructType) -> str:
    """Return the Avro schema of rows as JSON text.

    The comment of a column becomes the ``doc`` of its field.
    """
    jvm: Any = spark.sparkContext._jvm
    java_type = jvm.org.apache.spark.sql.types.DataType.fromJson(rows.json())
    converters = jvm.org.apache.spark.sql.avro.SchemaConverters
    schema = json.loads(converters.toAvroType(java_type, False, "alert", "fink_t2").toString())
    for column, field in zip(rows.fields, schema["fields"], strict=True):
        if "comment" in column.metadata:
            field["doc"] = column.metadata["comment"]
    return json.dumps(schema, separators=(",", ":"))
