"""Distances and volumes of a flat ΛCDM universe, tabulated once and interpolated."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fink_t2.simulation.arrays import Array

HUBBLE_CONSTANT = 70.0  # km / s / Mpc
MATTER_DENSITY = 0.3
SPEED_OF_LIGHT = 299_792.458  # km / s
HIGHEST_REDSHIFT = 4.0


@lru_cache(maxsize=1)
def _table() -> tuple[Array, Array]:
    redshift = np.concatenate([[0.0], np.geomspace(1e-5, HIGHEST_REDSHIFT, 4000)])
    inverse_rate = 1.0 / np.sqrt(MATTER_DENSITY * (1 + redshift) ** 3 + 1 - MATTER_DENSITY)
    steps = 0.5 * (inverse_rate[1:] + inverse_rate[:-1]) * np.diff(redshift)
    comoving = SPEED_OF_LIGHT / HUBBLE_CONSTANT * np.concatenate([[0.0], np.cumsum(steps)])
    return redshift, comoving


def comoving_distance(redshift: Array) -> Array:
    """Return the comoving distance in Mpc, same shape as `redshift`."""
    table_redshift, table_distance = _table()
    return np.interp(redshift, table_redshift, table_distance)


def distance_modulus(redshift: Array) -> Array:
    """Return the distance modulus in magnitudes, 5 log10(d_L / 10 pc)."""
    luminosity_distance = (1 + redshift) * comoving_distance(redshift)
    return 5 * np.log10(luminosity_distance) + 25


def draw_redshift(
    generator: np.random.Generator, size: int, highest: float, evolution: float = 0.0
) -> Array:
    """Draw redshifts of events with a constant rate per comoving volume and rest-frame time.

    The density is dV/dz (1 + z)^(evolution - 1): the events' clock runs slower by 1 + z.

    Parameters
    ----------
    generator : numpy.random.Generator
    size : int
    highest : float
        Upper end of the redshifts.
    evolution : float
        Power of (1 + z) with which the volumetric rate grows.

    Returns
    -------
    ndarray, shape (size,)
    """
    redshift = np.linspace(1e-4, highest, 2000)
    distance = comoving_distance(redshift)
    density = distance**2 * np.gradient(distance, redshift) * (1 + redshift) ** (evolution - 1)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    return np.interp(generator.random(size), cumulative / cumulative[-1], redshift)
