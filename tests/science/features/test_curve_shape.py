"""Features of the mean curve: its ends, horizons and crossings of half of the maximum."""

import numpy as np
import pytest

from fink_t2.science.features.curve_shape import curve_shape


def test_a_falling_curve_has_no_rise():
    # 0.5 is reached on day 4.
    shape = curve_shape(np.array([1.0, 0.75, 0.5, 0.25, 0.0]), 2.0)
    assert shape.rise == 0.0
    assert shape.decline == 1.0
    assert shape.log_days_before_peak == 0.0
    assert shape.log_days_after_peak == pytest.approx(np.log10(9))
    assert shape.log_rise_days == 0.0
    assert shape.log_fall_days == pytest.approx(np.log10(5))
    assert shape.rise_10 == 0.0
    assert shape.fall_10 == 1.0


def test_a_rising_curve_has_no_decline():
    shape = curve_shape(np.array([0.0, 0.25, 0.5, 0.75, 1.0]), 2.0)
    assert shape.rise == 1.0
    assert shape.decline == 0.0
    assert shape.log_days_before_peak == pytest.approx(np.log10(9))
    assert shape.log_days_after_peak == 0.0
    assert shape.log_rise_days == pytest.approx(np.log10(5))
    assert shape.log_fall_days == 0.0
    assert shape.fall_10 == shape.fall_20 == shape.fall_40 == 0.0


def test_curves_that_stay_above_half_are_measured_to_their_ends():
    shape = curve_shape(np.array([0.8, 0.9, 1.0, 0.9, 0.8, 0.7]), 3.0)
    assert shape.log_rise_days == pytest.approx(np.log10(7))
    assert shape.log_fall_days == pytest.approx(np.log10(10))


def test_half_is_reached_one_step_before_and_three_after_the_maximum():
    shape = curve_shape(np.array([0.1, 0.3, 1.0, 0.9, 0.6, 0.2, 0.1]), 2.0)
    assert shape.log_rise_days == pytest.approx(np.log10(3))
    assert shape.log_fall_days == pytest.approx(np.log10(7))


def test_of_two_equal_maxima_the_first_counts():
    shape = curve_shape(np.array([0.0, 1.0, 0.0, 1.0]), 1.0)
    assert shape.log_days_before_peak == pytest.approx(np.log10(2))


def test_a_negative_curve():
    # The maximum is -0.2 and half of it is -0.1, which no value exceeds.
    shape = curve_shape(np.array([-1.0, -0.2, -0.4]), 1.0)
    assert shape.rise == pytest.approx(0.8)
    assert shape.decline == pytest.approx(0.2)
    assert shape.log_rise_days == shape.log_fall_days == 0.0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # A straight rise and fall of 0.01 per day, maximum on day 50 of 100.
        ("rise_10", 0.1),
        ("fall_10", 0.1),
        ("fall_20", 0.2),
        ("fall_40", 0.4),
        ("first_slope", 0.05),
        ("last_slope", -0.05),
    ],
)
@pytest.mark.parametrize("step", [1.0, 2.5, 12.5])
def test_horizons_are_in_days(name, expected, step):
    days = np.arange(0.0, 100.0 + step, step)
    shape = curve_shape(1.0 - 0.01 * np.abs(days - 50.0), step)
    assert getattr(shape, name) == pytest.approx(expected)


def test_points_at_one_time_have_no_change_within_days():
    shape = curve_shape(np.array([0.2, 1.0, 0.4]), 0.0)
    for name in ("rise_10", "fall_10", "fall_20", "fall_40", "first_slope", "last_slope"):
        assert getattr(shape, name) == 0.0
