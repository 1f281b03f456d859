"""Transients with a cooling photosphere.

A model consists of the light curve at one rest-frame wavelength and the evolution of the colour
g - r. A black body of this colour determines the magnitude at other wavelengths; the ultraviolet is
dimmed by the line blanketing of iron-group elements.
"""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array
from fink_t2.simulation.black_body import (
    COLOUR_WAVELENGTHS,
    planck_ratio,
    temperature_of_colour,
)

#: Rest-frame wavelength of the light curves, Angstrom.
REFERENCE_WAVELENGTH = COLOUR_WAVELENGTHS[1]


def colour_magnitude(colour: Array, wavelength: Array, blanketing: Array | float) -> Array:
    """Return the magnitude at a wavelength relative to the one at 6300 Angstrom.

    Parameters
    ----------
    colour : ndarray, shape (P,)
        Rest-frame colours g - r, AB magnitudes.
    wavelength : ndarray, shape (P,)
        Rest-frame wavelengths, Angstrom.
    blanketing : ndarray or float
        Line blanketing below 4300 Angstrom, magnitudes per 1000 Angstrom.

    Returns
    -------
    ndarray, shape (P,)
        Magnitudes.
    """
    ratio = planck_ratio(wavelength, temperature_of_colour(colour), REFERENCE_WAVELENGTH)
    blanketed = blanketing * np.maximum(0.0, 4300.0 - wavelength) / 1000.0
    return blanketed - 2.5 * np.log10(np.maximum(ratio, 1e-30))


def soft_rise(phase: Array, duration: Array, power: float = 2.0) -> Array:
    """Return the magnitudes below maximum during the rise.

    The flux is 1 - (1 - t / duration)^power, where t are the days since explosion. It rises
    linearly at first, the faster the higher the power, and is flat at maximum.

    Parameters
    ----------
    phase : ndarray, shape (P,)
        Days since maximum.
    duration : ndarray, shape (P,)
        Days from explosion to maximum.
    power : float
        Exponent of the rise.

    Returns
    -------
    ndarray, shape (P,)
        Magnitudes, infinite before the explosion.
    """
    fraction = np.clip(phase / duration + 1.0, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        return -2.5 * np.log10(1.0 - (1.0 - fraction) ** power)
