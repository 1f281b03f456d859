"""Decode hostile messages, histories and files.

The outcomes are counted. A case is either one message, decoded in both ways (as 'fink-t2
classify' does and as the stream takes it apart), or one history, classified, or one file or
table, read as 'fink-t2 classify' does. The run fails at a case that raises anything but the
package's own errors, gives a wrong answer, takes longer than --seconds, or lets the process grow by
more than --megabytes.

Messages are decoded one by one; the light curves of those that held alerts are then built
together, 200 messages at a time. Histories are classified 500 at a time, as Spark hands them over
in batches. A failure in a batch is named by its first case. The cases come from tests/fuzz, so
this command runs in a checkout only.

Examples:
  fink-t2 fuzz                              # 100,000 cases, seed 1
  fink-t2 fuzz --cases 1000000 --seed 7
  fink-t2 fuzz --only messages --case 81234     # one case again
  fink-t2 fuzz --only files --cases 1000000     # files, which other runs do not read
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from fink_t2.commands._arguments import CHECKOUT
from fink_t2.errors import FinkT2Error

GROUP = "develop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 fuzz``."""
    parser.add_argument(
        "--cases", type=int, default=100_000, help="number of cases (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="seed of the cases (default: %(default)s)"
    )
    parser.add_argument(
        "--only", choices=["messages", "histories", "files"], help="run cases of one sort only"
    )
    parser.add_argument(
        "--case", type=int, metavar="NUMBER", help="run this case alone, and let it raise"
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=10.0,
        help="longest processor time of a case (default: %(default)s)",
    )
    parser.add_argument(
        "--megabytes",
        type=int,
        default=500,
        help="largest growth of the process (default: %(default)s)",
    )
    parser.add_argument("--model", help="model to classify with (default: the one in service)")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="append the counts to it, as a line of JSON"
    )


def run(args: argparse.Namespace) -> int:
    """Run the cases; return 1 if one has failed or the process has grown too much."""
    if not (CHECKOUT / "tests" / "fuzz" / "run.py").is_file():
        raise FinkT2Error("the cases are part of the tests: run 'fink-t2 fuzz' in a checkout")
    sys.path.insert(0, str(CHECKOUT))
    return int(importlib.import_module("tests.fuzz.run").run_cases(args))
