"""Feed the job at a steady rate, and watch its memory.

Watched are the memory of the job and the number of messages that wait. Alert packets with their
cutouts are published again and again. Every few seconds the number of messages that wait and the
resident memory of JVM, driver and Python workers are written to a table, from which a figure is
drawn at the end. At a rate beyond what the machine can classify, this is the overload test: the
number of waiting messages grows, memory must not.

Exit code 1: memory has grown by more than --growth from the first third to the last, or a message
that the job has read is not accounted for.

Examples:
  fink-t2 soak --minutes 30 --rate 100 --catch-up
  fink-t2 soak --minutes 5 --rate 1000 --out overload
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from fink_t2.commands._arguments import CHECKOUT, name_value
from fink_t2.errors import FinkT2Error
from fink_t2.extras import require

GROUP = "develop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 soak``."""
    parser.add_argument(
        "--minutes",
        type=float,
        default=30.0,
        help="duration after the warm-up (default: %(default)s)",
    )
    parser.add_argument(
        "--rate", type=float, default=100.0, help="alerts per second (default: %(default)s)"
    )
    parser.add_argument(
        "--alerts",
        type=Path,
        default=CHECKOUT / "data" / "alerts",
        metavar="PATH",
        help="alerts to publish, see 'fink-t2 replay --help' (default: data/alerts)",
    )
    parser.add_argument(
        "--growth",
        type=float,
        default=0.2,
        metavar="FRACTION",
        help="largest growth of memory that passes (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("soak"),
        metavar="FILE",
        help="write FILE.csv and FILE.png (default: %(default)s)",
    )
    parser.add_argument(
        "--catch-up",
        action="store_true",
        help="wait until no message waits before the job is stopped",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=name_value,
        metavar="SECTION.KEY=VALUE",
        help="override a value of the job's configuration, as JSON; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Run the soak; return 1 if memory has grown or a message is missing."""
    require("matplotlib")
    from fink_t2.chaos.memory_figure import MEMORY
    from fink_t2.chaos.soak import run_soak

    result = run_soak(
        args.alerts,
        args.rate,
        60 * args.minutes,
        args.out,
        {key: _json(key, value) for key, value in args.set},
        catch_up=args.catch_up,
    )
    print(json.dumps(result.totals))
    is_good = not result.totals["missing"] and not result.totals["twice"]
    for name in MEMORY:
        first, last = result.thirds(name)
        print(f"{name}: {first:.0f} in the first third, {last:.0f} in the last")
        is_good = is_good and last <= (1 + args.growth) * first
    before, after = result.waiting()
    print(f"waiting: {before:.0f} messages at the beginning, {after:.0f} at the end")
    return 0 if is_good else 1


def _json(key: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise FinkT2Error(f"--set {key}={value}: the value is not valid JSON") from None
