"""Transients as cooling photospheres: a red light curve times a black body's colours.

The light curve at one rest wavelength is given, and so is the colour g - r as it evolves; a
black body of that colour gives every other wavelength, dimmed in the ultraviolet where the lines
of iron-group elements blanket it.
"""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array
from fink_t2.simulation.black_body import (
    COLOUR_WAVELENGTHS,
    planck_ratio,
    temperature_of_colour,
)

#: Rest wavelength (Angstrom) of the light curves.
REFERENCE_WAVELENGTH = COLOUR_WAVELENGTHS[1]


def colour_magnitude(colour: Array, wavelength: Array, blanketing: Array | float) -> Array:
    """Return the magnitude at a wavelength relative to the one at 6300 Angstrom.

    Parameters
    ----------
    colour : ndarray, shape (P,)
        g - r at rest, AB.
    wavelength : ndarray, shape (P,)
        Rest-frame Angstrom.
    blanketing : ndarray or float
        Magnitudes per 1000 Angstrom lost shortwards of 4300 Angstrom.

    Returns
    -------
    ndarray, shape (P,)
    """
    ratio = planck_ratio(wavelength, temperature_of_colour(colour), REFERENCE_WAVELENGTH)
    blanketed = blanketing * np.maximum(0.0, 4300.0 - wavelength) / 1000.0
    return blanketed - 2.5 * np.log10(np.maximum(ratio, 1e-30))


def soft_rise(phase: Array, duration: Array, power: float = 2.0) -> Array:
    """Return the magnitudes below maximum on the way up, infinite before the explosion.

    The flux is 1 - (1 - t / duration)^power with t the days since explosion: linear at first,
    flat at maximum, and the more abrupt the higher the power.

    Parameters
    ----------
    phase : ndarray, shape (P,)
        Days since maximum.
    duration : ndarray, shape (P,)
        Days from explosion to maximum.
    power : float
    """
    fraction = np.clip(phase / duration + 1.0, 0.0, 1.0)
    with np.errstate(divide="ignore"):
        return -2.5 * np.log10(1.0 - (1.0 - fraction) ** power)
