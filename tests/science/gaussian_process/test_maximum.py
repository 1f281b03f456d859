"""The climb to the maximum of the likelihood."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from light_curve_space import random_space

from fink_t2.science.gaussian_process.likelihood import gradient, log_likelihood
from fink_t2.science.gaussian_process.maximum import (
    AMPLITUDE_RANGE,
    LARGEST_LOG_METRIC,
    LONGEST_STEP,
    SMALLEST_LOG_METRIC,
    ascent_step,
    maximise,
)

START = np.log(0.25)
FINITE = st.floats(-1e6, 1e6)


def within_bounds(amplitude: float, metric: float) -> bool:
    return (
        abs(amplitude - START) <= AMPLITUDE_RANGE * (1 + 1e-14)
        and SMALLEST_LOG_METRIC <= metric <= LARGEST_LOG_METRIC
    )


@settings(deadline=None)
@given(
    st.floats(START - AMPLITUDE_RANGE, START + AMPLITUDE_RANGE),
    st.floats(SMALLEST_LOG_METRIC, LARGEST_LOG_METRIC),
    st.tuples(FINITE, FINITE),
    st.tuples(FINITE, FINITE, FINITE),
)
def test_every_step_is_uphill_and_within_bounds(amplitude, metric, slope, curvature):
    step0, step1, gain = ascent_step(amplitude, metric, *slope, *curvature, START)
    assert gain >= 0
    assert max(abs(step0), abs(step1)) <= LONGEST_STEP * (1 + 1e-9)
    assert within_bounds(amplitude + step0, metric + step1)


def test_step_is_newtons_where_the_likelihood_is_concave():
    curvature = np.array([[-5.0, 1.0], [1.0, -3.0]])
    slope = np.array([0.7, -0.4])
    step0, step1, gain = ascent_step(START, 4.0, *slope, -5.0, 1.0, -3.0, START)
    expected = -np.linalg.solve(curvature, slope)
    np.testing.assert_allclose([step0, step1], expected, rtol=1e-12)
    np.testing.assert_allclose(gain, slope @ expected, rtol=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_the_end_is_a_maximum(seed):
    n = int(np.random.default_rng(seed).integers(2, 40))
    _, space = random_space(n, seed)
    amplitude, metric, likelihood, converged = maximise(n, START, space)
    assert converged
    assert within_bounds(amplitude, metric)
    assert likelihood >= log_likelihood(n, START, 2 * np.log(20.0), space)
    # Around the end, inside the bounds, it is higher nowhere.
    for angle in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        near = amplitude + 0.02 * np.cos(angle), metric + 0.02 * np.sin(angle)
        if within_bounds(*near):
            assert log_likelihood(n, *near, space) <= likelihood + 1e-6


@pytest.mark.parametrize("n", [1, 3, 8, 20])
def test_the_weights_belong_to_the_end(n):
    _, space = random_space(n, seed=n)
    amplitude, metric, likelihood, _ = maximise(n, START, space)
    weights = space.weight[:n].copy()
    np.testing.assert_allclose(log_likelihood(n, amplitude, metric, space), likelihood, rtol=1e-10)
    gradient(n, space)
    np.testing.assert_allclose(weights, space.weight[:n], rtol=1e-6, atol=1e-9)
