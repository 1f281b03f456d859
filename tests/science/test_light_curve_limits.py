"""Limits of what counts as a measurement, at the limit and just beyond it."""

import numpy as np
import pandas as pd
import pytest

from fink_t2.science.light_curves import (
    LARGEST_FLUX,
    LARGEST_MAGNITUDE_ERROR,
    MAGNITUDE_RANGE,
    MJD_RANGE,
    SAME_EXPOSURE_DAYS,
    flatten,
    from_fluxes,
    from_magnitudes,
)
from fink_t2.science.passbands import PassbandSet

PASSBANDS = PassbandSet("test", ("g", "r"), (4800.0, 6400.0))
SECOND = 1.0 / 86400.0
NAN = float("nan")


def magnitudes(mjd, magnitude, error, passband=None, **options):
    n = len(mjd)
    return from_magnitudes(
        PASSBANDS,
        [0, n],
        mjd,
        [0] * n if passband is None else passband,
        magnitude,
        error,
        **options,
    )


def fluxes(mjd, flux, error, passband=None, **options):
    n = len(mjd)
    return from_fluxes(
        PASSBANDS, [0, n], mjd, [0] * n if passband is None else passband, flux, error, **options
    )


def counts(curves):
    return len(curves.time), int(curves.rejected[0])


def test_limits():
    assert pytest.approx(SECOND) == SAME_EXPOSURE_DAYS
    assert MAGNITUDE_RANGE == (0.0, 30.0)
    assert LARGEST_MAGNITUDE_ERROR == 1.0
    assert MJD_RANGE == (0.0, 100000.0)
    assert LARGEST_FLUX == 1e14


KEPT, REJECTED, LIMIT = (1, 0), (0, 1), (0, 0)


@pytest.mark.parametrize(
    ("magnitude", "expected"),
    [
        (-89.0, REJECTED),
        (-90.0, REJECTED),
        (-90.5, LIMIT),
        (-999.0, LIMIT),
        (NAN, LIMIT),
        (-0.01, REJECTED),
        (0.0, REJECTED),
        (0.01, KEPT),
        (29.99, KEPT),
        (30.0, REJECTED),
        (30.01, REJECTED),
    ],
)
def test_range_of_magnitudes(magnitude, expected):
    assert counts(magnitudes([59000.0], [magnitude], [0.1])) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [(-0.1, REJECTED), (0.0, REJECTED), (1e-6, KEPT), (1.0, KEPT), (1.01, REJECTED)],
)
def test_range_of_magnitude_errors(error, expected):
    assert counts(magnitudes([59000.0], [20.0], [error])) == expected


@pytest.mark.parametrize(
    ("mjd", "expected"),
    [
        (-0.01, REJECTED),
        (0.0, KEPT),
        (100000.0, KEPT),
        (100000.01, REJECTED),
        (NAN, REJECTED),
        (2459000.5, REJECTED),
    ],
)
def test_range_of_dates(mjd, expected):
    assert counts(magnitudes([mjd], [20.0], [0.1])) == expected
    assert counts(fluxes([mjd], [20.0], [0.1])) == expected


@pytest.mark.parametrize(
    ("flux", "expected"),
    [
        (NAN, LIMIT),
        (0.0, KEPT),
        (-1e13, KEPT),
        (0.99e14, KEPT),
        (-0.99e14, KEPT),
        (1e14, REJECTED),
        (-1e14, REJECTED),
        (1.5e14, REJECTED),
        (np.inf, REJECTED),
    ],
)
def test_range_of_fluxes(flux, expected):
    assert counts(fluxes([59000.0], [flux], [0.1])) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (-0.1, REJECTED),
        (0.0, REJECTED),
        (1e-9, KEPT),
        (0.99e14, KEPT),
        (1e14, REJECTED),
        (NAN, REJECTED),
    ],
)
def test_range_of_flux_errors(error, expected):
    assert counts(fluxes([59000.0], [5.0], [error])) == expected


@pytest.mark.parametrize(
    ("passband", "expected"), [(-1, LIMIT), (0, KEPT), (1, KEPT), (2, LIMIT), (100, LIMIT)]
)
def test_other_passbands_are_left_out_and_not_counted(passband, expected):
    assert counts(fluxes([59000.0], [5.0], [1.0], [passband])) == expected
    assert counts(magnitudes([59000.0], [20.0], [0.1], [passband])) == expected


