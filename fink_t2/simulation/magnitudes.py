"""Magnitudes and FLUXCAL, the flux unit of all light curves in the package."""

from __future__ import annotations

from typing import Final

import numpy as np

from fink_t2.simulation.arrays import Array

#: AB magnitude of a source with a flux of 1 FLUXCAL.
FLUXCAL_ZERO_POINT: Final = 27.5


def flux_of(magnitude: Array) -> Array:
    """Return the flux, FLUXCAL, of magnitudes of any shape; an infinite magnitude gives 0."""
    return 10 ** (-0.4 * (magnitude - FLUXCAL_ZERO_POINT))


def magnitude_of(flux: Array) -> Array:
    """Return the magnitudes of positive fluxes, FLUXCAL, of any shape."""
    return FLUXCAL_ZERO_POINT - 2.5 * np.log10(flux)
