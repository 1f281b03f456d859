"""Mutation test of fink_t2/science: change its source in one place at a time and run the tests.

Each mutant changes one comparison, operator, sign, constant or result, exchanges two values, sets a
feature to zero, or leaves out a statement. It is killed if a test of its file (tests/mutation/
targets.py) fails, or does not end in time; otherwise it has survived. Mutants that give the same
results as the original are listed in equivalent.toml, each with the reason.

The tests run without numba's compiler, with NumPy in place of the Gaussian process's vector
instructions. The mutants of code that has an effect in compiled code only are compiled.

Examples:
  bin/mutation                                     # every file
  bin/mutation --file 'features/*' --jobs 2
  bin/mutation --sample 500 --seed 3               # each file in proportion to its number
"""

from __future__ import annotations

import argparse
import fnmatch
import gc
import json
import os
import random
import signal
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Imported before the processes that test one mutant each are forked.
import numba  # noqa: F401
import numpy  # noqa: F401
import pandas  # noqa: F401
import scipy.stats  # noqa: F401

import fink_t2.kafka  # noqa: F401 (for tests/conftest.py)
from tests.mutation.child import ChangedModule, record, run_tests
from tests.mutation.operators import Mutant, mutants
from tests.mutation.targets import TARGETS, Target

CHECKOUT = Path(__file__).resolve().parents[2]
EQUIVALENT = Path(__file__).with_name("equivalent.toml")

#: Fraction of the mutants, without the equivalent ones, that must be killed.
REQUIRED = 0.95

#: Limit of a mutant's processor time: a multiple of that of the unchanged tests, and some seconds.
TIME_FACTOR = 2.0
TIME_OFFSET = 3.0

#: Limit of its duration, as a multiple of that, in case it waits for ever.
PATIENCE = 20.0


@dataclass
class FileResult:
    """Numbers of the mutants of one file, or of all files, by outcome."""

    killed: int = 0
    timed_out: int = 0
    equivalent: int = 0
    survived: list[Mutant] = field(default_factory=list)
    wrongly_listed: list[Mutant] = field(default_factory=list)

    def add(self, mutant: Mutant, outcome: str, *, is_listed: bool) -> None:
        """Count one mutant: "killed", "timed out" or "survived"."""
        if outcome == "survived":
            if is_listed:
                self.equivalent += 1
            else:
                self.survived.append(mutant)
            return
        if is_listed:
            self.wrongly_listed.append(mutant)
        if outcome == "killed":
            self.killed += 1
        else:
            self.timed_out += 1

    def merge(self, other: FileResult) -> None:
        """Add the numbers of another file."""
        self.killed += other.killed
        self.timed_out += other.timed_out
        self.equivalent += other.equivalent
        self.survived += other.survived
        self.wrongly_listed += other.wrongly_listed

    def row(self, name: str) -> str:
        """Return the row of the table."""
        killed = self.killed + self.timed_out
        total = killed + self.equivalent + len(self.survived)
        numbers = (total, killed, self.timed_out, self.equivalent, len(self.survived))
        columns = " ".join(f"{number:9}" for number in numbers)
        return f"{name.removeprefix('fink_t2/science/'):44} {columns} {100 * self.score():8.1f} %"

    def score(self) -> float:
        """Return the fraction of the mutants, without the equivalent ones, that were killed."""
        killed = self.killed + self.timed_out
        return killed / (killed + len(self.survived)) if killed or self.survived else 1.0


HEADER = f"{'file':44} " + " ".join(
    f"{name:>9}" for name in ("mutants", "killed", "timed out", "equal", "survived", "score")
)


@dataclass
class Trial:
    """One mutant and the tests that are still to be run on it.

    Attributes
    ----------
    path : str
        The mutant's file.
    mutant : Mutant
        The mutant.
    stages : list of list of str
        Node ids of tests: those that run the changed line, the shortest first, and then all
        others, because fixtures and caches make some tests run lines in the name of others.
    seconds : float
        Limit of the processor time, and of the duration divided by `PATIENCE`.
    compiled : bool
        Whether numba compiles.
    """

    path: str
    mutant: Mutant
    stages: list[list[str]]
    seconds: float
    compiled: bool

    def start(self) -> int:
        """Run the tests of the next stage in a process of its own, and return its id."""
        module = self.path.removesuffix(".py").replace("/", ".")
        changed = ChangedModule(module, Path(self.path).resolve(), self.mutant.source)
        tests = self.stages.pop(0)
        return _fork(
            lambda: run_tests(changed, tests, compiled=self.compiled, seconds=self.seconds)
        )