def test_flagged_measurements_are_bad_photometry():
    flags = [True, False, True, False]
    curves = fluxes([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, NAN], [1.0] * 4, is_bad=flags)
    assert counts(curves) == (1, 2)
    assert curves.flux[0] == 6.0
    curves = magnitudes([1.0, 2.0, 3.0, 4.0], [15.0, 16.0, 17.0, NAN], [0.1] * 4, is_bad=flags)
    assert counts(curves) == (1, 2)
    assert curves.time[0] == 2.0


def test_negative_subtractions_have_negative_flux():
    curves = magnitudes([1.0, 2.0], [27.5, 27.5], [0.1, 0.1], is_negative=[True, False])
    np.testing.assert_allclose(curves.flux, [-1.0, 1.0])
    np.testing.assert_allclose(curves.flux_error, 0.04 * np.log(10))
    np.testing.assert_allclose(magnitudes([1.0], [27.5], [0.1]).flux, [1.0])


@pytest.mark.parametrize(
    ("unit", "factor"), [("fluxcal", 1.0), ("nJy", 10.0**-1.56), ("uJy", 10.0**1.44)]
)
def test_fluxes_and_errors_are_converted(unit, factor):
    curves = fluxes([1.0, 2.0], [300.0, -20.0], [4.0, 5.0], unit=unit)
    np.testing.assert_allclose(curves.flux, np.array([300.0, -20.0]) * factor)
    np.testing.assert_allclose(curves.flux_error, np.array([4.0, 5.0]) * factor)


def test_limits_of_fluxes_are_those_of_fluxcal():
    # 1e14 FLUXCAL are 3.6e15 nJy.
    assert counts(fluxes([1.0], [3.5e15], [3.5e15], unit="nJy")) == KEPT
    assert counts(fluxes([1.0], [3.7e15], [1.0], unit="nJy")) == REJECTED
    assert counts(fluxes([1.0], [1.0], [3.7e15], unit="nJy")) == REJECTED


def test_units_that_are_not_known_are_refused():
    with pytest.raises(ValueError, match="'fluxcal' or 'nJy' or 'uJy', not 'mJy'"):
        fluxes([1.0], [1.0], [1.0], unit="mJy")


@pytest.mark.parametrize(("seconds", "n_kept"), [(0.0, 1), (0.9, 1), (1.1, 2), (1.5, 2), (3.0, 2)])
def test_measurements_within_a_second_are_one_exposure(seconds, n_kept):
    # Days near zero, where float64 resolves a second well.
    curves = fluxes([5.0, 5.0 + seconds * SECOND], [1.0, 2.0], [0.5, 0.4])
    assert len(curves.time) == n_kept
    assert curves.flux[-1] == 2.0


def test_exactly_a_second_is_another_exposure():
    assert len(fluxes([0.0, SAME_EXPOSURE_DAYS], [1.0, 2.0], [0.5, 0.4]).time) == 2


@pytest.mark.parametrize(
    ("errors", "kept"), [([0.5, 0.4], 2.0), ([0.4, 0.5], 1.0), ([0.5, 0.5], 1.0)]
)
def test_of_one_exposure_the_measurement_of_smallest_error_is_kept(errors, kept):
    curves = fluxes([5.0, 5.0 + 0.5 * SECOND], [1.0, 2.0], errors)
    np.testing.assert_array_equal(curves.flux, [kept])
    assert curves.rejected[0] == 0


def test_measurements_of_other_passbands_are_other_exposures():
    curves = fluxes([5.0, 5.0, 5.0], [1.0, 2.0, 3.0], [0.5, 0.5, 0.4], [1, 0, 1])
    np.testing.assert_array_equal(curves.passband, [0, 1])
    np.testing.assert_array_equal(curves.flux, [2.0, 3.0])


def test_a_better_measurement_moves_behind_those_of_other_passbands():
    # g, r, r, and 0.8 s after the first g a better one: r now comes first.
    time = 5.0 + SECOND * np.array([0.0, 0.2, 0.4, 0.8])
    curves = fluxes(time, [1.0, 2.0, 3.0, 4.0], [0.5, 0.3, 0.4, 0.2], [0, 1, 1, 0])
    np.testing.assert_array_equal(curves.passband, [1, 0])
    np.testing.assert_array_equal(curves.flux, [2.0, 4.0])
    np.testing.assert_allclose(curves.time, time[[1, 3]], rtol=1e-15)


