"""Extinction by dust, in the Milky Way and in host galaxies."""

from __future__ import annotations

import numpy as np
from dust_extinction.parameter_averages import CCM89

from fink_t2.simulation.arrays import Array


def extinction_curve(wavelength: Array, ratio: float | Array = 3.1) -> Array:
    """Return A(wavelength) / A(V) after Cardelli, Clayton & Mathis (1989, ApJ 345, 245).

    Parameters
    ----------
    wavelength : ndarray
        Wavelengths, Angstrom. Outside the range of the curve, 0.1 to 3.3 um, the value of its
        end is returned.
    ratio : float or ndarray
        R_V = A(V) / E(B-V), of a shape that broadcasts with that of `wavelength`.

    Returns
    -------
    ndarray
        A(wavelength) / A(V), of the common shape.
    """
    wavenumber = np.clip(1e4 / wavelength, *CCM89.x_range)
    # The function behind the model takes arrays of R_V, which the model itself does not.
    extinction: Array = CCM89.evaluate(wavenumber, ratio)
    return extinction
