"""Where alerts enter: a streaming DataFrame of messages, each with where it came from.

Columns: ``topic`` (or file), ``partition``, ``offset``, ``timestamp`` and ``value``; from
Parquet ``alert``, decoded already, and a null ``value``.
"""

from __future__ import annotations

import re

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType

from fink_t2.config import KafkaConfig, SourceConfig, StreamConfig, resolve_secret
from fink_t2.errors import ConfigError
from fink_t2.surveys import Survey, get_survey

#: By what nights are told apart in folders of Parquet.
NIGHT_COLUMNS = ("year", "month", "day")
#: What the consumer does unless the configuration says otherwise.
CONSUMER_DEFAULTS = {
    # Kafka's own megabyte is 15 to 30 packets of a partition for each request. With eight, reading
    # took 0.8 of the time (4.5 and 3.6 s for 20,000 packets of 30 KB); what an executor holds of
    # alerts that it has not taken yet is at most so much for each partition.
    "max.partition.fetch.bytes": "8388608",
    "receive.buffer.bytes": "1048576",
}
BINARY_FILE_SCHEMA = "path string, modificationTime timestamp, length long, content binary"


def read_messages(spark: SparkSession, config: StreamConfig) -> DataFrame:
    """Open the source that the configuration names.

    Raises
    ------
    ConfigError
        If a Parquet folder can't be read.
    """
    source, kafka = config.source, config.kafka
    if source.kind == "kafka":
        return _kafka(spark, source, kafka)
    if source.kind == "archive":
        return _archive(spark, source)
    return _parquet(spark, source, get_survey(config.survey))


def kafka_options(kafka: KafkaConfig, side: dict[str, str]) -> dict[str, str]:
    """Return Spark's options to reach Kafka, secrets resolved.

    Parameters
    ----------
    kafka : KafkaConfig
        How to reach it.
    side : dict of str to str
        Its ``consumer`` or ``producer`` options.
    """
    options = {"bootstrap.servers": kafka.bootstrap_servers, **kafka.options, **side}
    return {f"kafka.{key}": resolve_secret(value) for key, value in options.items()}


def _kafka(spark: SparkSession, source: SourceConfig, kafka: KafkaConfig) -> DataFrame:
    consumer = {**CONSUMER_DEFAULTS, **kafka.consumer}
    reader = spark.readStream.format("kafka").options(**kafka_options(kafka, consumer))
    if source.topics:
        reader = reader.option("subscribe", ",".join(source.topics))
    else:
        reader = reader.option("subscribePattern", source.topic_pattern)
    reader = reader.option("startingOffsets", source.starting_offsets)
    reader = reader.option("failOnDataLoss", str(source.fail_on_data_loss).lower())
    reader = reader.option("maxOffsetsPerTrigger", source.alerts_per_batch)
    if source.minimum_partitions:
        reader = reader.option("minPartitions", source.minimum_partitions)
    return reader.load().select("topic", "partition", "offset", "timestamp", "value")


def _archive(spark: SparkSession, source: SourceConfig) -> DataFrame:
    files = (
        spark.readStream.format("binaryFile")
        .schema(BINARY_FILE_SCHEMA)
        .option("maxFilesPerTrigger", source.files_per_batch)
        .option("recursiveFileLookup", "true")
        .option("pathGlobFilter", "*.avro")
        .load(source.path)
    )
    return files.select(
        F.col("path").alias("topic"),
        F.lit(None).cast(IntegerType()).alias("partition"),
        F.lit(None).cast(LongType()).alias("offset"),
        F.col("modificationTime").alias("timestamp"),
        F.col("content").alias("value"),
    )


def own_fields(names: list[str]) -> list[str]:
    """Leave out what an earlier run, or the storage, has added to an alert's own fields."""
    return [name for name in names if name not in NIGHT_COLUMNS and not re.match(r"t2(_|$)", name)]


def _parquet(spark: SparkSession, source: SourceConfig, survey: Survey) -> DataFrame:
    try:
        schema = spark.read.parquet(source.path).schema
    except Exception as error:
        first = str(error).strip().splitlines()[0]
        raise ConfigError(f"{source.path}: can't be read as Parquet ({first})") from None
    required = {name.partition(".")[0] for name in survey.required_fields}
    lacking = required - set(schema.names)
    if lacking:
        raise ConfigError(
            f"{source.path}: no alerts of {survey.name}, they lack {', '.join(lacking)}"
        )
    rows = (
        spark.readStream.schema(schema)
        .option("maxFilesPerTrigger", source.files_per_batch)
        .parquet(source.path)
    )
    return rows.select(
        F.col("_metadata.file_path").alias("topic"),
        F.lit(None).cast(IntegerType()).alias("partition"),
        F.lit(None).cast(LongType()).alias("offset"),
        F.col("_metadata.file_modification_time").alias("timestamp"),
        F.lit(None).cast("binary").alias("value"),
        F.struct(*[F.col(f"`{name}`") for name in own_fields(schema.names)]).alias("alert"),
    )
