"""Hostile histories: what a decoded alert can hold and no telescope measures."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

TIMES = (2460000.5, 2460000.5, 2460001.5, 2460002.5, 2460030.5, 0.0, -1e308, 1e308, 2.4e6)
NUMBERS = (18.5, 18.5, 17.0, 0.1, 0.1, 0.0, -0.0, -1.0, -99.0, 99.0, 1e308, -1e308, 5e-324, 1e-30)
ERRORS = (0.1, 0.05, *NUMBERS)
NOT_NUMBERS = (np.nan, np.inf, -np.inf)
FILTERS = (1, 2, 1, 2, 1, 2, 3, 0, -1, 127, 128, -(1 << 31), (1 << 31) - 1)
ROIDS = (0, 3, -1, np.nan, 1 << 31)
TYPES = ("Unknown", "", "QSO", None, np.nan, "\x00", "../etc", "é" * 300)
FIRST_TIMES = (2460000.5,) * 9 + (*TIMES, *NOT_NUMBERS)
#: A history of this length is met once in so many.
LONG_HISTORY, ONE_IN = 100_000, 5000

Points = dict[str, npt.NDArray[Any]]


def hostile_histories(generator: np.random.Generator, number: int) -> dict[str, pd.Series]:
    """Return the columns of so many alerts for `fink_t2.processor.classify_ztf_alerts`."""
    hostile = generator.choice((0.0, 0.0, 0.1, 0.5, 1.0), number)
    lengths = generator.choice((0, 1, 2, 3, 5, 10, 40), number)
    of_point = np.repeat(hostile, lengths)
    shift = np.where(hostile < 1, 3 * generator.random(number), 0.0)
    points: Points = {
        "jd": _floats(generator, TIMES, of_point) + np.repeat(shift, lengths),
        "magpsf": _floats(generator, NUMBERS, of_point),
        "sigmapsf": _floats(generator, ERRORS, of_point) / 5,
        "fid": generator.choice(FILTERS, len(of_point)),
        "isdiffpos": generator.random(len(of_point)) < 0.8,
    }
    ends = np.cumsum(lengths)
    histories = []
    for begin, end in zip(ends - lengths, ends, strict=True):
        history = {name: values[begin:end] for name, values in points.items()}
        histories.append(_changed(generator, history))
    columns = {
        name: pd.Series([history[name] for history in histories], dtype=object) for name in points
    }
    columns["roid"] = pd.Series(_rarely(generator, ROIDS, 0.0, number))
    columns["jdstarthist"] = pd.Series(generator.choice(FIRST_TIMES, number))
    types = _rarely(generator, np.array(TYPES, dtype=object), "Unknown", number)
    columns["cdsxmatch"] = pd.Series(types, dtype=object)
    return columns


def _floats(
    generator: np.random.Generator, pool: tuple[float, ...], hostile: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return usual numbers, and at each point with its probability ones that are not."""
    count = len(hostile)
    usual = generator.choice(pool[:2], count) + generator.random(count)
    chosen = generator.random(count)
    unusual = np.where(
        chosen < hostile / 3, generator.choice(NOT_NUMBERS, count), generator.choice(pool, count)
    )
    return np.where(chosen < hostile, unusual, usual)


def _rarely(generator: np.random.Generator, pool: Any, usual: Any, count: int) -> Any:
    return np.where(generator.random(count) < 0.1, generator.choice(pool, count), usual)


def _changed(generator: np.random.Generator, history: Points) -> dict[str, Any]:
    """Return a history as it is, very long, out of order, ragged or without an array."""
    if generator.integers(ONE_IN) == 0:
        return _long_history(generator)
    count = len(history["jd"])
    if count and generator.random() < 0.3:  # the same points again, in another order
        order = generator.integers(0, count, 2 * count)
        history = {name: values[order] for name, values in history.items()}
    broken = generator.random()
    if broken < 0.02:
        return {**history, "magpsf": history["magpsf"][:-1]}
    if broken < 0.04:
        return {**history, ("jd", "fid", "magpsf")[generator.integers(3)]: None}
    return history


def _long_history(generator: np.random.Generator) -> Points:
    count = LONG_HISTORY
    return {
        "jd": 2460000.5 + generator.choice((0.0, 1.0, 30.0)) * generator.random(count),
        "magpsf": generator.normal(18.5, 1.0, count),
        "sigmapsf": generator.uniform(0.0, 0.3, count),
        "fid": generator.integers(1, 3, count),
        "isdiffpos": generator.random(count) < 0.8,
    }
