"""Fetch and compile what is needed besides Python packages.

java          find a Java that Spark and Kafka run on, and print its path
jvm-packages  download the jars of the Spark connectors and of the Kafka broker, pinned by SHA-256
warm-up       compile the numerical code, so that no worker has to when it starts
all           all of these (default)

What is there already is kept. The jars go to $FINK_T2_HOME, otherwise .fink_t2 of the checkout or
the user's cache folder. Run warm-up as the user whose workers will run, or build it into an image.

Examples:
  fink-t2 install
  fink-t2 install jvm-packages spark       # without the Kafka broker
  fink-t2 install warm-up
"""

from __future__ import annotations

import argparse
import time

from fink_t2.errors import FinkT2Error

GROUP = "develop"

JVM_PARTS = ("spark", "kafka")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 install``."""
    parser.add_argument(
        "step",
        nargs="?",
        choices=("java", "jvm-packages", "warm-up", "all"),
        default="all",
        help="what to do (default: %(default)s)",
    )
    parser.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help="jvm-packages: spark, kafka or both (default: both)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the chosen step, or all of them."""
    from fink_t2.install.java import find_java
    from fink_t2.install.jvm_packages import fetch_missing

    unknown = set(args.parts) - set(JVM_PARTS)
    if unknown or (args.parts and args.step != "jvm-packages"):
        raise FinkT2Error("parts are spark and kafka, and follow 'fink-t2 install jvm-packages'")
    if args.step in ("java", "all"):
        print(find_java())
    if args.step in ("jvm-packages", "all"):
        fetch_missing(args.parts or JVM_PARTS)
    if args.step in ("warm-up", "all"):
        from fink_t2.install.warm_up import warm_up

        begin = time.perf_counter()
        warm_up()
        print(f"the numerical code is compiled ({time.perf_counter() - begin:.1f} s)")
    return 0
