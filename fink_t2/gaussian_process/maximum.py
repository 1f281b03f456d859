"""Maximum of the likelihood in (ln a, ln M_t): Newton's method inside the bounds."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from fink_t2.gaussian_process.likelihood import evaluate

#: Published settings: ln a within 10 of its start, M_t between 1 and 1000^2 square days.
AMPLITUDE_RANGE: Final = 10.0
LARGEST_LOG_METRIC: Final = np.log(1000.0**2)
FIRST_LOG_METRIC: Final = np.log(20.0**2)

#: Longest step in either logarithm, and the gain in log-likelihood below which the
#: last step is not worth another evaluation.
LONGEST_STEP: Final = 2.0
SMALLEST_GAIN: Final = 1e-7
MOST_EVALUATIONS: Final = 60


@numba.njit(nogil=True, error_model="numpy")
def ascent_step(theta0, theta1, derivatives, low0, high0, low1, high1) -> Any:  # type: ignore[no-untyped-def]
    """Newton step within the bounds and the gain in log-likelihood it promises.

    Where the log-likelihood is not concave the Hessian's eigenvalues are taken by their
    absolute value, which makes the step an ascent.
    """
    g0 = derivatives[0]
    g1 = derivatives[1]
    a = -derivatives[2]
    b = -derivatives[3]
    c = -derivatives[4]
    free0 = not ((theta0 <= low0 and g0 <= 0.0) or (theta0 >= high0 and g0 >= 0.0)) and g0 != 0.0
    free1 = not ((theta1 <= low1 and g1 <= 0.0) or (theta1 >= high1 and g1 >= 0.0)) and g1 != 0.0

    step0 = 0.0
    step1 = 0.0
    if free0 and free1:
        half = 0.5 * (a - c)
        radius = np.sqrt(half * half + b * b)
        mean = 0.5 * (a + c)
        large = mean + radius
        small = mean - radius
        floor = 1e-8 * max(abs(large), abs(small)) + 1e-12
        inverse_large = 1.0 / max(abs(large), floor)
        inverse_small = 1.0 / max(abs(small), floor)
        # |H|^-1 = p I + q H with the two values above on the two eigenvectors.
        if radius > 0.0:
            q = (inverse_large - inverse_small) / (large - small)
            p = inverse_large - q * large
        else:
            q = 0.0
            p = inverse_large
        step0 = p * g0 + q * (a * g0 + b * g1)
        step1 = p * g1 + q * (b * g0 + c * g1)
    elif free0:
        step0 = g0 / max(abs(a), 1e-12)
    elif free1:
        step1 = g1 / max(abs(c), 1e-12)
    longest = max(abs(step0), abs(step1))
    if longest > LONGEST_STEP:
        step0 *= LONGEST_STEP / longest
        step1 *= LONGEST_STEP / longest
    new0 = min(max(theta0 + step0, low0), high0)
    new1 = min(max(theta1 + step1, low1), high1)
    # A step that meets one bound is best continued along it.
    if free0 and free1 and (new0 != theta0 + step0) != (new1 != theta1 + step1):
        if new0 != theta0 + step0:
            along = (g1 - b * (new0 - theta0)) / max(abs(c), 1e-12)
            along = min(max(along, -LONGEST_STEP), LONGEST_STEP)
            new1 = min(max(theta1 + along, low1), high1)
        else:
            along = (g0 - b * (new1 - theta1)) / max(abs(a), 1e-12)
            along = min(max(along, -LONGEST_STEP), LONGEST_STEP)
            new0 = min(max(theta0 + along, low0), high0)
    step0 = new0 - theta0
    step1 = new1 - theta1
    gain = g0 * step0 + g1 * step1
    return step0, step1, gain


@numba.njit(nogil=True, error_model="numpy")
def maximise(n, flux, variance, squared_lag, squared_colour, start0, work) -> Any:  # type: ignore[no-untyped-def]
    """Climb from the published start. Return ln a, ln M_t, log-likelihood, converged, evaluations."""
    low0 = start0 - AMPLITUDE_RANGE
    high0 = start0 + AMPLITUDE_RANGE
    theta0 = start0
    theta1 = FIRST_LOG_METRIC
    derivatives = np.zeros(5)
    trial = np.zeros(5)
    best = evaluate(
        n, flux, variance, squared_lag, squared_colour, theta0, theta1, work, derivatives
    )
    evaluations = 1
    if not np.isfinite(best):
        return theta0, theta1, 0.0, False, evaluations
    while evaluations < MOST_EVALUATIONS:
        step0, step1, gain = ascent_step(
            theta0, theta1, derivatives, low0, high0, 0.0, LARGEST_LOG_METRIC
        )
        if not gain > SMALLEST_GAIN:
            return theta0 + step0, theta1 + step1, best, True, evaluations
        shrink = 1.0
        while evaluations < MOST_EVALUATIONS:
            found = evaluate(
                n,
                flux,
                variance,
                squared_lag,
                squared_colour,
                theta0 + shrink * step0,
                theta1 + shrink * step1,
                work,
                trial,
            )
            evaluations += 1
            if found > best + 1e-4 * shrink * gain:
                break
            shrink *= 0.5
            if shrink < 1e-6:
                return theta0, theta1, best, False, evaluations
        else:
            break
        theta0 += shrink * step0
        theta1 += shrink * step1
        best = found
        derivatives, trial = trial, derivatives
    return theta0, theta1, best, False, evaluations
