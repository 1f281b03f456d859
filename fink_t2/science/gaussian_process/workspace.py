"""Work arrays of a fit, allocated once for a whole batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from fink_t2.science.gaussian_process.cholesky import PANEL
from fink_t2.science.gaussian_process.lanes import WIDTH

FloatArray = npt.NDArray[np.float64]

#: Distance in days of the padding points from the light curve and from each other. The kernel is
#: zero there.
PADDING_DISTANCE = 1e12


class Workspace(NamedTuple):
    """Points of one light curve, padded, and the matrices of its likelihood.

    Vectors have the padded length, matrices are flat and row-major.
    """

    time: FloatArray
    """Days since the first point."""
    colour: FloatArray
    """Wavelength as of `fink_t2.science.gaussian_process.kernel.scaled_wavelength`."""
    flux: FloatArray
    """Flux divided by the curve's scale."""
    variance: FloatArray
    """Variance of the divided flux; zero for padding."""
    forward: FloatArray
    """Flux after forward elimination."""
    weight: FloatArray
    """K^-1 y."""
    inverse_pivot: FloatArray
    """Inverse diagonal of the triangular factor."""
    noisy: FloatArray
    """K^-1 D K^-1 y."""
    moved: FloatArray
    """K' K^-1 y, with K' = dK / d ln M_t."""
    block: FloatArray
    """One square block of a matrix."""
    matrix: FloatArray
    """K, later its triangular factor, and then its inverse."""
    unit: FloatArray
    """Unit triangular factor, with the opposite sign."""
    product: FloatArray
    """Inverse of the triangular factor, later K' K^-1."""
    first: FloatArray
    """dK / d ln M_t."""
    second: FloatArray
    """d2K / d ln M_t^2."""


@numba.njit(nogil=True, forceinline=True)
def padded(n) -> Any:  # type: ignore[no-untyped-def]
    """Return the number and the length of the rows of a matrix for n points, with padding."""
    return (n + PANEL - 1) // PANEL * PANEL, (n + WIDTH - 1) // WIDTH * WIDTH


@numba.njit(nogil=True)
def allocate(capacity) -> Any:  # type: ignore[no-untyped-def]
    """Return a workspace for up to `capacity` points, whose arrays are aligned to cache lines."""
    _, width = padded(capacity)
    vector = (width + 7) // 8 * 8
    matrix = (width * width + 7) // 8 * 8
    memory = np.zeros(9 * vector + WIDTH * WIDTH + 5 * matrix + 8)
    begin = (64 - memory.ctypes.data % 64) % 64 // 8
    blocks = begin + 9 * vector
    matrices = blocks + WIDTH * WIDTH
    return Workspace(
        memory[begin : begin + vector],
        memory[begin + vector : begin + 2 * vector],
        memory[begin + 2 * vector : begin + 3 * vector],
        memory[begin + 3 * vector : begin + 4 * vector],
        memory[begin + 4 * vector : begin + 5 * vector],
        memory[begin + 5 * vector : begin + 6 * vector],
        memory[begin + 6 * vector : begin + 7 * vector],
        memory[begin + 7 * vector : begin + 8 * vector],
        memory[begin + 8 * vector : blocks],
        memory[blocks:matrices],
        memory[matrices : matrices + matrix],
        memory[matrices + matrix : matrices + 2 * matrix],
        memory[matrices + 2 * matrix : matrices + 3 * matrix],
        memory[matrices + 3 * matrix : matrices + 4 * matrix],
        memory[matrices + 4 * matrix : matrices + 5 * matrix],
    )


@numba.njit(nogil=True)
def fill(n, points, colours, space) -> Any:  # type: ignore[no-untyped-def]
    """Copy n points to the workspace, followed by padding.

    Parameters
    ----------
    n : int
        Number of points.
    points : Points
        The light curve.
    colours : ndarray of float64, shape (M,)
        The passbands' wavelengths as of `scaled_wavelength`.
    space : Workspace
        Receives the points.
    """
    _, width = padded(n)
    for point in range(width):
        if point < n:
            space.time[point] = points.time[point]
            space.colour[point] = colours[points.passband[point]]
            space.flux[point] = points.flux[point]
            space.variance[point] = points.variance[point]
        else:
            space.time[point] = PADDING_DISTANCE * (point - n + 1)
            space.colour[point] = 0.0
            space.flux[point] = 0.0
            space.variance[point] = 0.0
