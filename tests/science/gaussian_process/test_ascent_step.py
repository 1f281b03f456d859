"""One step of Newton's method: eigenvalues of either sign, its length, and the bounds."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from fink_t2.science.gaussian_process.maximum import (
    AMPLITUDE_RANGE,
    FIRST_LOG_METRIC,
    LARGEST_LOG_METRIC,
    LONGEST_STEP,
    SMALLEST_LOG_METRIC,
    ascent_step,
    clip,
)

#: Start of ln a. With the positions used here, sums of position and step are exact: `ascent_step`
#: compares the step before and after it is kept within the bounds.
START = 0.0
#: The bounds of ln a and ln M_t.
LOW = -10.0, 0.0
HIGH = 10.0, np.log(1e6)


def step(slope, curvature, amplitude=START, metric=8.0):
    """Return the step and the gain for a Hessian (H00, H01, H11)."""
    *steps, gain = ascent_step(amplitude, metric, *slope, *curvature, START)
    return np.array(steps), gain


def test_published_bounds_and_start():
    assert AMPLITUDE_RANGE == 10.0
    assert SMALLEST_LOG_METRIC == 0.0
    assert_allclose(np.exp(LARGEST_LOG_METRIC), 1000.0**2)
    assert_allclose(np.exp(FIRST_LOG_METRIC), 20.0**2)


def test_clip():
    assert [clip(value, -1.0, 2.0) for value in (-3.0, -1.0, 0.5, 2.0, 3.0)] == [-1, -1, 0.5, 2, 2]


@pytest.mark.parametrize("seed", range(8))
def test_the_step_takes_eigenvalues_by_their_absolute_value(seed):
    generator = np.random.default_rng(seed)
    matrix = generator.normal(size=(2, 2))
    hessian = 4.0 * (matrix + matrix.T)
    values, vectors = np.linalg.eigh(hessian)
    expected = np.array([generator.uniform(-1.0, 1.0), generator.uniform(0.5, 1.5)])
    slope = vectors @ (np.abs(values) * (vectors.T @ expected))
    # From ln M_t = 0 a step towards larger values is exact; it needs a positive slope.
    slope[1] = max(slope[1], 0.1)
    expected = vectors @ ((vectors.T @ slope) / np.abs(values))
    assert expected[1] > 0
    expected *= min(1.0, 2.0 / np.abs(expected).max())
    found, gain = step(slope, (hessian[0, 0], hessian[0, 1], hessian[1, 1]), metric=0.0)
    assert_allclose(found, expected, rtol=1e-9)
    assert_allclose(gain, slope @ expected, rtol=1e-9)


def test_equal_eigenvalues():
    found, gain = step((1.0, -0.5), (-4.0, 0.0, -4.0))
    assert_allclose(found, [0.25, -0.125])
    assert_allclose(gain, 0.25 + 0.0625)


@pytest.mark.parametrize(
    ("slope", "expected"),
    [
        ((8.0, 1.0), (2.0, 0.25)),
        ((-8.0, 1.0), (-2.0, 0.25)),
        ((1.0, -8.0), (0.25, -2.0)),
        ((1.9, 1.0), (1.9, 1.0)),
    ],
)
def test_a_long_step_is_shortened_in_its_direction(slope, expected):
    assert LONGEST_STEP == 2.0
    assert_allclose(step(slope, (-1.0, 0.0, -1.0))[0], expected)


def test_an_eigenvalue_near_zero_has_a_lower_limit():
    # 1e-8 of the sum of middle and radius, which is the largest eigenvalue, and 1e-12.
    floor = 1e-8 + 1e-12
    found, _ = step((1e-9, 1e-9), (-1.0, 0.0, -1e-13), metric=0.0)
    assert_allclose(found, [1e-9, 1e-9 / floor])
    found, _ = step((1e-9, 1e-9), (-1e-13, 0.0, -1.0), metric=0.0)
    assert_allclose(found, [1e-9 / floor, 1e-9])
    found, _ = step((1e-7, 1e-7), (-100.0, 0.0, -1e-13), metric=0.0)
    assert_allclose(found, [1e-9, 1e-7 / (1e-6 + 1e-12)])
    # Two large eigenvalues of opposite signs: middle 0, radius 1.
    assert_allclose(step((0.5, 0.5), (-1.0, 0.0, 1.0))[0], [0.5, 0.5])


def test_a_hessian_of_zero_has_a_lower_limit():
    assert_allclose(step((1e-13, 1.5e-13), (0.0, 0.0, 0.0), metric=0.0)[0], [0.1, 0.15])


@pytest.mark.parametrize(("index", "sign"), [(0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)])
def test_a_parameter_at_its_bound_stays_while_the_gradient_points_outwards(index, sign):
    at = [START, 8.0]
    at[index] = (HIGH if sign > 0 else LOW)[index]
    slope = [0.3, 0.3]
    slope[index] = 0.7 * sign
    # The other parameter moves by itself, whatever the mixed derivative.
    curvature = (-2.0, 0.5, -4.0)
    expected = np.array([0.3 / 2.0, 0.3 / 4.0])
    expected[index] = 0.0
    found, gain = step(slope, curvature, *at)
    assert_allclose(found, expected)
    assert_allclose(gain, 0.3 * expected.sum())


@pytest.mark.parametrize(("index", "sign"), [(0, 1.0), (0, -1.0), (1, 1.0), (1, -1.0)])
def test_a_parameter_at_its_bound_leaves_it_when_the_gradient_points_inwards(index, sign):
    at = [START, 8.0]
    at[index] = (HIGH if sign > 0 else LOW)[index]
    slope = np.array([0.3, 0.3])
    slope[index] = -0.7 * sign
    assert_allclose(step(slope, (-2.0, 0.0, -4.0), *at)[0], slope / [2.0, 4.0])


@pytest.mark.parametrize("curvature", [-4.0, 4.0])
def test_a_single_free_parameter_goes_uphill_whatever_the_curvature(curvature):
    found, gain = step((1.0, 0.5), (curvature, 0.0, -1.0), metric=HIGH[1])
    assert_allclose(found, [0.25, 0.0])
    assert_allclose(gain, 0.25)
    found, gain = step((0.5, -1.0), (-1.0, 0.0, curvature), amplitude=HIGH[0])
    assert_allclose(found, [0.0, -0.25])
    assert_allclose(gain, 0.25)


@pytest.mark.parametrize(
    ("slope", "at"), [((1e-13, 0.5), (START, HIGH[1])), ((0.5, 1e-13), (HIGH[0], 8.0))]
)
def test_a_single_free_parameter_without_curvature_has_a_lower_limit(slope, at):
    found, _ = step(slope, (0.0, 0.0, 0.0), *at)
    assert_allclose(np.abs(found).max(), 0.1)


def test_no_gradient_is_no_step():
    assert_allclose(step((0.0, 0.0), (-1.0, 0.0, -1.0))[0], 0.0)
    assert step((0.0, 0.0), (-1.0, 0.0, -1.0))[1] == 0.0
    # A parameter without gradient is not free: the other one moves by itself.
    assert_allclose(step((0.0, 1.0), (-1.0, 0.9, -2.0))[0], [0.0, 0.5])
    assert_allclose(step((1.0, 0.0), (-2.0, 0.9, -1.0))[0], [0.5, 0.0])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_step_that_meets_the_bound_of_the_amplitude_goes_on_along_it(sign):
    # The whole step would be (0.5, 0.5); 0.125 of it is left in ln a. There the slope in ln M_t is
    # 1.5 + 1 * 0.125, and the curvature -4.
    slope, curvature = (1.5 * sign, 1.5 * sign), (-4.0, 1.0, -4.0)
    found, gain = step(slope, curvature, 10.0 * sign - 0.125 * sign, 4.0)
    assert_allclose(found, [0.125 * sign, 1.625 / 4.0 * sign])
    assert_allclose(gain, 1.5 * (0.125 + 1.625 / 4.0))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_step_that_meets_the_bound_of_the_metric_goes_on_along_it(sign):
    bound = (HIGH if sign > 0 else LOW)[1]
    found, gain = step((1.5 * sign, 1.5 * sign), (-4.0, 1.0, -4.0), START, bound - 0.125 * sign)
    assert_allclose(found, [1.625 / 4.0 * sign, 0.125 * sign])
    assert_allclose(gain, 1.5 * (0.125 + 1.625 / 4.0))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_step_along_a_bound_is_limited(sign):
    # Shortened to 2, it would be 10 along the bound; and it turns where the slope does.
    found, _ = step((8.0, 8.0 * sign), (-1.0, 0.0, -1.0), 9.875, 4.0)
    assert_allclose(found, [0.125, 2.0 * sign])
    found, _ = step((8.0 * sign, 8.0), (-1.0, 0.0, -1.0), START, HIGH[1] - 0.125)
    assert_allclose(found, [2.0 * sign, 0.125])


def test_the_step_along_a_bound_has_a_lower_limit_of_the_curvature():
    # The eigenvalues are +-2: the whole step is (0.5, 0.5), and along the bound the slope of 1 is
    # divided by a curvature of zero, and limited to 2.
    found, _ = step((1.0, 1.0), (0.0, 2.0, 0.0), 9.875, 4.0)
    assert_allclose(found, [0.125, 2.0])
    found, _ = step((1.0, 1.0), (0.0, 2.0, 0.0), START, HIGH[1] - 0.125)
    assert_allclose(found, [2.0, 0.125])


def test_the_step_along_a_bound_ends_at_the_other_bound():
    # The whole step would be (0.25, -0.25). Along the bound it would be 1.25 / 4 = 0.3125, of which
    # 0.28125 is left.
    curvature = (-4.0, 2.0, -4.0)
    found, _ = step((1.5, -1.5), curvature, 9.875, 0.28125)
    assert_allclose(found, [0.125, -0.28125])
    found, _ = step((1.5, -1.5), curvature, 9.875, 0.5)
    assert_allclose(found, [0.125, -0.3125])
    found, _ = step((1.5, -1.5), curvature, 9.71875, 0.125)
    assert_allclose(found, [0.28125, -0.125])
    found, _ = step((-1.5, -1.5), (-4.0, -2.0, -4.0), -9.71875, 0.125)
    assert_allclose(found, [-0.28125, -0.125])


def test_a_step_that_meets_both_bounds_ends_in_the_corner():
    found, gain = step((9.0, 9.0), (-1.0, 0.0, -1.0), HIGH[0] - 0.1, HIGH[1] - 0.2)
    assert_allclose(found, [0.1, 0.2])
    assert_allclose(gain, 9.0 * 0.3)


def test_a_step_cut_off_at_a_bound_does_not_move_a_parameter_that_is_not_free():
    # Without a gradient in ln M_t, and at its bound with a gradient outwards; in both cases the
    # mixed derivative alone would move it.
    found, _ = step((4.0, 0.0), (-4.0, -1.0, -4.0), 9.875, 4.0)
    assert_allclose(found, [0.125, 0.0])
    found, _ = step((4.0, 0.01), (-4.0, -1.0, -4.0), 9.875, HIGH[1])
    assert_allclose(found, [0.125, 0.0])
    found, _ = step((0.0, 4.0), (-4.0, -1.0, -4.0), START, HIGH[1] - 0.125)
    assert_allclose(found, [0.0, 0.125])


def test_a_step_along_a_bound_without_curvature_has_a_lower_limit():
    found, _ = step((0.5, 1e-13), (-1.0, 0.0, 0.0), 9.875, 0.0)
    assert_allclose(found, [0.125, 0.1])
    found, _ = step((1e-13, 0.5), (0.0, 0.0, -1.0), START, HIGH[1] - 0.125)
    assert_allclose(found, [0.1, 0.125])


@pytest.mark.parametrize(
    ("slope", "amplitude", "expected"),
    [
        (0.7, 12.0, 0.0),
        (0.7, 11.0, 0.35),
        (0.7, -8.0, 0.35),
        (-0.7, -8.0, 0.0),
        (-0.7, -7.0, -0.35),
        (-0.7, 12.0, -0.35),
        (1.4, -8.0, 0.7),
        (1.4, 12.0, 0.0),
    ],
)
def test_the_bounds_of_the_amplitude_lie_10_from_its_start(slope, amplitude, expected):
    *found, gain = ascent_step(amplitude, 8.0, slope, 0.0, -2.0, 0.0, -1.0, 2.0)
    assert_allclose(found, [expected, 0.0])
    assert_allclose(gain, slope * expected)


#: Newton's step leads uphill in one parameter and downhill in the other, whose slope is negative.
#: The bounds leave a thousandth of the first and 0.5 of the second, which is downhill.
BENT = (-2.0, 1.9, -2.0)


@pytest.mark.parametrize(
    ("slope", "expected"), [((-0.5, 1.0), (-0.25, 1e-3)), ((-9.0, 20.0), (-2.0, 1e-3))]
)
def test_where_the_bound_of_the_metric_leaves_a_step_downhill_parameters_are_separate(
    slope, expected
):
    found, gain = step(slope, BENT, 9.5, HIGH[1] - 1e-3)
    assert_allclose(found, expected)
    assert_allclose(gain, np.dot(slope, expected))


@pytest.mark.parametrize(
    ("slope", "expected"), [((1.0, -0.5), (1e-3, -0.25)), ((20.0, -9.0), (1e-3, -2.0))]
)
def test_where_the_bound_of_the_amplitude_leaves_a_step_downhill_parameters_are_separate(
    slope, expected
):
    found, gain = step(slope, BENT, 10.0 - 1e-3, HIGH[1] - 0.5)
    assert_allclose(found, expected)
    assert_allclose(gain, np.dot(slope, expected))


def test_separate_parameters_without_curvature_have_a_lower_limit():
    found, _ = step((-1e-13, 1.0), (0.0, 1.0, -1.0), 9.875, np.nextafter(HIGH[1], 0.0))
    assert_allclose(found, [-0.1, 0.0], atol=1e-14)
    found, _ = step((1.0, -1e-13), (-1.0, 1.0, 0.0), np.nextafter(10.0, 0.0), HIGH[1] - 0.125)
    assert_allclose(found, [0.0, -0.1], atol=1e-14)


def test_where_bounds_bend_the_step_downhill_each_parameter_goes_by_itself():
    # Newton's step is (-0.5, 1.6) or so, downhill in ln a; cut off at the bound of ln M_t, only
    # the part downhill would be left.
    slope, curvature = (0.5, 1.0), (-2.0, -1.9, -2.0)
    whole = -np.linalg.solve([[-2.0, -1.9], [-1.9, -2.0]], slope)
    assert whole[0] < 0 < whole[1]
    found, gain = step(slope, curvature, START, HIGH[1] - 1e-3)
    assert gain > 0
    assert found[1] == pytest.approx(1e-3)
    assert_allclose(gain, np.dot(slope, found))
