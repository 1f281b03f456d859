"""Break the streaming job on purpose and account for every alert: ``bin/chaos``.

Each fault gets a topic, a checkpoint and tables of its own, a real Kafka and a real
spark-submit. What is printed is what `fink-t2 audit` finds after the job has caught up.

Exit code 0: in no fault was an alert lost or written twice. 1: in some.

Examples:
  bin/chaos                                # all faults
  bin/chaos --short                        # those that CI runs
  bin/chaos --fault "worker killed" --fault SIGTERM --keep
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
import traceback
from dataclasses import asdict
from pathlib import Path

from tqdm import tqdm

from fink_t2.chaos import faults
from fink_t2.chaos.errors import CannotStage
from fink_t2.chaos.scene import Outcome, Scene
from fink_t2.kafka import LocalKafka
from fink_t2.kafka.broker import free_ports

#: A fault's alerts come in so many batches, or more.
BATCHES = 6
HEADER = ("fault", "in", "out", "dead", "lost", "twice", "expired", "repeats", "recovery")
WIDTHS = (38, 7, 7, 7, 6, 7, 9, 9, 10)


def main(arguments: list[str] | None = None) -> int:
    """Run faults and print the table."""
    parser = argparse.ArgumentParser(
        prog="bin/chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help=", ".join(faults.SHORT))
    parser.add_argument("--fault", action="append", choices=list(faults.FAULTS), metavar="NAME",
                        help=f"one of: {', '.join(faults.FAULTS)}")  # fmt: skip
    parser.add_argument("--alerts", type=int, default=600, help="per fault (default 600)")
    parser.add_argument("--folder", type=Path, help="where to work (default: a temporary folder)")
    parser.add_argument("--keep", action="store_true", help="keep tables, checkpoints and logs")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="append outcomes, as JSON lines"
    )
    args = parser.parse_args(arguments)
    chosen = args.fault or (faults.SHORT if args.short else faults.FAULTS)
    folder = args.folder or Path(tempfile.mkdtemp(prefix="fink_t2-chaos-"))
    good = True
    lines = [line(HEADER)]
    try:
        with LocalKafka(folder / "kafka", free_ports(1)[0]) as broker:
            for name in tqdm(chosen, unit="fault", disable=None):
                lines.append(_run(name, broker, folder, args))
                good = good and not lines[-1].endswith("FAILED")
                tqdm.write(lines[-1], file=sys.stderr)
    finally:
        print("\n".join(lines))
        if good and not args.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"tables, checkpoints and logs: {folder}")
    return 0 if good else 1


def _run(name: str, broker: LocalKafka, folder: Path, args: argparse.Namespace) -> str:
    place = name.replace(" ", "-")
    topic = f"chaos-{place}-{time.time_ns() % 10**9}"
    scene = Scene(broker, folder / topic, topic, max(1, args.alerts // BATCHES), args.alerts)
    try:
        faults.FAULTS[name](scene)
        outcome = scene.outcome()
    except CannotStage as error:
        return f"{name.ljust(WIDTHS[0])} not staged: {error}"
    except Exception as error:  # the other faults shall have their turn
        traceback.print_exc()
        first = (str(error).splitlines() or [type(error).__name__])[0]
        return f"{name.ljust(WIDTHS[0])} {first} FAILED"
    finally:
        scene.clear()
    if args.report is not None:
        with args.report.open("a") as stream:
            stream.write(json.dumps({"fault": name, **asdict(outcome)}) + "\n")
    return _describe(name, outcome)


def _describe(name: str, outcome: Outcome) -> str:
    values = (
        name,
        outcome.messages,
        outcome.rows,
        outcome.dead_letters,
        outcome.lost,
        outcome.duplicated,
        outcome.expired,
        outcome.topic.repeats,
        f"{outcome.seconds:.1f} s",
    )
    return line(values) + ("" if outcome.is_good else " FAILED")


def line(values: tuple[object, ...]) -> str:
    """Return a line of the table."""
    first, *others = map(str, values)
    return first.ljust(WIDTHS[0]) + "".join(
        value.rjust(width) for value, width in zip(others, WIDTHS[1:], strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())
