"""Show how far a job has read, what waits, and which model serves.

Reads the job's checkpoint and tables, and asks Kafka; the job itself need not run.

Exit code 0: all is well. 1: messages wait and no batch was committed for --stale seconds.

Examples:
  fink-t2 status --config conf/ztf.toml
  fink-t2 status --config conf/ztf.toml --stale 300 --json
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from fink_t2.commands._arguments import add_job_arguments

GROUP = "operate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 status``."""
    add_job_arguments(parser)
    parser.add_argument(
        "--stale",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="longest time without a batch while messages wait (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the state; return 1 if messages wait and no batch is committed."""
    from fink_t2.config import load_config
    from fink_t2.operations.job_state import job_state

    state = job_state(load_config(args.config, args.set))
    seconds = state["seconds_since_batch"]
    is_stale = bool(state["lag"]) and (seconds or 0.0) > args.stale
    state["stale"] = is_stale
    if args.json:
        print(json.dumps(state))
    else:
        _print_state(state)
        if is_stale:
            print(f"STALE: messages wait and no batch was committed for {args.stale:.0f} s")
    return 1 if is_stale else 0


def _print_state(state: dict[str, Any]) -> None:
    seconds, counts, lag = state["seconds_since_batch"], state["last_counts"], state["lag"]
    age = "none committed yet" if seconds is None else f"{seconds:.0f} s ago"
    print(f"stream          {state['stream']}")
    print(f"model           {state['model']}")
    print(f"last batch      {state['batch']}, {age}")
    if counts:
        print(
            f"in it           {counts.get('alerts')} alerts, "
            f"{counts.get('dead_letters')} dead letters"
        )
    print(f"read            {state['read']} messages")
    print(
        f"waiting         {'unknown: no answer from Kafka' if lag is None else f'{lag} messages'}"
    )
    for name, offsets in state["partitions"].items():
        end = "?" if offsets["end"] is None else offsets["end"]
        print(f"  {name}  read to {offsets['committed']} of {end}")