def test_a_chain_of_measurements_less_than_a_second_apart():
    # The third is 0.6 s after the second, which has been dropped, and 1.2 s after the first.
    time = 5.0 + SECOND * np.array([0.0, 0.6, 1.2])
    np.testing.assert_array_equal(fluxes(time, [1.0, 2.0, 3.0], [0.1, 0.5, 0.5]).flux, [1.0, 3.0])
    np.testing.assert_array_equal(fluxes(time, [1.0, 2.0, 3.0], [0.5, 0.1, 0.5]).flux, [2.0])


def test_exposures_of_another_light_curve_are_not_repeats():
    curves = from_fluxes(
        PASSBANDS, [0, 1, 3], [5.0, 5.0, 5.0], [0, 0, 0], [1.0, 2.0, 3.0], [0.5, 0.5, 0.4]
    )
    np.testing.assert_array_equal(curves.starts, [0, 1, 2])
    np.testing.assert_array_equal(curves.flux, [1.0, 3.0])


def test_points_at_one_time_are_in_the_order_of_their_passbands():
    time = [7.0, 5.0, 7.0, 5.0]
    curves = fluxes(time, [1.0, 2.0, 3.0, 4.0], [0.1] * 4, [1, 1, 0, 0])
    np.testing.assert_array_equal(curves.time, [5.0, 5.0, 7.0, 7.0])
    np.testing.assert_array_equal(curves.passband, [0, 1, 0, 1])
    np.testing.assert_array_equal(curves.flux, [4.0, 2.0, 3.0, 1.0])


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        # Non-detections, and points on day 10.
        ([], NAN),
        ([3.0], 3.0),
        ([3.0, 8.0, 5.0], 8.0),
        ([8.0, 3.0], 8.0),
        ([12.0], NAN),
        ([10.0], NAN),
        ([9.0, 12.0], 9.0),
        ([-5.0], NAN),
        ([0.0], 0.0),
        ([NAN, 4.0], 4.0),
    ],
)
def test_the_last_non_detection_before_the_first_point(times, expected):
    n = len(times)
    curves = fluxes([*times, 10.0, 11.0], [NAN] * n + [1.0, 2.0], [0.1] * (n + 2))
    np.testing.assert_array_equal(curves.last_limit, [expected])


def test_non_detections_of_another_light_curve_do_not_count():
    curves = from_fluxes(
        PASSBANDS,
        [0, 2, 4, 5, 6],
        [3.0, 10.0, 10.0, 4.0, 1.0, 2.0],
        [0] * 6,
        [NAN, 1.0, 1.0, NAN, NAN, 5.0],
        [0.1] * 6,
    )
    # The third curve has no point at all.
    np.testing.assert_array_equal(curves.last_limit, [3.0, 4.0, NAN, NAN])
    np.testing.assert_array_equal(curves.starts, [0, 1, 2, 2, 3])


def test_non_detections_in_other_passbands_count():
    curves = fluxes([3.0, 4.0, 10.0], [NAN, NAN, 1.0], [0.1] * 3, [1, 5, 0])
    np.testing.assert_array_equal(curves.last_limit, [4.0])


def test_values_of_the_objects_are_kept_or_not_known():
    names = ("first_seen", "photoz", "photoz_error")
    options = {name: [value] for name, value in zip(names, (1.0, 2.0, 3.0), strict=True)}
    for curves in (
        fluxes([5.0], [1.0], [0.1], **options),
        magnitudes([5.0], [20.0], [0.1], **options),
    ):
        assert [getattr(curves, name)[0] for name in names] == [1.0, 2.0, 3.0]
    for name in names:
        assert np.isnan(getattr(fluxes([5.0], [1.0], [0.1]), name)).all()


@pytest.mark.parametrize("wrong", ["mjd", "flux", "passband"])
def test_an_array_of_another_length_is_an_error(wrong):
    arrays = {"mjd": [1.0, 2.0], "flux": [1.0, 2.0], "passband": [0, 1]}
    arrays[wrong] = arrays[wrong][:1]
    name = {"mjd": "time"}.get(wrong, wrong)
    with pytest.raises(ValueError, match=rf"{name} has shape \(1,\).*ask for \(2,\)"):
        from_fluxes(
            PASSBANDS, [0, 2], arrays["mjd"], arrays["passband"], arrays["flux"], [0.1, 0.1]
        )


