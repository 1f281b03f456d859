"""Black bodies: colour from temperature, and back."""

from __future__ import annotations

import numpy as np

from fink_t2.simulation.arrays import Array

#: h c / k in Angstrom Kelvin.
SECOND_RADIATION_CONSTANT = 1.438777e8

#: Rest wavelengths (Angstrom) between which the models quote a colour: SDSS-like g and r.
COLOUR_WAVELENGTHS = (4800.0, 6300.0)


def planck_ratio(wavelength: Array, temperature: Array, reference: float | Array) -> Array:
    """Return F_nu(wavelength) / F_nu(reference) of a black body.

    Parameters
    ----------
    wavelength : ndarray
        Angstrom, in the frame of the black body.
    temperature : ndarray
        Kelvin.
    reference : float or ndarray
        Angstrom.
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
    """Return the temperature (Kelvin) of a black body of the given g - r (AB magnitudes).

    Colours bluer than a black body of 60,000 K (g - r of about -0.5) get 60,000 K.
    """
    return np.interp(-np.asarray(colour), -_COLOURS, _TEMPERATURES)
