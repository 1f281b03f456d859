"""The Spark session: connectors on the class path, limits of the Avro reader, redaction."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from fink_t2.alerts.limits import Limits
from fink_t2.install import jvm_packages

CONNECTOR_CLASSES = (
    "org.apache.spark.sql.kafka010.KafkaSourceProvider",
    "org.apache.spark.sql.avro.AvroFileFormat",
)

#: What the job asks of Spark unless spark-submit or the configuration say otherwise.
DEFAULTS = {
    # Nothing is shuffled but the list of schemas in a look at unreadable messages.
    "spark.sql.shuffle.partitions": "2",
    # A batch of light curves for the classifier: large enough for its compiled loops to run
    # long, small enough that a worker holds little. An alert in it has 1-2 KB, no cutouts.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1024",
    "spark.sql.execution.pythonUDF.arrow.enabled": "true",
    # Up to four nights in a batch are written side by side; only beyond are the alerts, cutouts
    # and all, sorted by night first. Each open file takes its share of the heap.
    "spark.sql.maxConcurrentOutputFileWriters": "4",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.hadoop.parquet.compression.codec.zstd.level": "1",
    # Dictionaries of a batch's few thousand values take more time than they save space (3 %).
    "spark.hadoop.parquet.enable.dictionary": "false",
    # What every reader of Parquet understands, in place of Spark's own form.
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Times of alerts are UTC wherever the job runs.
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.streaming.metricsEnabled": "true",
    # An alert whose numbers overflow or divide by zero, in a substream's filter for instance,
    # gives null; by ANSI it would end the stream.
    "spark.sql.ansi.enabled": "false",
    # A filter on what was decoded or classified must not move below that: Spark would write
    # out the whole decoding once for every column that the filter has.
    "spark.sql.optimizer.excludedRules": (
        "org.apache.spark.sql.catalyst.optimizer.PushDownPredicates"
    ),
    # An alert has more columns than Spark puts into one generated stage, so each task would write
    # out and look up long programs, and Java compile them, for a few hundred alerts. Spark's own
    # evaluation of expressions is compiled once.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    # The web interface's text of a plan repeats all its writers' schemas, a dozen megabytes.
    "spark.sql.ui.explainMode": "simple",
    "spark.sql.maxPlanStringLength": "4000000",
    # A lost worker process is started again; the task is tried this often.
    "spark.task.maxFailures": "8",
    # Secrets among Kafka's options stay out of plans, logs and the web interface.
    "spark.redaction.regex": "(?i)secret|password|token|access[.]?key|jaas|credential",
    "spark.sql.redaction.options.regex": "(?i)url|secret|password|token|jaas|credential",
}


def start_session(settings: Mapping[str, str], limits: Limits, name: str) -> SparkSession:
    """Start Spark, or take the session that there is.

    Parameters
    ----------
    settings : mapping of str to str
        The configuration's Spark settings; those of spark-submit win.
    limits : Limits
        Bounds for Java's Avro reader.
    name : str
        Name of the application, where spark-submit gives none.

    Raises
    ------
    JvmPackageError
        If the Kafka connector and the Avro reader are not on Spark's class path and can't be
        fetched.
    """
    SparkContext._ensure_initialized()  # the JVM, before a SparkContext is in it
    jvm = SparkContext._jvm
    assert jvm is not None
    given = SparkConf()
    chosen = {"spark.app.name": name, "spark.master": "local[*]", **DEFAULTS, **settings}
    conf = {key: value for key, value in chosen.items() if not given.contains(key)}
    if given.get("spark.app.name", "").endswith(".py"):
        # spark-submit names an application after its file where nobody has named it.
        conf["spark.app.name"] = chosen["spark.app.name"]

    avro_limits = java_limits(limits)
    for key, value in avro_limits.items():  # this JVM runs already, executors start later
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
        # Workers on this machine run in the environment of the driver.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder
    for key, value in conf.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def java_limits(limits: Limits) -> dict[str, str]:
    """Return the properties that bound what Java's Avro reader allocates on a mere promise."""
    most = str(limits.record_bytes)
    return {
        "org.apache.avro.limits.bytes.maxLength": most,
        "org.apache.avro.limits.string.maxLength": most,
        "org.apache.avro.limits.collectionItems.maxLength": str(limits.items),
    }


def has_connectors(jvm: Any) -> bool:
    """Tell whether Spark was started with the Kafka connector and the Avro reader."""
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    try:
        for name in CONNECTOR_CLASSES:
            jvm.java.lang.Class.forName(name, False, loader)
    except Py4JJavaError:
        return False
    return True


def add_to_driver(jvm: Any, files: Sequence[Path]) -> None:
    """Put jars on the driver's class path, as spark-submit does with those of ``--jars``.

    So a plain ``spark-submit bin/stream_classify.py`` works from a checkout; executors get the
    jars from ``spark.jars``.
    """
    loader = jvm.java.lang.Thread.currentThread().getContextClassLoader()
    for path in files:
        loader.addURL(jvm.java.net.URL(path.as_uri()))
