"""Break the streaming job on purpose, and account for every alert.

Each fault has a topic, a checkpoint and tables of its own, a real Kafka and a real spark-submit.
The table shows what 'fink-t2 audit' finds after the job has caught up.

Exit code 0: no fault lost an alert or wrote one twice. 1: some did.

Examples:
  fink-t2 chaos                            # all faults
  fink-t2 chaos --short                    # those that CI runs
  fink-t2 chaos --fault "worker killed" --fault SIGTERM --keep
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from fink_t2.errors import FinkT2Error

GROUP = "develop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 chaos``."""
    selection = parser.add_mutually_exclusive_group()
    selection.add_argument("--list", action="store_true", help="list the faults, and run none")
    selection.add_argument("--short", action="store_true", help="run only the faults of CI")
    selection.add_argument(
        "--fault",
        action="append",
        metavar="NAME",
        help="run this fault, as --list names it; may be repeated (default: all)",
    )
    parser.add_argument(
        "--alerts",
        type=int,
        default=600,
        help="number of alerts in each fault (default: %(default)s)",
    )
    parser.add_argument(
        "--folder",
        type=Path,
        help="where the folder of this run is made (default: the folder for temporary files)",
    )
    parser.add_argument(
        "--keep", action="store_true", help="keep tables, checkpoints and logs of a good run"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="append the outcomes to it, as JSON lines"
    )


def run(args: argparse.Namespace) -> int:
    """Run the faults, and print the table."""
    from fink_t2.chaos.faults import FAULTS, SHORT, summary
    from fink_t2.chaos.suite import run_faults

    if args.list:
        for name in FAULTS:
            print(f"{name:38} {summary(name)}")
        return 0
    names = args.fault or (SHORT if args.short else list(FAULTS))
    unknown = set(names) - set(FAULTS)
    if unknown:
        raise FinkT2Error(
            f"no such fault: {', '.join(sorted(unknown))}; 'fink-t2 chaos --list' lists them"
        )
    if args.folder is not None:
        args.folder.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="fink_t2-chaos-", dir=args.folder)).absolute()
    is_good = False
    try:
        is_good = run_faults(names, folder, args.alerts, args.report)
    finally:
        if is_good and not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"tables, checkpoints and logs: {folder}")
    return 0 if is_good else 1
