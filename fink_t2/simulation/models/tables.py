"""Look-ups in tables of magnitudes over phase and wavelength."""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array


def interpolate_table(
    phases: Array, wavelengths: Array, table: Array, phase: Array, wavelength: Array
) -> Array:
    """Interpolate bilinearly in a table; outside it, hold its edges in wavelength.

    Before the first phase the result is infinite (a magnitude of no light at all); after the
    last one the last slope goes on.

    Parameters
    ----------
    phases : ndarray, shape (T,)
    wavelengths : ndarray, shape (W,)
    table : ndarray, shape (T, W)
    phase, wavelength : ndarray, shape (P,)

    Returns
    -------
    ndarray, shape (P,)
    """
    row = np.clip(np.searchsorted(phases, phase, side="right") - 1, 0, len(phases) - 2)
    column = np.clip(np.searchsorted(wavelengths, wavelength) - 1, 0, len(wavelengths) - 2)
    along = (phase - phases[row]) / (phases[row + 1] - phases[row])
    across = np.clip(
        (wavelength - wavelengths[column]) / (wavelengths[column + 1] - wavelengths[column]), 0, 1
    )
    early = table[row, column] * (1 - across) + table[row, column + 1] * across
    late = table[row + 1, column] * (1 - across) + table[row + 1, column + 1] * across
    return np.where(phase < phases[0], np.inf, early + (late - early) * along)
