"""Run the faults one after another, and account for every alert in each."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tqdm import tqdm

from fink_t2.chaos.errors import CannotStage
from fink_t2.chaos.faults import FAULTS
from fink_t2.chaos.scene import Outcome, Scene
from fink_t2.kafka import LocalKafka
from fink_t2.kafka.broker import free_ports

#: The alerts of a fault come in at least so many micro-batches.
BATCHES: Final = 6
HEADER: Final = ("fault", "in", "out", "dead", "lost", "twice", "expired", "repeats", "recovery")
WIDTHS: Final = (38, 7, 7, 7, 6, 7, 9, 9, 10)


def run_faults(
    names: Collection[str], folder: Path, n_alerts: int, report: Path | None = None
) -> bool:
    """Run faults, and print one line of a table for each.

    Parameters
    ----------
    names : collection of str
        Keys of `fink_t2.chaos.faults.FAULTS`.
    folder : Path
        Gets the tables, checkpoints and logs.
    n_alerts : int
        Number of alerts published in each fault.
    report : Path, optional
        File to which every outcome is appended as a line of JSON.

    Returns
    -------
    bool
        Whether no fault failed: no alert was lost or written twice.
    """
    lines = [table_line(HEADER)]
    is_good = True
    try:
        with LocalKafka(folder / "kafka", free_ports(1)[0]) as broker:
            for name in tqdm(names, unit="fault", disable=None):
                line, has_passed = _run_fault(name, broker, folder, n_alerts, report)
                lines.append(line)
                is_good = is_good and has_passed
                tqdm.write(line, file=sys.stderr)
    finally:
        print("\n".join(lines))
    return is_good


def _run_fault(
    name: str, broker: LocalKafka, folder: Path, n_alerts: int, report: Path | None
) -> tuple[str, bool]:
    """Run one fault; return its line of the table, and whether it passed."""
    topic = f"chaos-{name.replace(' ', '-')}-{time.time_ns() % 10**9}"
    scene = Scene(broker, folder / topic, topic, max(1, n_alerts // BATCHES), n_alerts)
    title = name.ljust(WIDTHS[0])
    try:
        FAULTS[name](scene)
        outcome = scene.outcome()
    except CannotStage as error:
        return f"{title} not staged: {error}", True
    except Exception as error:  # the other faults are run all the same
        traceback.print_exc()
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return f"{title} {reason} FAILED", False
    finally:
        scene.clear()
    if report is not None:
        with report.open("a") as stream:
            stream.write(json.dumps({"fault": name, **asdict(outcome)}) + "\n")
    return _outcome_line(name, outcome), outcome.is_good


def _outcome_line(name: str, outcome: Outcome) -> str:
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
    return table_line(values) + ("" if outcome.is_good else " FAILED")


def table_line(values: tuple[object, ...]) -> str:
    """Return a line of the table: the first value to the left, the others to the right."""
    first, *others = map(str, values)
    return first.ljust(WIDTHS[0]) + "".join(
        value.rjust(width) for value, width in zip(others, WIDTHS[1:], strict=True)
    )
