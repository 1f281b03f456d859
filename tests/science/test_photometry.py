"""Units: against closed forms and the published conversion."""

import numpy as np
import pytest

from fink_t2.science.photometry import (
    FLUXCAL_PER_UNIT,
    fluxcal_to_magnitude,
    magnitude_to_fluxcal,
)


def test_fluxcal_of_the_zero_point_is_one():
    flux, error = magnitude_to_fluxcal(27.5, 0.1)
    assert flux == pytest.approx(1.0)
    assert error == pytest.approx(0.0921034, rel=1e-6)


@pytest.mark.parametrize(("unit", "zero_point"), [("fluxcal", 27.5), ("nJy", 31.4), ("uJy", 23.9)])
def test_one_ab_magnitude_is_the_same_flux_in_every_unit(unit, zero_point):
    magnitude = np.array([15.0, 20.0, 24.5])
    flux = 10 ** (-0.4 * (magnitude - zero_point))
    np.testing.assert_allclose(
        flux * FLUXCAL_PER_UNIT[unit], magnitude_to_fluxcal(magnitude, 0.1)[0]
    )


def test_magnitudes_come_back():
    magnitude = np.array([14.2, 20.5])
    np.testing.assert_allclose(
        fluxcal_to_magnitude(magnitude_to_fluxcal(magnitude, 0.0)[0]), magnitude
    )


def test_a_flux_that_is_not_positive_has_no_magnitude():
    assert np.isnan(fluxcal_to_magnitude([0.0, -3.0])).all()
