"""Posterior mean of a fitted light curve on the grid of times and passbands."""

from __future__ import annotations

from typing import Any

import numba

from fink_t2.science.gaussian_process.kernel import SQUARED_DISTANCE_FACTOR, correlation
from fink_t2.science.gaussian_process.lanes import (
    WIDTH,
    broadcast,
    load,
    multiply_add,
    square_root,
    store,
)


@numba.njit(nogil=True, forceinline=True)
def predict(n, space, inverse_metric, grid_times, band_colours, row, grid) -> Any:  # type: ignore[no-untyped-def]
    """Fill `grid` with the sum over points of their correlation with the grid times their weight.

    Parameters
    ----------
    n : int
        Number of points.
    space : Workspace
        The fitted light curve, of which time, colour and weight are used.
    inverse_metric : float
        ``1 / M_t``.
    grid_times : ndarray of float64, shape (P,)
        Times of the grid, days since the first point, padded to the register's width.
    band_colours : ndarray of float64, shape (M,)
        Wavelengths as of `scaled_wavelength`.
    row : ndarray of float64, shape (P,)
        Work array.
    grid : ndarray of float64, shape (L, M)
        Posterior mean, which is overwritten.
    """
    length, n_bands = grid.shape
    metric = broadcast(SQUARED_DISTANCE_FACTOR * inverse_metric)
    for band in range(n_bands):
        colour = band_colours[band]
        for position in range(0, length, WIDTH):
            time = load(grid_times, position)
            mean = broadcast(0.0)
            for point in range(n):
                lag = time - broadcast(space.time[point])
                shift = colour - space.colour[point]
                s = square_root(multiply_add(lag * lag, metric, broadcast(shift * shift)))
                mean = multiply_add(broadcast(space.weight[point]), correlation(s), mean)
            store(row, position, mean)
        for position in range(length):
            grid[position, band] = row[position]
