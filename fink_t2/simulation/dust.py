"""Extinction by dust, in the Milky Way and in host galaxies."""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array


def extinction_curve(wavelength: Array, ratio: float | Array = 3.1) -> Array:
    """Return A(wavelength) / A(V).

    Cardelli, Clayton & Mathis (1989, ApJ 345, 245), equations 2 to 4, with the optical
    coefficients as published there; the far ultraviolet is held at its value at 10/um.

    Parameters
    ----------
    wavelength : ndarray
        Angstrom.
    ratio : float or ndarray
        R_V = A(V) / E(B-V).

    Returns
    -------
    ndarray
        Same shape as `wavelength`.
    """
    x = np.clip(1e4 / np.asarray(wavelength, dtype=np.float64), 0.3, 8.0)
    y = x - 1.82
    optical_a = np.polynomial.polynomial.polyval(
        y, [1.0, 0.17699, -0.50447, -0.02427, 0.72085, 0.01979, -0.77530, 0.32999]
    )
    optical_b = np.polynomial.polynomial.polyval(
        y, [0.0, 1.41338, 2.28305, 1.07233, -5.38434, -0.62251, 5.30260, -2.09002]
    )
    ultraviolet_a = 1.752 - 0.316 * x - 0.104 / ((x - 4.67) ** 2 + 0.341)
    ultraviolet_b = -3.090 + 1.825 * x + 1.206 / ((x - 4.62) ** 2 + 0.263)
    a = np.where(x < 1.1, 0.574 * x**1.61, np.where(x < 3.3, optical_a, ultraviolet_a))
    b = np.where(x < 1.1, -0.527 * x**1.61, np.where(x < 3.3, optical_b, ultraviolet_b))
    return a + b / ratio
