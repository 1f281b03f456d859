"""Where alerts enter: a streaming DataFrame of messages, each with where it came from.

Columns: ``topic`` (or file), ``partition``, ``offset``, ``timestamp`` and ``value``; from
Parquet ``alert``, decoded already, in place of ``value``.
"""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType

from fink_t2.config import KafkaConfig, SourceConfig, resolve_secret
from fink_t2.errors import ConfigError

BINARY_FILE_SCHEMA = "path string, modificationTime timestamp, length long, content binary"


def read_messages(spark: SparkSession, source: SourceConfig, kafka: KafkaConfig) -> DataFrame:
    """Open the source that the configuration names.

    Raises
    ------
    ConfigError
        If a Parquet folder can't be read.
    """
    if source.kind == "kafka":
        return _kafka(spark, source, kafka)
    if source.kind == "archive":
        return _archive(spark, source)
    return _parquet(spark, source)


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
    reader = spark.readStream.format("kafka").options(**kafka_options(kafka, kafka.consumer))
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


def _parquet(spark: SparkSession, source: SourceConfig) -> DataFrame:
    try:
        schema = spark.read.parquet(source.path).schema
    except Exception as error:
        first = str(error).strip().splitlines()[0]
        raise ConfigError(f"{source.path}: can't be read as Parquet ({first})") from None
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
        F.struct(*[F.col(f"`{name}`") for name in schema.names]).alias("alert"),
    )
