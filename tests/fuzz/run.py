"""Counted fuzzing: many hostile messages and histories from one seed, every failure printed.

This is what ``fink-t2 fuzz`` runs; its help describes the cases and the options.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from tqdm import tqdm

from fink_t2.classifier import find_model
from fink_t2.science.model_store import ModelReference
from tests.fuzz.checks import (
    check_classification,
    check_file,
    check_light_curves,
    check_message,
    check_table,
)
from tests.fuzz.hostile_files import damaged_file, likely_table, table
from tests.fuzz.messages import MAKERS
from tests.fuzz.packaged_schemas import lsst_schemas

#: Of all cases, this part are messages; the rest are histories.
MESSAGES = 0.7
#: Messages whose light curves are built, and histories that are classified, in one call.
MESSAGES_AT_A_TIME = 200
HISTORIES_AT_A_TIME = 500
#: Of the cases with files, this part are files, the rest tables in memory.
FILES = 0.4
MOST_FAILURES = 20


def run_cases(args: argparse.Namespace) -> int:
    """Run the cases that the arguments of ``fink-t2 fuzz`` ask for; return 1 if one has failed."""
    warnings.filterwarnings("error", category=RuntimeWarning)

    reference = None if args.only in ("messages", "files") else find_model(args.model)
    n_messages = {"messages": args.cases, "histories": 0, "files": 0}.get(
        args.only or "", round(MESSAGES * args.cases)
    )
    fuzz = Fuzz(args.seed, args.seconds)
    if args.case is not None:
        try:
            if args.only == "histories":
                fuzz.histories_with(reference)(args.case)
            elif args.only == "files":
                fuzz.file(args.case)
            else:
                fuzz.message(args.case)
                fuzz.light_curves(args.case)
        except Exception:
            traceback.print_exc()
            return 1
        return 0
    for case in range(200 if args.only == "files" else 0):
        fuzz.file(case)
    fuzz.message(0)  # what this loads, compiled functions included, does not count as growth
    fuzz.light_curves(0)
    if reference is not None:
        fuzz.histories_with(reference)(0)
    before = peak_megabytes()
    begin = time.monotonic()
    fuzz.counts.clear()
    with tqdm(total=args.cases, unit="case", disable=None) as bar:
        for first in range(0, n_messages, MESSAGES_AT_A_TIME):
            numbers = range(first, min(first + MESSAGES_AT_A_TIME, n_messages))
            for number in numbers:
                fuzz.guarded("messages", fuzz.message, number)
            fuzz.guarded("messages", fuzz.light_curves, first)
            bar.update(len(numbers))
        for number in range(args.cases if args.only == "files" else 0):
            fuzz.guarded("files", fuzz.file, number)
            bar.update()
        if reference is not None:
            classify = fuzz.histories_with(reference)
            for number in range(n_messages, args.cases, HISTORIES_AT_A_TIME):
                fuzz.guarded("histories", classify, number)
                bar.update(HISTORIES_AT_A_TIME)
    growth = peak_megabytes() - before
    seconds = time.monotonic() - begin
    report = {
        "cases": sum(fuzz.counts[kind] for kind in ("alerts", "reasons", "histories", "files")),
        "seed": args.seed,
        **dict(sorted(fuzz.counts.items())),
        "failures": fuzz.failures,
        "slowest_case_seconds": round(fuzz.slowest, 3),
        "growth_megabytes": round(growth),
        "seconds": round(seconds, 1),
    }
    print(json.dumps(report, indent=2))
    if args.report:
        with args.report.open("a") as stream:
            stream.write(json.dumps(report) + "\n")
    if growth > args.megabytes:
        print(f"the process has grown by {growth:.0f} MB, more than {args.megabytes}")
    return 1 if fuzz.failures or growth > args.megabytes else 0


class Fuzz:
    """Runs cases, each from a seed of its own."""

    def __init__(self, seed: int, longest_seconds: float) -> None:
        self.counts: Counter[str] = Counter()
        self.failures = 0
        self.slowest = 0.0
        self._seed = seed
        self._longest = longest_seconds
        self._schemas = lsst_schemas()
        self._makers, self._weights = list(MAKERS), list(accumulate(MAKERS.values()))
        self._folder = tempfile.TemporaryDirectory(prefix="fink_t2-fuzz-")
        self._alerts: dict[str, list[dict[str, Any]]] = {"ztf": [], "lsst": []}

    def message(self, number: int) -> None:
        """Decode one message, and keep its alerts for `light_curves`."""
        random = Random(f"{self._seed} message {number}")
        maker = random.choices(self._makers, cum_weights=self._weights)[0]
        message = maker(random)
        survey = "lsst" if self._schemas is not None and message[:1] == b"\x00" else "ztf"
        alerts = check_message(message, survey, self._schemas)
        self._alerts[survey] += alerts
        self.counts["alerts" if alerts else "reasons"] += 1
        self.counts[f"made_{maker.__name__}"] += 1

    def file(self, number: int) -> None:
        """Read one damaged file, or one table with anything in its cells."""
        random = Random(f"{self._seed} file {number}")
        survey = random.choice((None, None, "ztf", "lsst"))
        choice = random.random()
        if choice < FILES:
            had_any = check_file(Path(self._folder.name), *damaged_file(random), survey)
        else:
            make = table if choice < (1 + FILES) / 2 else likely_table
            unit = random.choice((None, "fluxcal", "nJy"))
            had_any = check_table(make(random), survey, unit)
        self.counts["files"] += 1
        self.counts["files_with_light_curves"] += had_any

    def light_curves(self, first: int) -> None:
        """Build the light curves of the messages decoded since the last call."""
        for survey, alerts in self._alerts.items():
            self._alerts[survey] = []
            check_light_curves(alerts, survey)

    def histories_with(self, reference: ModelReference | None) -> Callable[[int], None]:
        """Return the case that classifies `HISTORIES_AT_A_TIME` histories with a model."""
        assert reference is not None

        def histories(number: int) -> None:
            generator = np.random.default_rng([self._seed, number])
            self.counts["classified"] += check_classification(
                reference, generator, HISTORIES_AT_A_TIME
            )
            self.counts["histories"] += HISTORIES_AT_A_TIME

        return histories

    def guarded(self, kind: str, case: Callable[[int], None], number: int) -> None:
        """Run a case; print and count its failure."""
        begin = time.process_time()
        try:
            case(number)
        except Exception:
            self.failures += 1
            if self.failures <= MOST_FAILURES:
                print(f"--only {kind} --seed {self._seed} --case {number} fails:", flush=True)
                traceback.print_exc(limit=-6, file=sys.stdout)
        seconds = time.process_time() - begin
        self.slowest = max(self.slowest, seconds)
        if seconds > self._longest:
            self.failures += 1
            print(f"--only {kind} --seed {self._seed} --case {number} took {seconds:.1f} s")


def peak_megabytes() -> float:
    """Return the largest resident size that the process has had."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 1024 if sys.platform != "darwin" else kilobytes / 1024**2
