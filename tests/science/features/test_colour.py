"""Features of passbands and of colours: signs, limits and horizons."""

import numpy as np
import pytest

from fink_t2.science.features.colour import colour, contrast
from fink_t2.science.features.passband_shape import passband_shape


@pytest.mark.parametrize(
    ("blue", "red", "expected"),
    [
        (1.0, 3.0, 0.5),
        (3.0, 1.0, -0.5),
        (2.0, 2.0, 0.0),
        (0.0, 0.0, 0.0),
        (0.0, 0.25, 1.0),
        (0.125, 0.125 + 0.25, 0.5),
        (-1.0, 3.0, 1.0),
        (1.0, -3.0, -1.0),
        (-1.0, -3.0, -0.5),
    ],
)
def test_contrast(blue, red, expected):
    assert contrast(blue, red) == expected


def test_colours_15_and_30_days_after_the_maximum():
    # Red minus blue divided by their sum is days / 100.
    days = np.arange(0.0, 61.0, 2.0)
    shape = colour(100.0 - days, 100.0 + days, 5, 2.0)
    assert shape.peak == pytest.approx(0.10)
    assert shape.peak_15 == pytest.approx(0.25)
    assert shape.peak_30 == pytest.approx(0.40)
    assert shape.first == 0.0
    assert shape.last == pytest.approx(0.60)
    assert shape.mean == pytest.approx(0.30)


def test_colours_after_the_last_point_are_those_of_the_last_point():
    shape = colour(np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 3.0]), 1, 2.0)
    assert shape.peak_15 == shape.peak_30 == shape.last == 0.5


def shape_of(flux, n_points=3, brightest=1.0, top=1, step=10.0):
    return passband_shape(np.array(flux), n_points, brightest, top, step)


def test_a_passband_that_is_negative_everywhere():
    # Its maximum is -2 at the second time; 15 days later it is -5; the largest size is 6.
    shape = shape_of([-3.0, -2.0, -4.0, -6.0], brightest=8.0, top=3)
    assert shape.share == -0.25
    assert shape.fall_15 == pytest.approx(0.5)
    assert shape.delay == pytest.approx(np.arcsinh(-20.0))


def test_decline_in_days():
    days = np.arange(0.0, 61.0, 2.0)
    shape = shape_of(100.0 - np.abs(days - 20.0), brightest=200.0, top=8, step=2.0)
    assert shape.fall_15 == pytest.approx(0.15)
    assert shape.share == 0.5
    assert shape.delay == pytest.approx(np.arcsinh(4.0))


def test_a_passband_without_flux():
    shape = shape_of([0.0, 0.0, 0.0])
    assert shape.share == shape.fall_15 == 0.0
    assert shape.delay == pytest.approx(np.arcsinh(-10.0))


@pytest.mark.parametrize(("flux", "expected"), [(0.5e-12, 0.5), (1e-12, 1.0), (1.5e-12, 1.0)])
def test_the_decline_is_relative_to_a_flux_of_at_least_1e12th(flux, expected):
    assert shape_of([flux, 0.0], top=0, step=15.0).fall_15 == pytest.approx(expected)


@pytest.mark.parametrize(("n_points", "expected"), [(0, 0.0), (1, np.log10(2)), (9, 1.0)])
def test_number_of_points(n_points, expected):
    assert shape_of([1.0, 0.0], n_points=n_points).log_points == pytest.approx(expected)
