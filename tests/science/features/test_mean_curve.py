"""The mean curve and values between its times."""

import numpy as np
import pytest

from fink_t2.science.features.mean_curve import (
    largest_size,
    mean_curve,
    steps_per_day,
    value_at,
)


def test_mean_curve_is_the_sum_over_passbands_relative_to_its_largest_value():
    curve, largest = mean_curve(np.array([[1.0, 2.0], [-4.0, -4.0], [3.0, 1.0]]))
    assert largest == 8.0
    np.testing.assert_allclose(curve, [0.375, -1.0, 0.5])


def test_faint_curves_are_scaled_too():
    curve, largest = mean_curve(np.array([[0.25, 0.25], [0.0, 0.25]]))
    assert largest == 0.5
    np.testing.assert_allclose(curve, [1.0, 0.5])


def test_passbands_that_cancel_leave_nothing():
    curve, largest = mean_curve(np.array([[1.0, -1.0], [2.0, -2.0]]))
    assert largest == 0.0
    np.testing.assert_array_equal(curve, [0.0, 0.0])


def test_largest_size():
    assert largest_size(np.array([0.25, -0.5, 0.125])) == 0.5
    assert largest_size(np.zeros(2)) == 0.0


@pytest.mark.parametrize(
    ("step", "expected"), [(0.25, 4.0), (2e-6, 5e5), (1.5e-6, 1 / 1.5e-6), (1e-6, 0.0), (0.0, 0.0)]
)
def test_steps_per_day(step, expected):
    assert steps_per_day(step) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        (-3.0, 10.0),
        (0.0, 10.0),
        (0.25, 12.5),
        (1.0, 20.0),
        (1.5, 5.0),
        (2.0, -10.0),
        (2.75, -25.0),
        (3.0, -30.0),
        (3.5, -30.0),
        (np.inf, -30.0),
        (-np.inf, 10.0),
    ],
)
def test_values_between_times_are_interpolated_and_constant_outside(position, expected):
    curve = np.array([10.0, 20.0, -10.0, -30.0])
    assert value_at(curve, position) == pytest.approx(expected)


@pytest.mark.parametrize(("position", "expected"), [(0.5, 15.0), (1.0, 20.0), (9.0, 20.0)])
def test_a_curve_of_two_values(position, expected):
    assert value_at(np.array([10.0, 20.0]), position) == pytest.approx(expected)
