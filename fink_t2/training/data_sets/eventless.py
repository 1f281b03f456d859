"""Light curves in which nothing happens: what no model may call a transient."""

from __future__ import annotations

import numpy as np

from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.passbands import PassbandSet

KINDS = ("flat", "noise", "outlier")


def eventless_light_curves(
    kind: str, n: int, passbands: PassbandSet, seed: int = 0, span_days: float = 30.0
) -> LightCurves:
    """Make light curves without an event.

    Parameters
    ----------
    kind : {"flat", "noise", "outlier"}
        "flat": a source of constant difference flux, measured at a signal-to-noise ratio of
        10 to 50; "noise": no source at all, only noise around zero, as forced photometry
        gives it; "outlier": a flat curve with one point 5 to 20 times as bright.
    n : int
        Number of light curves.
    passbands : PassbandSet
        The survey's passbands; points alternate among them.
    seed : int
        Seed.
    span_days : float
        Days from first to last point.

    Returns
    -------
    LightCurves
        6 to 20 points each, in every passband.

    Raises
    ------
    ValueError
        If the kind is not known.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, not {kind!r}")
    generator = np.random.default_rng([seed, KINDS.index(kind), len(passbands)])
    counts = generator.integers(max(6, 2 * len(passbands)), 21, n)
    starts = np.concatenate(([0], np.cumsum(counts)))
    owner = np.repeat(np.arange(n), counts)
    place = np.arange(starts[-1]) - starts[owner]
    time = 59000.0 + span_days * (place + generator.uniform(-0.3, 0.3, len(owner))) / counts[owner]
    # Of 3e2 to 1e4 FLUXCAL: magnitudes 21.3 to 17.5.
    level = 10.0 ** generator.uniform(2.5, 4.0, n)
    error = level / generator.uniform(10.0, 50.0, n)
    flux = generator.normal(0.0, 1.0, len(owner)) * error[owner]
    if kind != "noise":
        flux += level[owner]
    if kind == "outlier":
        at = starts[:-1] + (generator.random(n) * counts).astype(np.int64)
        flux[at] *= generator.uniform(5.0, 20.0, n)
    return from_fluxes(
        passbands, starts, time, place % len(passbands), flux, error[owner].astype(np.float64)
    )
