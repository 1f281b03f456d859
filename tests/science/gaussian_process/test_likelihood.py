"""Likelihood, gradient and Hessian, of curves of every padding."""

import numpy as np
import pytest
from light_curve_space import dense_covariance, random_space
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

from fink_t2.science.gaussian_process.likelihood import gradient, hessian, log_likelihood
from fink_t2.science.gaussian_process.maximum import find_weights

LENGTHS = [*range(1, 19), 31, 32, 33, 100, 159, 160]
PLACE = (-1.3, 4.7)


@pytest.mark.parametrize("n", LENGTHS)
def test_log_likelihood_is_the_normal_density(n):
    points, space = random_space(n, seed=n)
    normal = multivariate_normal(np.zeros(n), dense_covariance(points, *PLACE))
    assert_allclose(log_likelihood(n, *PLACE, space), normal.logpdf(points.flux), rtol=1e-9)


@pytest.mark.parametrize("n", LENGTHS)
def test_weights_solve_the_system(n):
    points, space = random_space(n, seed=n)
    expected = np.linalg.solve(dense_covariance(points, *PLACE), points.flux)
    log_likelihood(n, *PLACE, space)
    find_weights(n, space)
    assert_allclose(space.weight[:n], expected, rtol=1e-8, atol=1e-10)
    gradient(n, space)
    assert_allclose(space.weight[:n], expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("n", LENGTHS)
def test_gradient_and_hessian_against_finite_differences(n):
    _, space = random_space(n, seed=n)

    def slope(log_amplitude, log_metric):
        log_likelihood(n, log_amplitude, log_metric, space)
        return gradient(n, space)

    def difference(function, step):
        steps = step * np.eye(2)
        place = np.array(PLACE)
        return [(function(*place + s) - function(*place - s)) / (2 * step) for s in steps]

    expected = difference(lambda *at: log_likelihood(n, *at, space), 1e-5)
    curvature = difference(lambda *at: np.array(slope(*at)[:2]), 1e-5)
    found = slope(*PLACE)
    assert_allclose(found[:2], expected, rtol=1e-5, atol=1e-6)
    amplitude_twice, mixed, metric_twice = hessian(n, *found, space)
    assert_allclose(
        [[amplitude_twice, mixed], [mixed, metric_twice]], curvature, rtol=1e-5, atol=1e-6
    )


def test_a_matrix_that_is_not_positive_definite_has_no_likelihood():
    points, space = random_space(6, seed=0)
    space.variance[:6] = -2.0 * np.exp(PLACE[0])
    assert np.isnan(log_likelihood(len(points.time), *PLACE, space))


def test_reused_memory_does_not_matter():
    _, fresh = random_space(9, seed=1)
    _, used = random_space(9, seed=1)
    for matrix in (used.matrix, used.unit, used.product, used.first, used.second, used.block):
        matrix[:] = np.nan
    results = []
    for space in (fresh, used):
        value = log_likelihood(9, *PLACE, space)
        slope = gradient(9, space)
        results.append((value, *slope, *hessian(9, *slope, space)))
    assert results[0] == results[1]
