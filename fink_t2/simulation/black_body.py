"""Colours of black bodies, and the temperature that belongs to a colour."""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array

#: Second radiation constant h c / k, Angstrom Kelvin.
SECOND_RADIATION_CONSTANT = 1.438777e8

#: Rest-frame wavelengths of the colour g - r of the models, Angstrom (similar to SDSS g and r).
COLOUR_WAVELENGTHS = (4800.0, 6300.0)


def planck_ratio(wavelength: Array, temperature: Array, reference: float | Array) -> Array:
    """Return F_nu(wavelength) / F_nu(reference) of a black body.

    Parameters
    ----------
    wavelength : ndarray
        Wavelengths in the frame of the black body, Angstrom.
    temperature : ndarray
        Temperatures, Kelvin, of a shape that broadcasts with `wavelength`.
    reference : float or ndarray
        Wavelengths that the result is relative to, Angstrom.
    """
    here = np.minimum(SECOND_RADIATION_CONSTANT / (wavelength * temperature), 300.0)
    there = np.minimum(SECOND_RADIATION_CONSTANT / (reference * temperature), 300.0)
    return (reference / wavelength) ** 3 * np.expm1(there) / np.expm1(here)


_TEMPERATURES = np.geomspace(1500.0, 60_000.0, 400)
_COLOURS = -2.5 * np.log10(
    planck_ratio(
        np.full(400, COLOUR_WAVELENGTHS[0]), _TEMPERATURES, np.full(400, COLOUR_WAVELENGTHS[1])
    )
)


def temperature_of_colour(colour: Array) -> Array:
    """Return the temperature of a black body from its colour.

    Parameters
    ----------
    colour : ndarray
        Colours g - r, AB magnitudes, any shape.

    Returns
    -------
    ndarray
        Temperatures between 1500 and 60,000 K, same shape. Bluer colours than that of 60,000 K
        (g - r of about -0.5) give 60,000 K, and redder ones than that of 1500 K give 1500 K.
    """
    return np.interp(-np.asarray(colour), -_COLOURS, _TEMPERATURES)