def main(arguments: list[str] | None = None) -> int:
    """Test the mutants; return 1 if too many survive, or an equivalent one does not."""
    parser = argparse.ArgumentParser(
        prog="bin/mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--file", action="append", help="pattern of files below fink_t2/science")
    parser.add_argument("--sample", type=int, help="number of mutants to test (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="mutants to test at the same time")
    parser.add_argument("--out", type=Path, help="write the keys of the survivors to a JSON file")
    options = parser.parse_args(arguments)

    os.chdir(CHECKOUT)
    gc.freeze()  # so that no child spends time on what is loaded already
    begin = time.perf_counter()
    made = {
        path: mutants(Path(path).read_text())
        for path in TARGETS
        if not options.file
        or any(fnmatch.fnmatch(path, f"fink_t2/science/{pattern}") for pattern in options.file)
    }
    equivalent = _equivalent(made)
    if options.sample:
        made = _sample(made, options.sample, options.seed)
    everything = FileResult()
    survived: dict[str, list[str]] = {}
    print(HEADER)
    for path, changes in made.items():
        result = _test(
            _trials(path, TARGETS[path], changes), equivalent.get(path, {}), options.jobs
        )
        everything.merge(result)
        survived[path] = [mutant.key for mutant in result.survived]
        print(result.row(path))
        for mutant in result.survived:
            print(f"    survived, line {mutant.line} ({mutant.operator}): {mutant.key}")
        for mutant in result.wrongly_listed:
            print(f"    listed as equivalent, but killed, line {mutant.line}: {mutant.key}")
        sys.stdout.flush()
    print(everything.row("all"))
    sample = f"sample of {options.sample}, seed {options.seed}" if options.sample else "all mutants"
    print(f"{sample}, {options.jobs} at a time, {time.perf_counter() - begin:.0f} s")
    if options.out:
        options.out.write_text(json.dumps(survived, indent=1) + "\n")
    return int(everything.score() < REQUIRED or bool(everything.wrongly_listed))


def _equivalent(made: dict[str, list[Mutant]]) -> dict[str, dict[str, str]]:
    """Return the reason for each equivalent mutant, by file and key.

    Raises
    ------
    SystemExit
        If a mutant is listed that does not exist.
    """
    listed: dict[str, dict[str, str]] = {}
    for entry in tomllib.loads(EQUIVALENT.read_text())["equivalent"]:
        for key in entry["mutants"]:
            listed.setdefault(entry["file"], {})[key] = entry["reason"]
    for path, changes in made.items():
        unknown = listed.get(path, {}).keys() - {mutant.key for mutant in changes}
        if unknown:
            raise SystemExit(f"{EQUIVALENT}: {path} has no mutants {sorted(unknown)}")
    return listed


def _sample(made: dict[str, list[Mutant]], size: int, seed: int) -> dict[str, list[Mutant]]:
    """Draw mutants from every file in proportion to their number, at least one."""
    generator = random.Random(seed)
    total = sum(map(len, made.values()))
    return {
        path: generator.sample(changes, max(1, round(size * len(changes) / total)))
        for path, changes in made.items()
        if changes
    }


def _trials(path: str, target: Target, changes: list[Mutant]) -> list[Trial]:
    """Assign its tests to every mutant of a file."""
    trials = []
    for compiled, tests in ((False, target.tests), (True, target.compiled_tests)):
        own = [mutant for mutant in changes if target.is_compiled(mutant.scope) == compiled]
        if not own:
            continue
        selected = ["-k", target.expression] if target.expression else []
        records = _record(path, [*tests, *selected], compiled)
        records.sort(key=lambda entry: entry["seconds"])
        for mutant in own:
            lines = set(range(mutant.line, mutant.end_line + 1))
            stages: tuple[list[str], list[str]] = ([], [])
            for entry in records:
                runs = compiled or mutant.at_import or not lines.isdisjoint(entry["lines"])
                stages[0 if runs else 1].append(entry["test"])
            seconds = TIME_FACTOR * sum(entry["seconds"] for entry in records) + TIME_OFFSET
            trials.append(
                Trial(path, mutant, [stage for stage in stages if stage], seconds, compiled)
            )
    return trials


def _record(path: str, tests: list[str], compiled: bool) -> list[dict[str, Any]]:
    """Run the unchanged tests.

    Raises
    ------
    SystemExit
        If they fail.
    """
    reader, writer = os.pipe()
    process = _fork(lambda: record(Path(path).resolve(), tests, compiled=compiled, output=writer))
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    _, status = os.waitpid(process, 0)
    recorded = json.loads(text or '{"records": [], "failed": []}')
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"{path}: the unchanged tests fail: {recorded['failed'] or status}")
    return recorded["records"]


def _test(trials: list[Trial], equivalent: dict[str, str], jobs: int) -> FileResult:
    """Test the mutants of a file, several at a time."""
    result = FileResult()
    waiting = trials[::-1]
    running: dict[int, tuple[Trial, float]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            trial = waiting.pop()
            running[trial.start()] = trial, time.monotonic()
        for process, (trial, started) in list(running.items()):
            outcome = _outcome(process, started + PATIENCE * trial.seconds)
            if outcome is None:
                continue
            del running[process]
            if outcome == "survived" and trial.stages:
                waiting.append(trial)
            else:
                result.add(trial.mutant, outcome, is_listed=trial.mutant.key in equivalent)
        time.sleep(0.005)
    return result


def _outcome(process: int, deadline: float) -> str | None:
    """Return the outcome of a process, or None while it runs; at its deadline it is ended."""
    ended, status = os.waitpid(process, os.WNOHANG)
    if ended:
        code = os.waitstatus_to_exitcode(status)
        if code == -signal.SIGXCPU:
            return "timed out"
        return "survived" if code == 0 else "killed"
    if time.monotonic() < deadline:
        return None
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
    return "timed out"


def _fork(work: Callable[[], int]) -> int:
    """Run a function in a process of its own, which ends with its result; return its id."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        return process
    os.setpgid(0, 0)
    status = 70
    try:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["TMPDIR"] = folder
            tempfile.tempdir = None
            status = work()
    finally:
        os._exit(status)
    raise AssertionError


if __name__ == "__main__":
    sys.exit(main())
