"""Magnitudes and FLUXCAL, the flux unit of all light curves in the package."""

from __future__ import annotations

from typing import Final

import numpy as np

from fink_t2.simulation.arrays import Array

#: Magnitude of a source with a FLUXCAL of 1.
FLUXCAL_ZERO_POINT: Final = 27.5


def flux_of(magnitude: Array) -> Array:
    """Return the FLUXCAL of magnitudes; 0 of an infinite one, same shape."""
    return 10 ** (-0.4 * (magnitude - FLUXCAL_ZERO_POINT))


def magnitude_of(flux: Array) -> Array:
    """Return the magnitudes of positive FLUXCAL, same shape."""
    return FLUXCAL_ZERO_POINT - 2.5 * np.log10(flux)
