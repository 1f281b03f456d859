"""Simulated light curves without an event, which no model may classify as a transient."""

from __future__ import annotations

import numpy as np

from fink_t2.science.light_curves import LightCurves, from_fluxes
from fink_t2.science.passbands import PassbandSet

#: Types of light curves without an event, as `eventless_light_curves` describes them.
EVENTLESS_TYPES = ("flat", "noise", "outlier")


def eventless_light_curves(
    curve_type: str, n: int, passbands: PassbandSet, seed: int = 0, span_days: float = 30.0
) -> LightCurves:
    """Simulate light curves without an event.

    Parameters
    ----------
    curve_type : {"flat", "noise", "outlier"}
        "flat": a source of constant difference flux, measured with a signal-to-noise ratio of
        10 to 50; "noise": no source, only noise around zero as in forced photometry;
        "outlier": a flat light curve with one point that is 5 to 20 times as bright.
    n : int
        Number of light curves.
    passbands : PassbandSet
        Passbands of the survey; successive points alternate among them.
    seed : int
        Seed of the random numbers.
    span_days : float
        Approximate time from the first to the last point in days.

    Returns
    -------
    LightCurves
        Light curves of 6 to 20 points (at least two in each passband); fluxes in FLUXCAL.

    Raises
    ------
    ValueError
        If the type is not known.
    """
    if curve_type not in EVENTLESS_TYPES:
        raise ValueError(
            f"curve_type must be one of {', '.join(EVENTLESS_TYPES)}, not {curve_type!r}"
        )
    generator = np.random.default_rng([seed, EVENTLESS_TYPES.index(curve_type), len(passbands)])
    counts = generator.integers(max(6, 2 * len(passbands)), 21, n)
    starts = np.concatenate(([0], np.cumsum(counts)))
    owner = np.repeat(np.arange(n), counts)
    position = np.arange(starts[-1]) - starts[owner]
    time = (
        59000.0 + span_days * (position + generator.uniform(-0.3, 0.3, len(owner))) / counts[owner]
    )
    # From 3e2 to 1e4 FLUXCAL, which is from magnitude 21.3 to 17.5.
    level = 10.0 ** generator.uniform(2.5, 4.0, n)
    error = level / generator.uniform(10.0, 50.0, n)
    flux = generator.normal(0.0, 1.0, len(owner)) * error[owner]
    if curve_type != "noise":
        flux += level[owner]
    if curve_type == "outlier":
        outlier = starts[:-1] + (generator.random(n) * counts).astype(np.int64)
        flux[outlier] *= generator.uniform(5.0, 20.0, n)
    return from_fluxes(
        passbands, starts, time, position % len(passbands), flux, error[owner].astype(np.float64)
    )
