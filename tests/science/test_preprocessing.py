"""The one path from light curves to the network's input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fink_t2.science.features import UNKNOWN, feature_names
from fink_t2.science.light_curves import from_fluxes
from fink_t2.science.preprocessing import preprocess, scale
from fink_t2.surveys import LSST, ZTF
from fink_t2.surveys.ztf import from_ztf

JD = 2459000.5


def feature(light_curves, name):
    columns = feature_names(light_curves.passbands.names)
    return preprocess(light_curves).features[:, columns.index(name)]


def curve(days, fid, flux, **changes):
    n = len(days)
    settings_ = {"first_seen": None, **changes}
    return from_fluxes(
        ZTF.passbands, [0, n], 59000 + np.asarray(days, float), fid, flux, [10.0] * n, **settings_
    )


def test_grid_runs_forward_in_time_with_passbands_in_order():
    # g rises while r falls: each column must follow its own passband, oldest first.
    days = np.repeat(np.arange(0, 30, 3.0), 2)
    fid = [0, 1] * 10
    flux = [
        100 * (1 + d / 3) if band == 0 else 1200 - 30 * d for d, band in zip(days, fid, strict=True)
    ]
    grid = preprocess(curve(days, fid, flux)).grid[0]
    assert grid.shape == (100, 2)
    assert grid[-1, 0] > grid[0, 0]
    assert grid[-1, 1] < grid[0, 1]


def test_largest_absolute_value_is_one_over_all_passbands():
    grid = preprocess(curve([0, 1, 5, 6], [0, 1, 0, 1], [100.0, -900.0, 300.0, -400.0])).grid
    assert np.abs(grid).max() == pytest.approx(1.0)
    assert np.abs(grid[..., 0]).max() < 0.7


def test_a_curve_of_zeros_stays_zero():
    assert (scale(np.zeros((1, 5, 2))) == 0).all()


def test_brightness_is_scaled_away_from_the_grid_and_kept_as_a_feature():
    days, fid, flux = [0, 1, 5, 6], [0, 1, 0, 1], np.array([100.0, 200.0, 300.0, 250.0])
    faint = from_fluxes(ZTF.passbands, [0, 4], days, fid, flux, [10.0] * 4)
    bright = from_fluxes(ZTF.passbands, [0, 4], days, fid, 50 * flux, [500.0] * 4)
    np.testing.assert_allclose(preprocess(faint).grid, preprocess(bright).grid, atol=1e-4)
    gain = feature(bright, "log_peak_flux") - feature(faint, "log_peak_flux")
    assert gain[0] == pytest.approx(np.log10(50), abs=1e-5)


def test_features_of_a_hand_made_curve():
    one = curve([0, 4, 9], [0, 1, 1], [100.0, 300.0, -50.0])
    assert feature(one, "log_peak_flux")[0] == pytest.approx(np.log10(300))
    assert feature(one, "log_span")[0] == pytest.approx(1.0)
    assert feature(one, "log_history")[0] == pytest.approx(1.0)
    assert feature(one, "log_limit_gap")[0] == UNKNOWN
    assert feature(one, "negative_fraction")[0] == pytest.approx(1 / 3)
    assert feature(one, "log_signal_to_noise")[0] == pytest.approx(1.0)
    assert feature(one, "peak_phase")[0] == pytest.approx(4 / 9)
    assert feature(one, "log_points_g")[0] == pytest.approx(np.log10(2))
    assert feature(one, "log_points_r")[0] == pytest.approx(np.log10(3))
    assert feature(one, "photoz")[0] == UNKNOWN


def test_history_and_limit_reach_the_features():
    curves = from_ztf(
        [0, 4], [JD, JD + 3, JD + 12, JD + 13], [1, 1, 1, 2], [np.nan, 19, 18, 18],
        [np.nan, 0.1, 0.1, 0.1], jdstarthist=[JD - 86],
    )  # fmt: skip
    assert feature(curves, "log_limit_gap")[0] == pytest.approx(np.log10(4))
    assert feature(curves, "log_history")[0] == pytest.approx(2.0, abs=1e-4)


def test_redder_curves_have_larger_colour():
    red = curve([0, 1, 5, 6], [0, 1, 0, 1], [100.0, 400.0, 100.0, 400.0])
    blue = curve([0, 1, 5, 6], [0, 1, 0, 1], [400.0, 100.0, 400.0, 100.0])
    assert feature(red, "colour_mean_gr")[0] > 0 > feature(blue, "colour_mean_gr")[0]


def test_photoz_of_lsst_is_a_feature():
    curves = from_fluxes(
        LSST.passbands, [0, 1], [60000], [2], [50.0], [5.0], photoz=[0.3], photoz_error=[0.05]
    )
    assert feature(curves, "photoz")[0] == pytest.approx(0.3)
    assert feature(curves, "photoz_error")[0] == pytest.approx(0.05)


numbers = st.floats(-1e13, 1e13)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(50000, 50200), st.integers(0, 1), numbers, st.floats(1e-9, 1e13)),
        max_size=15,
    )
)
def test_everything_the_network_sees_is_finite(points):
    columns = list(zip(*points, strict=True)) if points else [(), (), (), ()]
    prepared = preprocess(from_fluxes(ZTF.passbands, [0, len(points)], *columns), 40)
    assert prepared.features.shape == (1, len(feature_names(ZTF.passbands.names)))
    assert np.isfinite(prepared.features).all()
    assert np.isfinite(prepared.grid).all()
    assert np.abs(prepared.grid).max(initial=0) <= 1 + 1e-6