def three_curves():
    return from_fluxes(
        PASSBANDS,
        [0, 1, 3, 6],
        [1.0, 1.0, 2.0, 1.0, 2.0, 3.0],
        [0, 0, 1, 1, 1, 0],
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
        [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        first_seen=[10.0, 20.0, 30.0],
        photoz=[0.1, 0.2, 0.3],
        photoz_error=[0.01, 0.02, 0.03],
    )


def test_selected_curves_have_all_that_belongs_to_them():
    chosen = three_curves().select([2, 0])
    assert len(chosen) == 2
    np.testing.assert_array_equal(chosen.starts, [0, 3, 4])
    np.testing.assert_array_equal(chosen.time, [1.0, 2.0, 3.0, 1.0])
    np.testing.assert_array_equal(chosen.flux, [4.0, 5.0, 6.0, 1.0])
    np.testing.assert_array_equal(chosen.flux_error, [0.4, 0.5, 0.6, 0.1])
    np.testing.assert_array_equal(chosen.passband, [1, 1, 0, 0])
    np.testing.assert_array_equal(chosen.first_seen, [30.0, 10.0])
    np.testing.assert_array_equal(chosen.photoz, [0.3, 0.1])
    np.testing.assert_array_equal(chosen.photoz_error, [0.03, 0.01])
    np.testing.assert_array_equal(chosen.rejected, [0, 0])
    assert chosen.passbands == PASSBANDS
    np.testing.assert_array_equal(three_curves().select([True, False, True]).photoz, [0.1, 0.3])
    assert len(three_curves().select(np.zeros(3, bool))) == 0


def test_points_of_each_curve_in_each_passband():
    np.testing.assert_array_equal(three_curves().points_per_passband(), [[1, 0], [1, 1], [1, 2]])
    np.testing.assert_array_equal(three_curves().curve_of_points(), [0, 1, 1, 2, 2, 2])
    assert three_curves().select([]).points_per_passband().shape == (0, 2)


def test_other_points_for_the_same_curves():
    curves = three_curves().with_points(
        np.array([0, 0, 2]),
        np.array([7.0, 8.0, 9.0]),
        np.array([1.0, 2.0, 3.0]),
        np.array([0.1, 0.2, 0.3]),
        np.array([1, 0, 1], np.int8),
    )
    np.testing.assert_array_equal(curves.starts, [0, 2, 2, 3])
    np.testing.assert_array_equal(curves.time, [7.0, 8.0, 9.0])
    np.testing.assert_array_equal(curves.flux, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(curves.flux_error, [0.1, 0.2, 0.3])
    np.testing.assert_array_equal(curves.passband, [1, 0, 1])
    np.testing.assert_array_equal(curves.photoz, [0.1, 0.2, 0.3])
    # A last curve without points is a curve nevertheless.
    empty = np.empty(0)
    none = three_curves().with_points(empty.astype(int), empty, empty, empty, empty.astype(np.int8))
    np.testing.assert_array_equal(none.starts, [0, 0, 0, 0])


def test_columns_of_arrays_are_concatenated():
    starts, (numbers, names), is_ragged = flatten(
        [
            pd.Series([np.array([1.0, 2.0]), None, np.array([3.0]), np.array([4.0, 5.0])]),
            pd.Series([["a", None], None, ["b"], ["c"]], dtype=object),
        ]
    )
    np.testing.assert_array_equal(starts, [0, 2, 2, 3, 3])
    np.testing.assert_array_equal(numbers, [1.0, 2.0, 3.0])
    assert names.tolist() == ["a", None, "b"]
    np.testing.assert_array_equal(is_ragged, [False, False, False, True])


def test_nulls_among_numbers_become_nan_and_empty_columns_are_numbers():
    _, (numbers,), _ = flatten([pd.Series([[1, None], [2]], dtype=object)])
    np.testing.assert_array_equal(numbers, [1.0, NAN, 2.0])
    starts, (nothing,), is_ragged = flatten([pd.Series([None, None], dtype=object)])
    np.testing.assert_array_equal(starts, [0, 0, 0])
    assert nothing.dtype == np.float64
    assert nothing.shape == (0,)
    assert not is_ragged.any()
