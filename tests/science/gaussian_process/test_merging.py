"""Merging of points, one by one: costs, order, and the factors of the likelihood."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fink_t2.science.gaussian_process.binning import (
    MOST_FITTED,
    MOST_POINTS,
    cost_of_cheapest,
    shorten,
)
from fink_t2.science.gaussian_process.points import Points


def shortened(most, time, flux, variance, passband, n_bands=2):
    points = Points(
        np.array(time, dtype=float),
        np.array(flux, dtype=float),
        np.array(variance, dtype=float),
        np.array(passband, dtype=np.int64),
    )
    n = len(points.time)
    previous, cost = np.full(n_bands, 77), np.full(n + 1, np.nan)
    left, log_factor = shorten(n, most, points, previous, cost)
    return [values[:left] for values in points], log_factor


def log_normal(difference, variance):
    return -0.5 * (difference**2 / variance + np.log(2 * np.pi * variance))


def test_limits_that_docs_name():
    assert (MOST_FITTED, MOST_POINTS) == (160, 384)


@pytest.mark.parametrize(
    ("costs", "wanted", "expected"),
    [
        # Bisection of the fourth roots: of 2 and 1, of which the latter holds one point.
        ([1.0, 16.0], 1, 1.0),
        # Roots 1, 2, 3, 4: 2 holds two points.
        ([81.0, 16.0, 256.0, 1.0], 2, 16.0),
        # 2 holds two, less than half of five; 3 holds three.
        ([81.0, 16.0, 256.0, 1.0], 5, 81.0),
        # One is half of two.
        ([0.5, 16.0, 16.0], 2, 1.0),
        # Infinite costs are those of a passband's first point.
        ([np.inf, 1.0, np.inf, 16.0], 1, 1.0),
        ([0.0, 0.0], 2, 0.0),
    ],
)
def test_cost_up_to_which_points_are_merged(costs, wanted, expected):
    assert cost_of_cheapest(len(costs), np.array(costs), wanted) == expected


def test_points_beyond_the_number_are_not_looked_at():
    assert cost_of_cheapest(2, np.array([1.0, 16.0, 1e9, 0.1]), 1) == 1.0


def test_where_equal_costs_cannot_be_told_apart_all_are_cheap():
    costs = np.array([5.0, 5.0, 5.0, 700.0])
    limit = cost_of_cheapest(4, costs, 1)
    assert 5.0 <= limit < 5.0 * (1 + 1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_at_least_half_and_no_more_than_wanted_are_cheap(seed):
    generator = np.random.default_rng(seed)
    costs = 10.0 ** generator.uniform(-12, 12, 200)
    for wanted in (1, 7, 60, 200):
        n_cheap = (costs <= cost_of_cheapest(200, costs, wanted)).sum()
        assert wanted / 2 <= n_cheap <= wanted


def test_the_two_points_nearest_in_time_are_merged():
    (time, flux, variance, passband), log_factor = shortened(
        3, [0.0, 1.0, 3.0, 3.5], [2.0, 2.0, 2.0, 2.0], [0.1, 0.1, 0.3, 0.1], [1, 1, 1, 1]
    )
    # The weights of the last two are 1 / 0.3 and 1 / 0.1.
    assert_allclose(time, [0.0, 1.0, 3.0 + 0.75 * 0.5])
    assert_allclose(flux, 2.0)
    assert_allclose(variance, [0.1, 0.1, 0.3 * 0.1 / 0.4])
    assert_array_equal(passband, [1, 1, 1])
    assert_allclose(log_factor, log_normal(0.0, 0.4))


def test_points_that_differ_in_flux_cost_more_than_distant_ones():
    # 1 + 0.4^2 / 0.02 = 9 against 2^2 * 1 = 4.
    (time, flux, variance, _), log_factor = shortened(
        3, [0.0, 1.0, 9.0, 11.0], [1.0, 1.4, 5.0, 5.0], [0.01, 0.01, 0.02, 0.02], [0, 0, 0, 0]
    )
    assert_allclose(time, [0.0, 1.0, 10.0])
    assert_allclose(flux, [1.0, 1.4, 5.0])
    assert_allclose(variance, [0.01, 0.01, 0.01])
    assert_allclose(log_factor, log_normal(0.0, 0.04))


def test_unequal_fluxes_become_their_weighted_mean():
    (time, flux, variance, _), log_factor = shortened(1, [2.0, 4.0], [1.0, 2.0], [0.1, 0.3], [0, 0])
    assert_allclose(time, [2.5])
    assert_allclose(flux, [1.25])
    assert_allclose(variance, [0.075])
    assert_allclose(log_factor, log_normal(1.0, 0.4))


def test_points_of_different_passbands_are_not_merged():
    (time, _, _, passband), _ = shortened(
        3, [0.0, 0.1, 1.0, 1.3], [1.0] * 4, [0.1] * 4, [0, 1, 0, 1]
    )
    # The points of passband 0 are one day apart, those of passband 1 are 1.2: 0 is merged.
    assert_array_equal(passband, [0, 1, 1])
    assert_allclose(time, [0.5, 0.1, 1.3])


def test_nothing_is_merged_where_points_are_few_enough():
    columns = [0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [0.1, 0.2, 0.3], [0, 1, 0]
    found, log_factor = shortened(3, *columns)
    for values, expected in zip(found, columns, strict=True):
        assert_array_equal(values, expected)
    assert log_factor == 0.0


def merge_slowly(most, time, flux, variance, passband):
    """Do the same with lists and no work arrays."""
    points = [list(point) for point in zip(time, flux, variance, passband, strict=True)]
    log_factor = 0.0
    while len(points) > most:
        costs = []
        for position, (t, f, v, band) in enumerate(points):
            earlier = [other for other in points[:position] if other[3] == band]
            if earlier:
                t0, f0, v0, _ = earlier[-1]
                costs.append((t - t0) ** 2 * (1 + (f - f0) ** 2 / (v + v0)))
            else:
                costs.append(np.inf)
        excess = len(points) - most
        limit = cost_of_cheapest(len(points), np.array(costs), int(np.ceil(0.5 * excess)))
        kept, open_points, n_merged = [], {}, 0
        for point, cost in zip(points, costs, strict=True):
            t, f, v, band = point
            other = open_points.get(band)
            if cost <= limit and other is not None and n_merged < excess:
                t0, f0, v0, _ = other
                log_factor += log_normal(f - f0, v + v0)
                other[:3] = (
                    (t0 * v + t * v0) / (v + v0),
                    (f0 * v + f * v0) / (v + v0),
                    v * v0 / (v + v0),
                )
                open_points[band] = None
                n_merged += 1
            else:
                kept.append(point)
                open_points[band] = point
        points = kept
    return [np.array(column) for column in zip(*points, strict=True)], log_factor


@pytest.mark.parametrize("seed", range(6))
def test_many_points_are_merged_pass_by_pass(seed):
    generator = np.random.default_rng(seed)
    n = 40
    columns = (
        np.sort(generator.uniform(0, 20, n)),
        generator.normal(1.0, 0.3, n),
        generator.uniform(0.01, 0.1, n),
        generator.integers(0, 2, n),
    )
    for most in (35, 20, 3):
        expected, expected_factor = merge_slowly(most, *columns)
        found, log_factor = shortened(most, *columns)
        for values, slow in zip(found, expected, strict=True):
            assert_allclose(values, slow, rtol=1e-10)
        assert_allclose(log_factor, expected_factor, rtol=1e-10)


def test_points_of_one_time_and_flux_are_merged_in_pairs():
    # All costs are zero; each pass merges half of the excess or, of equal costs, all of it.
    found, log_factor = shortened(3, [1.0] * 8, [2.0] * 8, [0.8] * 8, [0] * 8)
    assert len(found[0]) == 3
    assert_allclose(found[0], 1.0)
    assert_allclose(found[1], 2.0)
    assert_allclose(np.sum(1 / found[2]), 10.0)
    assert log_factor < 0
