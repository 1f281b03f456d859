"""Distances and redshifts in a flat ΛCDM universe."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from astropy.cosmology import FlatLambdaCDM

from fink_t2.simulation.arrays import Array

COSMOLOGY: Final = FlatLambdaCDM(H0=70.0, Om0=0.3)
HIGHEST_REDSHIFT: Final = 4.0


@lru_cache(maxsize=1)
def _distance_table() -> tuple[Array, Array]:
    """Return redshifts and comoving distances, Mpc; interpolation is 15 times as fast."""
    redshift = np.concatenate([[0.0], np.geomspace(1e-5, HIGHEST_REDSHIFT, 4000)])
    return redshift, COSMOLOGY.comoving_distance(redshift).value


def comoving_distance(redshift: Array) -> Array:
    """Return the comoving distance, Mpc.

    Parameters
    ----------
    redshift : ndarray
        Redshifts from 0 to `HIGHEST_REDSHIFT`, any shape.

    Returns
    -------
    ndarray
        Distances with a relative error below 1e-6, same shape.
    """
    return np.interp(redshift, *_distance_table())


def distance_modulus(redshift: Array) -> Array:
    """Return the distance modulus 5 log10(d_L / 10 pc), magnitudes.

    Parameters
    ----------
    redshift : ndarray
        Redshifts above 0 and up to `HIGHEST_REDSHIFT`, any shape.
    """
    luminosity_distance = (1 + redshift) * comoving_distance(redshift)
    return 5 * np.log10(luminosity_distance) + 25


def draw_redshift(
    generator: np.random.Generator, size: int, highest: float, evolution: float = 0.0
) -> Array:
    """Draw redshifts of events with a given rate per comoving volume and rest-frame time.

    The density is dV/dz (1 + z)^(evolution - 1), because the rate that is observed is lower by
    1 + z than the rate in the rest frame.

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    size : int
        Number of redshifts.
    highest : float
        Upper end of the redshifts.
    evolution : float
        The rate in the rest frame is proportional to (1 + z) to this power.

    Returns
    -------
    ndarray, shape (size,)
        Redshifts in random order.
    """
    redshift = np.linspace(1e-4, highest, 2000)
    # dV/dz is proportional to D_C^2 / E(z); Hogg (1999, arXiv:astro-ph/9905116), equation 28.
    volume = comoving_distance(redshift) ** 2 * COSMOLOGY.inv_efunc(redshift)
    density = volume * (1 + redshift) ** (evolution - 1)
    cumulative = np.concatenate([[0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))])
    return np.interp(generator.random(size), cumulative / cumulative[-1], redshift)
