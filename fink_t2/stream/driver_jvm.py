"""The JVM of the driver: that of spark-submit, or one that is started here."""

from __future__ import annotations

import os
import threading
from typing import Any, Final

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway

from fink_t2.install.spark_log import quiet_environment, quieten_log
from fink_t2.stderr_filter import STANDARD_ERROR

#: What Java says because Spark asks it for the module; no option stops it.
ANNOUNCEMENT: Final = b"WARNING: Using incubator modules"


def driver_jvm() -> Any:
    """Return py4j's view of the driver's JVM, in which there need not be a SparkContext yet."""
    if SparkContext._gateway is None and "PYSPARK_GATEWAY_PORT" not in os.environ:
        _start()
    SparkContext._ensure_initialized()
    jvm = SparkContext._jvm
    assert jvm is not None
    quieten_log(jvm)
    return jvm


def _start() -> None:
    """Start a JVM whose standard error passes through this process, less the announcement."""
    os.environ.update(quiet_environment())
    conf = SparkConf(loadDefaults=False).set("spark.ui.showConsoleProgress", "false")
    read_end, write_end = os.pipe()
    threading.Thread(target=_pass_on, args=(read_end,), daemon=True).start()
    try:
        gateway = launch_gateway(conf, popen_kwargs={"stderr": write_end})
    finally:
        os.close(write_end)
    SparkContext._ensure_initialized(gateway=gateway)


def _pass_on(read_end: int) -> None:
    """Copy lines to standard error until the JVM has ended."""
    with os.fdopen(read_end, "rb") as lines:
        for line in lines:
            if not line.startswith(ANNOUNCEMENT):
                os.write(STANDARD_ERROR, line)
