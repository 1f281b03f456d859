"""The Spark session, with the connectors for Kafka and Avro and the settings of the job."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark import SparkConf
from pyspark.sql import SparkSession

from fink_t2.alerts.limits import Limits
from fink_t2.install import jvm_packages
from fink_t2.install.spark_log import PANDAS_WARNING
from fink_t2.stream.driver_jvm import driver_jvm

CONNECTOR_CLASSES = (
    "org.apache.spark.sql.kafka010.KafkaSourceProvider",
    "org.apache.spark.sql.avro.AvroFileFormat",
)

#: Spark settings of the job, unless spark-submit or the configuration set them.
DEFAULTS = {
    # Only the list of schemas of unread messages is shuffled.
    "spark.sql.shuffle.partitions": "2",
    # Number of alerts per batch of the classifier: large enough for its compiled loops to be
    # efficient, and small enough for the memory of a worker. An alert without cutouts has 1-2 KB.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1024",
    "spark.sql.execution.pythonUDF.arrow.enabled": "true",
    # Up to four nights of a batch are written simultaneously, each of which takes a part of the
    # heap. Only for more nights are the alerts, with their cutouts, sorted by night first.
    "spark.sql.maxConcurrentOutputFileWriters": "4",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.hadoop.parquet.compression.codec.zstd.level": "1",
    # Dictionaries of the few thousand values of a batch save only 3 % of the space and take time.
    "spark.hadoop.parquet.enable.dictionary": "false",
    # Every reader of Parquet understands this type, unlike Spark's own.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Times of alerts are in UTC, independent of the time zone of the machine.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.streaming.metricsEnabled": "true",
    # Overflow and division by zero, for instance in the filter of a substream, give null. In ANSI
    # mode a single alert would end the stream.
    "spark.sql.ansi.enabled": "false",
    # A filter on decoded or classified columns must not be pushed below the decoding, because Spark
    # would repeat the whole decoding for every column in the filter.
    "spark.sql.optimizer.excludedRules": (
        "org.apache.spark.sql.catalyst.optimizer.PushDownPredicates"
    ),
    # An alert has more columns than Spark puts into one generated stage, so that every task would
    # generate and compile long programs for a few hundred alerts. The interpreter of expressions is
    # compiled once.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # The description of a plan in the web interface repeats all writer schemas, a dozen megabytes.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.maxPlanStringLength": "4000000",
    "spark.executorEnv.PYTHONWARNINGS": PANDAS_WARNING,
    # A task is attempted this often, each time in a new worker process if the worker was lost.
    "spark.task.maxFailures": "8",
    # Secrets in Kafka options are not shown in plans, logs and the web interface.
    "spark.redaction.regex": "(?i)secret|password|token|access[.]?key|jaas|credential",
    "spark.sql.redaction.options.regex": "(?i)url|secret|password|token|jaas|credential",
}


def start_session(settings: Mapping[str, str], limits: Limits, name: str) -> SparkSession:
    """Start Spark, or return the existing session.

    Parameters
    ----------
    settings : mapping of str to str
        Spark settings of the configuration; those of spark-submit take precedence.
    limits : Limits
        Limits for Java's Avro reader.
    name : str
        Name of the application, unless spark-submit sets one.

    Raises
    ------
    JvmPackageError
        If the Kafka connector and the Avro reader are not on Spark's class path and can't be
        downloaded.
    """
    jvm = driver_jvm()
    given = SparkConf()
    chosen = {"spark.app.name": name, "spark.master": "local[*]", **DEFAULTS, **settings}
    conf = {key: value for key, value in chosen.items() if not given.contains(key)}
    if given.get("spark.app.name", "").endswith(".py"):
        # spark-submit names an application after its file unless a name is given.
        conf["spark.app.name"] = chosen["spark.app.name"]

    avro_limits = java_limits(limits)
    for key, value in avro_limits.items():  # for this JVM, which runs already
        jvm.java.lang.System.setProperty(key, value)
    options = [given.get("spark.executor.extraJavaOptions") or ""]
    options += [f"-D{key}={value}" for key, value in avro_limits.items()]
    conf["spark.executor.extraJavaOptions"] = " ".join(filter(None, options))

    if not has_connectors(jvm):
        files = [path.absolute() for path in jvm_packages.jars("spark")]
        add_to_driver(jvm, files)
        known = given.get("spark.jars") or ""
        conf["spark.jars"] = ",".join(filter(None, [known, *(path.as_uri() for path in files)]))

    master = given.get("spark.master") or chosen["spark.master"]
    if master.startswith("local"):
        # Workers on this machine use the Python environment of the driver.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder
    for key, value in conf.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def java_limits(limits: Limits) -> dict[str, str]:
    """Return the Java properties that limit the allocations of the Avro reader."""
    most = str(limits.record_bytes)
    return {
        "org.apache.avro.limits.bytes.maxLength": most,
        "org.apache.avro.limits.string.maxLength": most,
        "org.apache.avro.limits.collectionItems.maxLength": str(limits.items),
    }


def has_connectors(jvm: Any) -> bool:
    """Return whether Spark was started with the Kafka connector and the Avro reader."""
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    try:
        for name in CONNECTOR_CLASSES:
            jvm.java.lang.Class.forName(name, False, loader)
    except Py4JJavaError:
        return False
    return True


def add_to_driver(jvm: Any, files: Sequence[Path]) -> None:
    """Add jars to the driver's class path, as spark-submit does with those of ``--jars``.

    A call of ``spark-submit`` therefore needs no options. Executors receive the jars through
    ``spark.jars``.
    """
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    for path in files:
        loader.addURL(jvm.java.net.URL(path.as_uri()))
