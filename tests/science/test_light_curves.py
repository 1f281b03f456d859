"""Building light curves: order, repeats, limits, bad photometry, sign."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_t2.science.light_curves import SAME_EXPOSURE_DAYS, from_fluxes
from fink_t2.science.photometry import magnitude_to_fluxcal
from fink_t2.surveys import LSST
from fink_t2.surveys.ztf import from_ztf

JD = 2459000.5


def test_points_run_forward_in_time_whatever_order_they_came_in():
    curves = from_ztf([0, 3], [JD + 4, JD, JD + 2], [1, 2, 1], [19.0, 18.0, 17.0], [0.1, 0.1, 0.1])
    np.testing.assert_allclose(curves.time, [59000, 59002, 59004])
    np.testing.assert_array_equal(curves.passband, [1, 0, 0])
    np.testing.assert_allclose(curves.flux, magnitude_to_fluxcal([18.0, 17.0, 19.0], 0.1)[0])


def test_a_negative_subtraction_has_negative_flux():
    curves = from_ztf([0, 2], [JD, JD + 1], [1, 1], [19, 19], [0.1, 0.1], isdiffpos=[True, False])
    assert curves.flux[0] > 0 > curves.flux[1]
    assert (curves.flux_error > 0).all()


def test_nondetections_are_no_points_and_the_last_before_the_first_point_is_kept():
    nan = np.nan
    curves = from_ztf(
        [0, 5],
        [JD, JD + 3, JD + 5, JD + 6, JD + 8],
        [1, 2, 1, 2, 1],
        [nan, nan, 19.0, nan, -999.0],
        [nan, nan, 0.1, nan, -999.0],
    )
    np.testing.assert_allclose(curves.time, [59005])
    assert curves.last_limit[0] == pytest.approx(59003)
    assert curves.rejected[0] == 0


def test_no_limit_before_the_first_point_is_nan():
    curves = from_ztf([0, 2], [JD, JD + 3], [1, 1], [19.0, np.nan], [0.1, np.nan])
    assert np.isnan(curves.last_limit[0])


@pytest.mark.parametrize(
    ("jd", "magnitude", "error"),
    [
        (JD, 19.0, 0.0),
        (JD, 19.0, -0.1),
        (JD, 19.0, np.nan),
        (JD, 19.0, 5.0),
        (JD, np.inf, 0.1),
        (JD, 45.0, 0.1),
        (np.nan, 19.0, 0.1),
        (12.0, 19.0, 0.1),
    ],
)
def test_bad_photometry_is_left_out_and_counted(jd, magnitude, error):
    curves = from_ztf([0, 2], [JD + 1, jd], [1, 2], [18.0, magnitude], [0.1, error])
    assert len(curves.time) == 1
    assert curves.rejected[0] == 1


def test_of_two_measurements_of_one_exposure_the_better_stays():
    curves = from_ztf(
        [0, 4], [JD, JD, JD, JD + 1], [1, 1, 2, 1], [19.0, 19.3, 18.5, 19.0], [0.2, 0.1, 0.1, 0.1]
    )
    np.testing.assert_array_equal(curves.points_per_passband(), [[2, 1]])
    assert curves.flux[0] == pytest.approx(magnitude_to_fluxcal(19.3, 0.1)[0])


def test_i_band_points_are_left_out():
    curves = from_ztf([0, 3], [JD, JD + 1, JD + 2], [1, 3, 2], [19, 19, 19], [0.1] * 3)
    np.testing.assert_array_equal(curves.points_per_passband(), [[1, 1]])
    assert curves.rejected[0] == 0


def test_nanojanskys_and_unknown_passbands():
    curves = from_fluxes(
        LSST.passbands,
        [0, 3],
        [60000, 60001, 60002],
        [1, -1, 5],
        [3630.0, 1.0, -200.0],
        [50.0] * 3,
        unit="nJy",
    )
    np.testing.assert_allclose(curves.flux, [3630 * 10**-1.56, -200 * 10**-1.56])
    with pytest.raises(ValueError, match="unit"):
        from_fluxes(LSST.passbands, [0, 0], [], [], [], [], unit="Jy")


def test_flat_arrays_that_do_not_fit_the_starts_are_an_error():
    with pytest.raises(ValueError, match="starts"):
        from_ztf([0, 3], [JD], [1], [19.0], [0.1])


def test_select_takes_masks_and_positions():
    curves = from_ztf([0, 1, 3, 4], [JD, JD, JD + 1, JD], [1, 1, 2, 2], [19, 18, 17, 16], [0.1] * 4)
    by_mask = curves.select(np.array([False, True, True]))
    by_position = curves.select([1, 2])
    np.testing.assert_array_equal(by_mask.starts, [0, 2, 3])
    np.testing.assert_array_equal(by_mask.flux, by_position.flux)
    np.testing.assert_array_equal(curves.select([2, 0]).passband, [1, 0])


point = st.tuples(
    st.one_of(st.floats(), st.floats(JD, JD + 100)),
    st.integers(-1, 4),
    st.one_of(st.floats(), st.floats(10, 22)),
    st.one_of(st.floats(), st.floats(0.01, 0.5)),
    st.booleans(),
)


@given(st.lists(st.lists(point, max_size=12), max_size=4))
def test_any_input_gives_sorted_finite_points_once_per_exposure(histories):
    starts = np.concatenate(([0], np.cumsum([len(history) for history in histories])))
    flat = [value for history in histories for value in history]
    columns = list(zip(*flat, strict=True)) if flat else [(), (), (), (), ()]
    curves = from_ztf(starts, *columns)
    assert len(curves) == len(histories)
    assert np.isfinite(curves.time).all()
    assert np.isfinite(curves.flux).all()
    assert (curves.flux_error > 0).all()
    for n in range(len(curves)):
        own = slice(curves.starts[n], curves.starts[n + 1])
        time, passband = curves.time[own], curves.passband[own]
        assert (np.diff(time) >= 0).all()
        for band in (0, 1):
            gaps = np.diff(time[passband == band])
            assert (gaps >= SAME_EXPOSURE_DAYS * 0.99).all()
