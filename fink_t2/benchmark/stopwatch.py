"""Durations of stages, collected block by block."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


class Stopwatch:
    """Time per alert of named stages, one sample for each block of alerts.

    The samples of all stages are in the order of the blocks, so that two stages can be compared
    block by block, at the same speed of the machine. The processor time of this process and its
    threads is measured: on an idle machine it equals the elapsed time, on a busy one it excludes
    the time of other processes.
    """

    def __init__(self) -> None:
        self.samples: dict[str, list[float]] = {}

    @contextmanager
    def measure(self, stage: str, n_alerts: int) -> Iterator[None]:
        """Time the body of a ``with`` as one block of `n_alerts` of `stage`."""
        begin = time.process_time()
        yield
        elapsed = time.process_time() - begin
        self.samples.setdefault(stage, []).append(elapsed / n_alerts)

    def summary(self, stage: str) -> dict[str, Any]:
        """Return median and 90 % microseconds per alert, and alerts per second, of a stage."""
        times = np.asarray(self.samples[stage]) * 1e6
        median, high = np.percentile(times, [50, 90])
        return {
            "median_us": float(median),
            "p90_us": float(high),
            "alerts_per_second": float(1e6 / median),
            "blocks": len(times),
        }

    def ratio(self, slow: str, fast: str) -> dict[str, float]:
        """Return how many times faster `fast` is than `slow`: median over blocks, 10 %, 90 %."""
        ratios = np.asarray(self.samples[slow]) / np.asarray(self.samples[fast])
        low, median, high = np.percentile(ratios, [10, 50, 90])
        return {"median": float(median), "p10": float(low), "p90": float(high)}
