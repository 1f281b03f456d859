"""The memory of a fit: sizes, alignment, and the padding of a light curve."""

import numpy as np
import pytest
from light_curve_space import COLOURS, new_workspace, random_points
from numpy.testing import assert_array_equal

from fink_t2.science.gaussian_process.cholesky import PANEL
from fink_t2.science.gaussian_process.lanes import WIDTH
from fink_t2.science.gaussian_process.workspace import (
    PADDING_DISTANCE,
    Workspace,
    allocate,
    padded,
)

VECTORS = (
    "time", "colour", "flux", "variance", "forward", "weight", "inverse_pivot", "noisy", "moved",
)  # fmt: skip
MATRICES = ("matrix", "unit", "product", "first", "second")


@pytest.mark.parametrize("n", [1, 3, 4, 5, 8, 9, 16, 17, 160])
def test_rows_and_row_length_are_the_next_multiples(n):
    rows, width = padded(n)
    assert rows % PANEL == width % WIDTH == 0
    assert n <= rows < n + PANEL
    assert n <= width < n + WIDTH


def test_a_panel_has_four_rows():
    assert PANEL == 4


def address(array):
    return array.__array_interface__["data"][0]


@pytest.mark.parametrize("capacity", [1, 5, 8, 13, 30, 60])
def test_arrays_have_room_do_not_overlap_and_are_aligned(capacity):
    space = allocate(capacity)
    _, width = padded(capacity)
    assert set(VECTORS) | set(MATRICES) | {"block"} == set(Workspace._fields)
    for name in VECTORS:
        assert width <= getattr(space, name).size < width + 8
    for name in MATRICES:
        assert width * width <= getattr(space, name).size < width * width + 8
    assert space.block.size == WIDTH * WIDTH
    end = 0
    for name in Workspace._fields:
        array = getattr(space, name)
        assert address(array) % 64 == 0, name
        assert address(array) >= end, name
        end = address(array) + array.nbytes
        assert not array.any()


def test_all_arrays_lie_in_one_piece_of_memory():
    space = allocate(13)
    arrays = [getattr(space, name) for name in Workspace._fields]
    assert address(arrays[-1]) + arrays[-1].nbytes - address(arrays[0]) == sum(
        array.nbytes for array in arrays
    )


@pytest.mark.parametrize("n", [1, 7, 8, 9, 13])
def test_points_are_followed_by_padding_far_away(n):
    points = random_points(n, seed=n)
    space = new_workspace(n, points, COLOURS)
    _, width = padded(n)
    assert_array_equal(space.time[:n], points.time)
    assert_array_equal(space.flux[:n], points.flux)
    assert_array_equal(space.variance[:n], points.variance)
    assert_array_equal(space.colour[:n], COLOURS[points.passband])
    assert PADDING_DISTANCE == 1e12
    assert_array_equal(space.time[n:width], 1e12 * np.arange(1, width - n + 1))
    for name in ("flux", "variance", "colour"):
        assert_array_equal(getattr(space, name)[n:width], 0.0)


def test_padding_overwrites_what_a_longer_curve_has_left():
    space = allocate(20)
    for name in VECTORS:
        getattr(space, name)[:] = 7.0
    fill_points = random_points(9, seed=1)
    from fink_t2.science.gaussian_process.workspace import fill

    fill(9, fill_points, COLOURS, space)
    assert_array_equal(space.flux[9:16], 0.0)
    assert_array_equal(space.variance[9:16], 0.0)
    assert_array_equal(space.colour[9:16], 0.0)
