"""Scaling by the largest absolute flux: one factor for each light curve."""

import numpy as np
import pytest

from fink_t2.science.photometry import (
    FLUXCAL_PER_UNIT,
    FLUXCAL_ZERO_POINT,
    JULIAN_DATE_OF_MJD_ZERO,
    MAGNITUDE_TO_RELATIVE_FLUX,
    fluxcal_to_magnitude,
    magnitude_to_fluxcal,
)
from fink_t2.science.preprocessing import preprocess, scale


def test_each_light_curve_is_divided_by_its_own_largest_absolute_flux():
    grid = np.array(
        [
            [[1.0, -8.0], [4.0, 2.0], [0.0, 6.0]],
            [[0.5, 0.25], [0.1, 0.0], [-0.25, 0.125]],
        ]
    )
    scaled = scale(grid)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(
        scaled,
        np.array(
            [
                [[0.125, -1.0], [0.5, 0.25], [0.0, 0.75]],
                [[1.0, 0.5], [0.2, 0.0], [-0.5, 0.25]],
            ],
            np.float32,
        ),
    )


@pytest.mark.parametrize("size", [1e-300, 1e-9, 1.0, 1e14])
def test_any_flux_but_zero_is_scaled(size):
    np.testing.assert_allclose(scale(np.array([[[-size], [0.5 * size]]])), [[[-1.0], [0.5]]])


def test_light_curves_of_zeros_stay_zero_beside_others():
    scaled = scale(np.array([[[0.0], [0.0]], [[3.0], [-6.0]]]))
    np.testing.assert_array_equal(scaled, [[[0.0], [0.0]], [[0.5], [-1.0]]])


def test_no_light_curves():
    assert scale(np.empty((0, 5, 2))).shape == (0, 5, 2)
    assert scale(np.empty((2, 0, 2))).shape == (2, 0, 2)


def test_default_length_of_the_grid():
    from fink_t2.science.light_curves import from_fluxes
    from fink_t2.science.passbands import PassbandSet

    passbands = PassbandSet("test", ("g", "r"), (4800.0, 6400.0))
    curves = from_fluxes(passbands, [0, 2], [1.0, 5.0], [0, 1], [30.0, 50.0], [1.0, 1.0])
    assert preprocess(curves).grid.shape == (1, 100, 2)
    assert preprocess(curves, 7).grid.shape == (1, 7, 2)


@pytest.mark.parametrize(
    ("magnitude", "flux"), [(27.5, 1.0), (25.0, 10.0), (20.0, 1000.0), (30.0, 0.1)]
)
def test_magnitudes_and_fluxcal(magnitude, flux):
    fluxes, errors = magnitude_to_fluxcal([magnitude], [0.05])
    np.testing.assert_allclose(fluxes, flux)
    # An error of 0.05 magnitudes is 4.6 % of the flux.
    np.testing.assert_allclose(errors, flux * 0.02 * np.log(10.0))
    np.testing.assert_allclose(fluxcal_to_magnitude([flux]), magnitude)


def test_only_positive_fluxes_have_a_magnitude():
    found = fluxcal_to_magnitude([1e-3, 0.5, 0.0, -1.0, np.nan])
    np.testing.assert_allclose(found[:2], [35.0, 27.5 - 2.5 * np.log10(0.5)])
    assert np.isnan(found[2:]).all()


def test_constants_of_photometry():
    assert FLUXCAL_ZERO_POINT == 27.5
    assert JULIAN_DATE_OF_MJD_ZERO == 2400000.5
    assert pytest.approx(0.921034, abs=1e-6) == MAGNITUDE_TO_RELATIVE_FLUX
    # 1 uJy is 1000 nJy; magnitude 23.9 is 1 uJy and 10^(0.4 * 3.6) FLUXCAL.
    assert pytest.approx(27.54229, rel=1e-6) == FLUXCAL_PER_UNIT["uJy"]
    assert FLUXCAL_PER_UNIT["nJy"] == pytest.approx(FLUXCAL_PER_UNIT["uJy"] / 1000)
    assert FLUXCAL_PER_UNIT["fluxcal"] == 1.0
    assert set(FLUXCAL_PER_UNIT) == {"fluxcal", "nJy", "uJy"}
