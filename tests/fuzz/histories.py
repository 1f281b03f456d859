"""Hostile histories: what a decoded alert can hold and no telescope measures."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pandas as pd

TIMES = (2460000.5, 2460000.5, 2460001.5, 2460002.5, 2460030.5, 0.0, -1e308, 1e308, 2.4e6)
NUMBERS = (18.5, 18.5, 17.0, 0.1, 0.1, 0.0, -0.0, -1.0, -99.0, 99.0, 1e308, -1e308, 5e-324, 1e-30)
NOT_NUMBERS = (np.nan, np.inf, -np.inf)
FILTERS = (1, 2, 1, 2, 1, 2, 3, 0, -1, 127, 128, -(1 << 31), (1 << 31) - 1)
ROIDS = (0, 3, -1, None, np.nan, 1 << 31)
TYPES = ("Unknown", "", "QSO", None, np.nan, "\x00", "../etc", "é" * 300)
#: A history of this length is met once in so many.
LONG_HISTORY, ONE_IN = 100_000, 5000


def _floats(random: Random, pool: tuple[float, ...], number: int, hostile: float) -> np.ndarray:
    values = []
    for _ in range(number):
        chosen = random.random()
        if chosen < hostile / 3:
            values.append(random.choice(NOT_NUMBERS))
        elif chosen < hostile:
            values.append(random.choice(pool))
        else:
            values.append(random.choice(pool[:2]) + random.random())
    return np.array(values)


def hostile_history(random: Random) -> dict[str, Any]:
    """Return the arguments of one alert for `fink_t2.processor.classify_ztf_alerts`."""
    hostile = random.choice((0.0, 0.0, 0.1, 0.5, 1.0))
    if random.randrange(ONE_IN) == 0:
        generator = np.random.default_rng(random.randrange(1 << 32))
        number = LONG_HISTORY
        times = 2460000.5 + generator.choice((0.0, 1.0, 30.0)) * generator.random(number)
        found = {
            "jd": times,
            "magpsf": generator.normal(18.5, 1.0, number),
            "sigmapsf": generator.uniform(0.0, 0.3, number),
            "fid": generator.integers(1, 3, number).astype(np.int32),
        }
    else:
        number = random.choice((0, 1, 2, 3, 5, 10, 40))
        found = {
            "jd": _floats(random, TIMES, number, hostile) + 3 * random.random() * (hostile < 1),
            "magpsf": _floats(random, NUMBERS, number, hostile),
            "sigmapsf": _floats(random, (0.1, 0.05, *NUMBERS), number, hostile) / 5,
            "fid": np.array([random.choice(FILTERS) for _ in range(number)], dtype=np.int64),
        }
        if number and random.random() < 0.3:  # the same points again, in another order
            order = [random.randrange(number) for _ in range(2 * number)]
            found = {name: values[order] for name, values in found.items()}
    signs = np.array([random.random() < 0.8 for _ in range(len(found["jd"]))], dtype=bool)
    history: dict[str, Any] = {
        **found,
        "isdiffpos": signs,
        "roid": random.choice(ROIDS) if random.random() < 0.1 else 0,
        "cdsxmatch": random.choice(TYPES) if random.random() < 0.1 else "Unknown",
        "jdstarthist": random.choice((2460000.5,) * 9 + (*TIMES, *NOT_NUMBERS, None)),
    }
    broken = random.random()
    if broken < 0.02:  # arrays of different lengths
        history["magpsf"] = history["magpsf"][:-1]
    elif broken < 0.04:
        history[random.choice(("jd", "fid", "magpsf"))] = None
    return history


def as_columns(histories: list[dict[str, Any]]) -> dict[str, pd.Series]:
    """Return histories as the columns that a Python worker of the stream gets."""
    names = ("jd", "fid", "magpsf", "sigmapsf", "isdiffpos", "cdsxmatch")
    columns = {name: pd.Series([h[name] for h in histories], dtype=object) for name in names}
    for name in ("roid", "jdstarthist"):
        columns[name] = pd.Series([h[name] for h in histories], dtype="float64")
    return columns
