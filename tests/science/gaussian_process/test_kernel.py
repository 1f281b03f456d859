"""The compiled kernel, its exponential and its derivatives."""

import kernel_oracle
import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fink_t2.science.gaussian_process.kernel import (
    correlation,
    correlation_and_slope,
    covariance,
    decay,
    scaled_wavelength,
)
from fink_t2.science.gaussian_process.lanes import WIDTH, load, store


@numba.njit
def decay_of_array(values, result):
    for place in range(0, values.size, WIDTH):
        store(result, place, decay(load(values, place)))


def test_decay_is_exact_to_rounding():
    s = np.linspace(0.0, 199.9, 1000 * WIDTH)
    result = np.empty_like(s)
    decay_of_array(s, result)
    assert_allclose(result, np.exp(-s), rtol=4e-16)


def test_decay_vanishes_far_away():
    s = np.resize([200.0, 1e3, 1e13, 1e300, np.inf], WIDTH)
    result = np.empty_like(s)
    decay_of_array(s, result)
    assert_array_equal(result, 0.0)


@numba.njit
def radial_functions(s, alone, f, g, p):
    for start in range(0, s.size, WIDTH):
        store(alone, start, correlation(load(s, start)))
        lanes = correlation_and_slope(load(s, start))
        store(f, start, lanes[0])
        store(g, start, lanes[1])
        store(p, start, lanes[2])


def test_radial_functions_belong_to_one_correlation():
    s = np.linspace(0.05, 20.0, 100 * WIDTH)
    alone, f, g, p = (np.empty_like(s) for _ in range(4))
    radial_functions(s, alone, f, g, p)
    assert_array_equal(alone, f)
    assert_allclose(f, kernel_oracle.correlation(s), rtol=1e-14)
    step = s[1] - s[0]
    inside = slice(1, -1)
    assert_allclose(g[inside], -np.gradient(f, step)[inside] / s[inside], rtol=1e-2)
    assert_allclose(p[inside], -(s * g / np.gradient(g, step))[inside], rtol=1e-2)


def test_wavelengths_are_scaled_by_the_published_length():
    factor = kernel_oracle.SQUARED_DISTANCE_FACTOR
    assert scaled_wavelength(6000.0) == pytest.approx(np.sqrt(factor))


def upper_blocks(matrix: np.ndarray, n: int, width: int) -> np.ndarray:
    return np.triu(matrix.reshape(-1, width)[:n, :n])


def covariance_matrices(time, colour, variance, amplitude, metric):
    n = len(time)
    rows = (n + 3) // 4 * 4
    width = (n + WIDTH - 1) // WIDTH * WIDTH
    padding = 1e12 * (1.0 + np.arange(width - n))
    matrices = [np.zeros(rows * width) for _ in range(3)]
    covariance(
        rows,
        width,
        np.append(time, padding),
        np.append(colour, np.zeros(width - n)),
        np.append(variance, np.zeros(width - n)),
        amplitude,
        1.0 / metric,
        *matrices,
    )
    return [upper_blocks(matrix, n, width) for matrix in matrices]


@pytest.mark.parametrize("n", [1, 5, 8, 21])
def test_covariance_is_that_of_the_oracle(n):
    generator = np.random.default_rng(n)
    time = generator.uniform(0, 40, n)
    wavelength = generator.choice([3670.69, 6223.24, 9710.28], n)
    variance = generator.uniform(0.1, 1, n)
    expected = kernel_oracle.covariance(time, wavelength, 2.5, 77.0) + np.diag(variance)
    colour = np.array([scaled_wavelength(value) for value in wavelength])
    value, _, _ = covariance_matrices(time, colour, variance, 2.5, 77.0)
    assert_allclose(value, np.triu(expected), rtol=1e-13)


def test_derivatives_in_the_time_scale():
    generator = np.random.default_rng(3)
    time = generator.uniform(0, 40, 12)
    time[5] = time[4]  # equal times, equal and different passbands
    colour = generator.choice([1.0, 2.0], 12)
    step = 1e-4

    def at(shift):
        return covariance_matrices(time, colour, np.zeros(12), 2.5, 77.0 * np.exp(shift))

    value, first, second = at(0.0)
    before, after = at(-step)[0], at(step)[0]
    assert_allclose(first, (after - before) / (2 * step), atol=1e-7)
    assert_allclose(second, (after - 2 * value + before) / step**2, atol=1e-6)
