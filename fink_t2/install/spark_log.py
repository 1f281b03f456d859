"""Keep Spark's log to warnings and errors, unless the operator has configured it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

CONFIGURATION: Final = Path(__file__).with_name("spark_log4j2.properties")
#: Configuration that Spark's own jars bring, and that is used if the operator has none.
SPARK_DEFAULTS: Final = "org/apache/spark/log4j2-defaults"
#: For Python's -W: what pyspark says in every process about the version of pandas in the lock.
PANDAS_WARNING: Final = "ignore:PySpark does not yet fully support pandas:FutureWarning"


def quiet_environment() -> dict[str, str]:
    """Return the environment in which to start Spark: that of this process, with less noise.

    It takes effect from the first line of Java on. Options of the operator that configure Java's
    log or Python's warnings stay as they are.
    """
    options = os.environ.get("SPARK_SUBMIT_OPTS", "")
    if "log4j" not in options:
        options = f"{options} -Dlog4j2.configurationFile={CONFIGURATION.as_uri()}".strip()
    return {"PYTHONWARNINGS": PANDAS_WARNING, **os.environ, "SPARK_SUBMIT_OPTS": options}


def quieten_log(jvm: Any) -> None:
    """Replace Spark's default log configuration in a JVM that somebody else has started.

    Parameters
    ----------
    jvm : py4j view of a JVM
        The JVM of the driver.
    """
    # Spark configures its log at the first use of it, and would undo what is changed before.
    jvm.org.apache.spark.SparkConf(False).log()
    context = jvm.org.apache.logging.log4j.LogManager.getContext(False)
    source = context.getConfiguration().getConfigurationSource().getLocation() or ""
    if SPARK_DEFAULTS in source:
        context.setConfigLocation(jvm.java.net.URI(CONFIGURATION.as_uri()))
