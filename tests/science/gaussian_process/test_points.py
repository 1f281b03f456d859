"""From measurements to the points of a fit: what is left out, the scale, and the limits."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fink_t2.science.gaussian_process.points import (
    SMALLEST_VARIANCE,
    allocate_points,
    copy,
    measurements,
)


def taken(time, flux, error, passband=None, n_bands=2, begin=0, end=None):
    n = len(time)
    passband = np.zeros(n, np.int8) if passband is None else np.array(passband, np.int8)
    points = allocate_points(n)
    arrays = (np.array(values, dtype=float) for values in (time, flux, error))
    kept, scale = measurements(begin, n if end is None else end, *arrays, passband, n_bands, points)
    return tuple(values[:kept] for values in points), scale


def test_times_count_from_the_first_point_and_fluxes_are_divided_by_the_scale():
    (time, flux, variance, passband), scale = taken(
        [59003.0, 59004.0, 59008.0], [10.0, 40.0, -20.0], [4.0, 4.0, 8.0], [1, 0, 1]
    )
    assert scale == 40.0
    assert_allclose(time, [0.0, 1.0, 5.0])
    assert_allclose(flux, [0.25, 1.0, -0.5])
    assert_allclose(variance, np.array([0.01, 0.01, 0.04]) + 1e-10, rtol=1e-12)
    assert_array_equal(passband, [1, 0, 1])


def test_times_count_from_the_smallest_where_they_are_not_sorted():
    (time, _, _, _), _ = taken([5.0, 3.0, 4.0], [1.0, 1.0, 1.0], [0.1, 0.1, 0.1])
    assert_allclose(time, [2.0, 0.0, 1.0])


def test_only_the_points_of_the_curve_are_taken():
    (time, flux, _, _), _ = taken(
        [1.0, 2.0, 3.0, 4.0], [9.0, 2.0, 2.0, 9.0], [0.1] * 4, begin=1, end=3
    )
    assert_allclose(time, [0.0, 1.0])
    assert_allclose(flux, [1.0, 1.0])


@pytest.mark.parametrize(
    "wrong",
    [
        (np.nan, 9.0, 0.1, 0),
        (np.inf, 9.0, 0.1, 0),
        (1.0, np.nan, 0.1, 0),
        (1.0, -np.inf, 0.1, 0),
        (1.0, 9.0, np.nan, 0),
        (1.0, 9.0, 0.1, -1),
        (1.0, 9.0, 0.1, 2),
    ],
)
def test_points_that_are_no_measurements_are_left_out(wrong):
    columns = zip((0.5, 3.0, 1.0, 0), wrong, (2.0, 2.0, 1.0, 1), strict=True)
    (time, flux, _, passband), scale = taken(*columns)
    assert scale == 3.0
    assert_allclose(time, [0.0, 1.5])
    assert_allclose(flux, [1.0, 2.0 / 3.0])
    assert_array_equal(passband, [0, 1])


def test_the_scale_is_the_flux_of_highest_signal_to_noise():
    # The errors are increased by 0.01 * 100 in quadrature: 10 / 1.005, 100 / 20.0, 50 / 1.118.
    assert taken([1.0, 2.0, 3.0], [10.0, 100.0, -50.0], [0.1, 20.0, 0.5])[1] == 50.0
    # 10 / 1.001 and 100 / 1.4; without that increase 10 / 0.05 and 100 / 1.
    assert taken([1.0, 2.0], [10.0, 100.0], [0.05, 1.0])[1] == 100.0
    # 60 / 2 and 100 / 3.5; with twice that increase 60 / 2.6 and 100 / 3.9.
    error = np.sqrt(3.0), np.sqrt(11.25)
    assert taken([1.0, 2.0], [60.0, 100.0], error)[1] == 60.0


def test_the_increase_of_the_errors_follows_the_highest_flux():
    # The highest flux is 1, so errors hardly increase: 50 / 0.1 against 100 / 1.
    assert taken([1.0, 2.0, 3.0], [-50.0, -100.0, 1.0], [0.1, 1.0, 9.0])[1] == 50.0


def test_of_equal_signal_to_noise_the_first_counts():
    assert taken([1.0, 2.0], [-30.0, 30.0], [2.0, 2.0])[1] == 30.0
    (_, flux, _, _), scale = taken([1.0, 2.0, 3.0], [0.0, -8.0, -4.0], [0.0, 2.0, 1.0])
    assert scale == 8.0
    assert_allclose(flux, [0.0, -1.0, -0.5])


def test_no_points_and_points_without_flux_have_no_scale():
    assert taken([], [], [])[1] == 0.0
    (time, _, _, _), scale = taken([1.0, 2.0], [0.0, -0.0], [1.0, 1.0])
    assert scale == 0.0
    assert len(time) == 2


def test_points_of_infinite_error_do_not_set_the_scale():
    assert taken([1.0, 2.0], [9.0, 4.0], [np.inf, 1.0])[1] == 4.0
    assert taken([1.0, 2.0], [0.0, 4.0], [1.0, np.inf])[1] == 4.0
    # Where all errors are infinite the signal-to-noise ratio of the first point is the best.
    assert taken([1.0, 2.0], [4.0, 9.0], [np.inf, np.inf])[1] == 4.0


def test_every_variance_is_increased_by_a_little():
    assert SMALLEST_VARIANCE == 1e-10
    (_, _, variance, _), _ = taken([1.0, 2.0], [5.0, 5.0], [0.0, 0.0])
    assert_allclose(variance, 1e-10)


@pytest.mark.parametrize(
    ("error", "expected"), [(3e9, 9e18), (1e10, 1e20), (1.2e10, 1e20), (1e200, 1e20)]
)
def test_variances_are_limited(error, expected):
    (_, _, variance, _), _ = taken([1.0, 2.0], [5.0, 1.0], [0.1, 5.0 * error])
    assert_allclose(variance[1], expected)


@pytest.mark.parametrize(
    ("ratio", "expected"), [(0.9e10, 0.9e10), (1e10, 1e10), (1.5e10, 1e10), (1e20, 1e10)]
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_fluxes_are_limited(ratio, expected, sign):
    # The scale is that of the point with the smaller error; negative fluxes do not increase it.
    flux = np.array([-2.0, sign * 2.0 * ratio])
    error = np.array([0.0 if sign < 0 else 1e-30, abs(flux[1]) * 1e20])
    (_, scaled, _, _), scale = taken([1.0, 2.0], flux, error)
    assert scale == 2.0
    assert_allclose(scaled, [-1.0, sign * expected])


@pytest.mark.parametrize(("days", "expected"), [(9e7, 9e7), (1e8, 1e8), (1.5e8, 1e8)])
def test_times_are_limited(days, expected):
    (time, _, _, _), _ = taken([1.0, 1.0 + days], [1.0, 1.0], [0.1, 0.1])
    assert_allclose(time[1], expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("flux", "scale"),
    [(1e-141, 1e-140), (1.5e-140, 1.5e-140), (0.9e140, 0.9e140), (1.5e140, 1e140)],
)
def test_the_scale_is_limited(flux, scale):
    assert taken([1.0], [flux], [0.1 * flux])[1] == scale


def test_copy_takes_the_first_points():
    source, target = allocate_points(3), allocate_points(3)
    for number, (from_values, to_values) in enumerate(zip(source, target, strict=True)):
        from_values[:] = [1 + number, 11 + number, 21 + number]
        to_values[:] = -1
    copy(2, source, target)
    for from_values, to_values in zip(source, target, strict=True):
        assert_array_equal(to_values[:2], from_values[:2])
        assert to_values[2] == -1


def test_as_many_points_are_allocated_as_asked_for():
    points = allocate_points(5)
    assert [values.shape for values in points] == [(5,)] * 4
    assert points.passband.dtype == np.int64
