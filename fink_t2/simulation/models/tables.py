"""Interpolation in tables of magnitudes over phase and wavelength."""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array


def interpolate_table(
    phases: Array, wavelengths: Array, table: Array, phase: Array, wavelength: Array
) -> Array:
    """Interpolate bilinearly in a table of magnitudes.

    Beyond the wavelengths of the table the values at its ends are used. Before the first phase
    the magnitude is infinite, and after the last one the last slope is continued.

    Parameters
    ----------
    phases : ndarray, shape (T,)
        Phases of the table, increasing.
    wavelengths : ndarray, shape (W,)
        Wavelengths of the table, increasing.
    table : ndarray, shape (T, W)
        Magnitudes.
    phase, wavelength : ndarray, shape (P,)
        Phases and wavelengths at which the magnitude is wanted.

    Returns
    -------
    ndarray, shape (P,)
        Magnitudes.
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
