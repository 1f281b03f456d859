"""Maximum of the likelihood in (ln a, ln M_t): Newton's method inside the bounds."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from fink_t2.science.gaussian_process.cholesky import back_substitute
from fink_t2.science.gaussian_process.lanes import WIDTH, load, store
from fink_t2.science.gaussian_process.likelihood import gradient, hessian, log_likelihood
from fink_t2.science.gaussian_process.workspace import padded

#: Published settings: ln a within 10 of its start, M_t between 1 and 1000^2 square days.
AMPLITUDE_RANGE: Final = 10.0
SMALLEST_LOG_METRIC: Final = 0.0
LARGEST_LOG_METRIC: Final = np.log(1000.0**2)
FIRST_LOG_METRIC: Final = np.log(20.0**2)

#: Longest step in either logarithm.
LONGEST_STEP: Final = 2.0
#: The search ends where the next step promises a gain in log-likelihood of this or less.
SMALLEST_GAIN: Final = 1e-7
#: A Newton step shorter and with a smaller promised gain than these is the last one: the next
#: would be of the order of its square.
LAST_STEP: Final = 0.1
LAST_GAIN: Final = 1e-4
#: After a full step that promised less than this, convergence is first tested with its Hessian,
#: because a new one costs more than a gradient.
NEAR_GAIN: Final = 1e-2
#: Size of the rounding errors of the log-likelihood.
ROUNDING: Final = 1e-8
#: Largest number of evaluations of the log-likelihood in one search.
MOST_EVALUATIONS: Final = 100
#: Smallest fraction of a step that is halved once more.
SMALLEST_FRACTION: Final = 1e-6


@numba.njit(nogil=True, error_model="numpy", forceinline=True)
def clip(value, low, high) -> Any:  # type: ignore[no-untyped-def]
    """Return `value`, or the bound that it exceeds."""
    return min(max(value, low), high)


@numba.njit(nogil=True, error_model="numpy")
def ascent_step(  # type: ignore[no-untyped-def]
    amplitude, metric, gradient0, gradient1, hessian00, hessian01, hessian11, start
) -> Any:
    """Return a Newton step within the bounds and the gain in log-likelihood that it promises.

    Where the log-likelihood is not concave, the absolute values of the Hessian's eigenvalues are
    used, so that the step leads uphill. A parameter at its bound stays there while the gradient
    points outwards.

    Parameters
    ----------
    amplitude, metric : float
        ln a and ln M_t.
    gradient0, gradient1, hessian00, hessian01, hessian11 : float
        First and second derivatives of the log-likelihood with respect to them.
    start : float
        Initial value of ln a, which is the centre of its range.

    Returns
    -------
    float, float, float
        Step in ln a, step in ln M_t, and the scalar product of gradient and step.
    """
    low0 = start - AMPLITUDE_RANGE
    high0 = start + AMPLITUDE_RANGE
    low1 = SMALLEST_LOG_METRIC
    high1 = LARGEST_LOG_METRIC
    free0 = gradient0 != 0.0 and (low0 if gradient0 < 0.0 else -high0) < (
        amplitude if gradient0 < 0.0 else -amplitude
    )
    free1 = gradient1 != 0.0 and (low1 if gradient1 < 0.0 else -high1) < (
        metric if gradient1 < 0.0 else -metric
    )
    step0 = 0.0
    step1 = 0.0
    if free0 and free1:
        middle = -0.5 * (hessian00 + hessian11)
        half = -0.5 * (hessian00 - hessian11)
        radius = np.sqrt(half * half + hessian01 * hessian01)
        floor = 1e-8 * (abs(middle) + radius) + 1e-12
        inverse_large = 1.0 / max(abs(middle + radius), floor)
        inverse_small = 1.0 / max(abs(middle - radius), floor)
        # |H|^-1 = both + along (-H - middle) / radius on the two eigenvectors.
        both = 0.5 * (inverse_large + inverse_small)
        along = 0.5 * (inverse_large - inverse_small) / radius if radius > 0.0 else 0.0
        step0 = (both + along * half) * gradient0 - along * hessian01 * gradient1
        step1 = (both - along * half) * gradient1 - along * hessian01 * gradient0
    elif free0:
        step0 = gradient0 / max(abs(hessian00), 1e-12)
    elif free1:
        step1 = gradient1 / max(abs(hessian11), 1e-12)
    longest = max(abs(step0), abs(step1))
    if longest > LONGEST_STEP:
        step0 *= LONGEST_STEP / longest
        step1 *= LONGEST_STEP / longest

    clipped0 = clip(amplitude + step0, low0, high0) - amplitude
    clipped1 = clip(metric + step1, low1, high1) - metric
    if free0 and free1:
        # A step that meets one bound continues along it. The comparisons are also true where adding
        # and subtracting the parameter has rounded a step, which costs at most an evaluation;
        # exact ones would change grids slightly and thus need a new PREPROCESSING_VERSION.
        if clipped0 != step0 and clipped1 == step1:
            along = (gradient1 + hessian01 * clipped0) / max(abs(hessian11), 1e-12)
            along = clip(along, -LONGEST_STEP, LONGEST_STEP)
            clipped1 = clip(metric + along, low1, high1) - metric
        elif clipped1 != step1 and clipped0 == step0:
            along = (gradient0 + hessian01 * clipped1) / max(abs(hessian00), 1e-12)
            along = clip(along, -LONGEST_STEP, LONGEST_STEP)
            clipped0 = clip(amplitude + along, low0, high0) - amplitude
    gain = gradient0 * clipped0 + gradient1 * clipped1
    if gain <= 0.0 and (free0 or free1):
        # Cut off at the bounds, the step leads downhill: treat each parameter separately.
        if free0:
            along = clip(gradient0 / max(abs(hessian00), 1e-12), -LONGEST_STEP, LONGEST_STEP)
            clipped0 = clip(amplitude + along, low0, high0) - amplitude
        if free1:
            along = clip(gradient1 / max(abs(hessian11), 1e-12), -LONGEST_STEP, LONGEST_STEP)
            clipped1 = clip(metric + along, low1, high1) - metric
        gain = gradient0 * clipped0 * free0 + gradient1 * clipped1 * free1
    return clipped0, clipped1, gain


@numba.njit(nogil=True, error_model="numpy", forceinline=True)
def find_weights(n, space) -> Any:  # type: ignore[no-untyped-def]
    """Write K^-1 y to ``space.weight``, from the factor that `log_likelihood` has computed."""
    rows, width = padded(n)
    for column in range(0, width, WIDTH):
        store(space.weight, column, load(space.forward, column))
    back_substitute(rows, width, space.unit, space.inverse_pivot, space.weight)


@numba.njit(nogil=True, error_model="numpy")
def maximise(n, start, space) -> Any:  # type: ignore[no-untyped-def]
    """Find the maximum of the log-likelihood from the published start.

    ``space.weight`` contains K^-1 y at the maximum afterwards.

    Parameters
    ----------
    n : int
        Number of points.
    start : float
        Initial value of ln a.
    space : Workspace
        The light curve.

    Returns
    -------
    float, float, float, bool
        ln a, ln M_t, log-likelihood, and whether the search has converged.
    """
    amplitude = start
    metric = FIRST_LOG_METRIC
    best = -np.inf
    hessian00 = 0.0
    hessian01 = 0.0
    hessian11 = 0.0
    step0 = 0.0
    step1 = 0.0
    gain = 0.0
    fraction = 1.0
    is_last = False
    for _ in range(MOST_EVALUATIONS):
        value = log_likelihood(n, amplitude + fraction * step0, metric + fraction * step1, space)
        if is_last and value > best - ROUNDING:
            find_weights(n, space)
            return amplitude + fraction * step0, metric + fraction * step1, value, True
        if not value > best + 1e-4 * fraction * gain:
            if fraction == 0.0:
                find_weights(n, space)
                return amplitude, metric, best, gain < LAST_GAIN
            # Where not even a small fraction of the step is an improvement in float64, go back.
            fraction = 0.5 * fraction if fraction > SMALLEST_FRACTION else 0.0
            is_last = False
            continue
        amplitude += fraction * step0
        metric += fraction * step1
        best = value
        is_near = fraction == 1.0 and 0.0 < gain < NEAR_GAIN

        gradient0, gradient1, bend = gradient(n, space)
        if is_near:
            # The Hessian of the last step is often sufficient to detect convergence.
            _, _, gain = ascent_step(
                amplitude, metric, gradient0, gradient1, hessian00, hessian01, hessian11, start
            )
            if gain <= SMALLEST_GAIN:
                return amplitude, metric, best, True
        hessian00, hessian01, hessian11 = hessian(n, gradient0, gradient1, bend, space)
        step0, step1, gain = ascent_step(
            amplitude, metric, gradient0, gradient1, hessian00, hessian01, hessian11, start
        )
        if gain <= SMALLEST_GAIN:
            return amplitude, metric, best, True
        fraction = 1.0
        is_last = gain < LAST_GAIN and max(abs(step0), abs(step1)) < LAST_STEP
    return amplitude, metric, best, False
