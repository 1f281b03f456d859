"""The mean curve of an interpolated light curve, and values between its times."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

#: A step of the grid shorter than this many days counts as a step of no length: all points are
#: at nearly one time.
SHORTEST_STEP: Final = 1e-6


@numba.njit(nogil=True, error_model="numpy")
def largest_size(values) -> Any:  # type: ignore[no-untyped-def]
    """Return the largest absolute value of an array.

    Parameters
    ----------
    values : ndarray of float64, shape (L,)
    """
    largest = 0.0
    for position in range(values.size):
        largest = max(largest, abs(values[position]))
    return largest


@numba.njit(nogil=True, error_model="numpy")
def mean_curve(grid) -> Any:  # type: ignore[no-untyped-def]
    """Sum the interpolated flux over passbands and divide it by its largest absolute value.

    Parameters
    ----------
    grid : ndarray of float64, shape (L, M)
        Interpolated flux at L times in M passbands.

    Returns
    -------
    curve : ndarray of float64, shape (L,)
        The mean curve; zero where `largest` is zero.
    largest : float
        Largest absolute value of the sum over passbands.
    """
    length, n_bands = grid.shape
    total = np.zeros(length)
    for position in range(length):
        for band in range(n_bands):
            total[position] += grid[position, band]
    largest = largest_size(total)
    if largest > 0.0:
        total /= largest
    return total, largest


@numba.njit(nogil=True, error_model="numpy")
def steps_per_day(step) -> Any:  # type: ignore[no-untyped-def]
    """Return the number of grid steps in a day.

    Parameters
    ----------
    step : float
        Days between two times of the grid.

    Returns
    -------
    float
        Zero where all points are at nearly one time, so that the value some days later is the
        value at the same time.
    """
    return 1.0 / step if step > SHORTEST_STEP else 0.0


@numba.njit(nogil=True, error_model="numpy")
def value_at(curve, position) -> Any:  # type: ignore[no-untyped-def]
    """Interpolate linearly between the values of a curve.

    Parameters
    ----------
    curve : ndarray of float64, shape (L,)
        Values at the positions 0 to L - 1; L is 2 or more.
    position : float
        Any position; before the first and after the last value the curve is constant.

    Returns
    -------
    float
    """
    position = min(max(position, 0.0), curve.size - 1.0)
    below = min(int(position), curve.size - 2)
    part = position - below
    return curve[below] * (1.0 - part) + curve[below + 1] * part
