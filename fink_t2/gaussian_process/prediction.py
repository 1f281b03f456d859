"""Posterior mean of a fitted light curve on the grid of times and passbands."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from fink_t2.gaussian_process.kernel import WAVELENGTH_SCALE


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def predict(  # type: ignore[no-untyped-def]
    n, time, passband, weight, wavelengths, inverse_metric, step, grid
) -> Any:
    """Add up k(grid, points) w into `grid` (M, L); times count from the first point."""
    n_bands, length = grid.shape
    grid[:, :] = 0.0
    for band in range(n_bands):
        for point in range(n):
            colour = (wavelengths[band] - wavelengths[passband[point]]) / WAVELENGTH_SCALE
            squared_colour = 3.0 * colour * colour
            scale = weight[point]
            for place in range(length):
                lag = place * step - time[point]
                s = np.sqrt(3.0 * lag * lag * inverse_metric + squared_colour)
                grid[band, place] += scale * (1.0 + s) * np.exp(-s)
