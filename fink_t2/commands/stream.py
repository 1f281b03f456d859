"""Run the streaming job: Kafka in, Kafka and Parquet out.

Starts the job by spark-submit and becomes its process: SIGTERM ends it after the micro-batch it is
in. What follows -- are options of spark-submit. In a checkout,
'spark-submit bin/stream_classify.py' is the same job.

Examples:
  fink-t2 stream --config ztf.toml
  fink-t2 stream --config ztf.toml --once --set source.topics='["ztf_20260801_programid1"]'
  fink-t2 stream --config ztf.toml --master spark://head:7077 -- --executor-memory 4g
"""

from __future__ import annotations

import argparse
import os
import sys

from fink_t2.install.spark_log import quiet_environment
from fink_t2.operations.spark_submit import job_command
from fink_t2.stream.main import add_arguments as add_job_arguments

GROUP = "operate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 stream``."""
    add_job_arguments(parser)
    parser.add_argument(
        "--master", default="local[*]", help="Spark's master (default: %(default)s, this machine)"
    )
    parser.add_argument(
        "options", nargs="*", metavar="-- OPTION", help="options of spark-submit, as they are"
    )


def run(args: argparse.Namespace) -> int:
    """Replace this process by spark-submit with the job.

    Raises
    ------
    FinkT2Error
        If there is no spark-submit.
    """
    arguments = ["--config", args.config]
    for setting in args.set:
        arguments += ["--set", setting]
    if args.once:
        arguments.append("--once")
    command = job_command(args.master, args.options, arguments)
    # The driver runs in this environment, and so do the workers where they run on this machine.
    environment = {"PYSPARK_DRIVER_PYTHON": sys.executable, **quiet_environment()}
    if args.master.startswith("local"):
        environment.setdefault("PYSPARK_PYTHON", sys.executable)
    os.execve(command[0], command, environment)  # noqa: S606 - becomes that process
