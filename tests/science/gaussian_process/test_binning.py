"""Shortening of long light curves."""

import numpy as np
import pytest
from light_curve_space import random_points
from numpy.testing import assert_allclose

from fink_t2.science.gaussian_process import interpolate
from fink_t2.science.gaussian_process.binning import MOST_FITTED, MOST_POINTS, shorten
from fink_t2.science.gaussian_process.interpolation import interpolate_shortened
from fink_t2.science.gaussian_process.points import Points

WAVELENGTHS = np.array([4804.79, 6436.92])


def shortened(points: Points, most: int) -> tuple[Points, float]:
    copies = Points(*(values.copy() for values in points))
    n = len(points.time)
    left, log_factor = shorten(n, most, copies, np.empty(2, np.int64), np.empty(n))
    return Points(*(values[:left] for values in copies)), log_factor


@pytest.mark.parametrize(("n", "most"), [(50, 50), (51, 50), (400, 50), (3000, 160), (9, 2)])
def test_as_many_points_are_left_as_asked_for(n, most):
    left, _ = shortened(random_points(n, seed=n), most)
    assert len(left.time) == min(n, most)


def test_weights_and_weighted_means_are_kept():
    points = random_points(500, seed=1)
    left, _ = shortened(points, 40)
    for band in (0, 1):
        before, after = points.passband == band, left.passband == band
        precision = 1 / points.variance[before]
        kept = 1 / left.variance[after]
        assert_allclose(kept.sum(), precision.sum())
        for name in ("time", "flux"):
            assert_allclose(
                np.sum(kept * getattr(left, name)[after]),
                np.sum(precision * getattr(points, name)[before]),
            )


def test_points_of_one_passband_stay_in_order():
    left, _ = shortened(random_points(500, seed=2), 60)
    for band in (0, 1):
        assert np.all(np.diff(left.time[left.passband == band]) > 0)


def test_equal_times_and_fluxes_all_merge():
    points = Points(np.zeros(300), np.ones(300), np.full(300, 0.1), np.zeros(300, np.int64))
    left, _ = shortened(points, 100)
    assert len(left.time) == 100


def test_a_rise_keeps_its_points_when_a_quiet_baseline_gives_its_own():
    time = np.arange(400.0)
    on_rise = (time >= 200) & (time < 230)
    flux = np.where(on_rise, 10.0 * time, 0.0)
    points = Points(time, flux, np.full(400, 0.01), np.zeros(400, np.int64))
    left, _ = shortened(points, 60)
    assert np.isin(time[on_rise], left.time).mean() > 0.8


def test_merging_points_at_one_time_changes_nothing():
    # 100 nights of three exposures each: the merged curve is the same Gaussian process.
    generator = np.random.default_rng(5)
    nights = np.sort(generator.uniform(59000, 59100, 100))
    time = np.repeat(nights, 3)
    flux = 100 * np.sin(time / 20) + generator.normal(0, 5, 300)
    arguments = ([0, 300], time, flux, np.full(300, 5.0), np.zeros(300, np.int8), WAVELENGTHS)
    exact = interpolate_shortened(*arguments, most_fitted=300, most_points=300)
    merged = interpolate_shortened(*arguments, most_fitted=100, most_points=100)
    assert_allclose(merged.flux, exact.flux, atol=1e-3)
    assert_allclose(merged.log_likelihood, exact.log_likelihood, rtol=1e-9)
    assert_allclose(merged.time_scale, exact.time_scale, rtol=1e-4)


def test_a_curve_at_the_limit_is_fitted_point_by_point():
    points = random_points(MOST_FITTED, seed=4)
    arguments = (
        [0, MOST_FITTED],
        points.time,
        points.flux,
        np.sqrt(points.variance),
        points.passband,
        WAVELENGTHS,
    )
    exact = interpolate_shortened(*arguments, most_fitted=1000, most_points=1000)
    np.testing.assert_array_equal(interpolate(*arguments).flux, exact.flux)


def test_long_real_curves_stay_close_to_the_exact_process(shared):
    from fink_t2.benchmark.interpolation_accuracy import FAST, shortening_error
    from fink_t2.benchmark.reference_light_curves import shared_light_curves

    curves = shared_light_curves(shared)["plasticc"]
    long = curves.select(np.diff(curves.starts) > MOST_FITTED)
    assert np.diff(long.starts).max() < MOST_POINTS
    long = long.select(np.arange(0, len(long), 3))
    largest, typical, time_scale = shortening_error(long)
    slow = time_scale > FAST
    assert slow.sum() > 20
    assert np.median(largest[slow]) < 0.01
    assert np.median(typical[slow]) < 0.002
    assert np.percentile(typical[slow], 90) < 0.02
