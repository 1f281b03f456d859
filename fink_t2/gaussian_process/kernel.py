"""The Matern-3/2 kernel over time and wavelength, and its derivatives in the time scale."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

#: Scale of the kernel along wavelength, Angstrom; fixed (Boone 2019; arXiv:2105.06178).
WAVELENGTH_SCALE: Final = 6000.0

SMALLEST = 1e-300


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def correlations(  # type: ignore[no-untyped-def]
    n_pairs, squared_lag, squared_colour, inverse_metric, value, first, second
) -> Any:
    """Evaluate the kernel of unit amplitude for every pair of points.

    With r2 = dt^2 / M_t + dlambda^2 / 6000^2 and s = sqrt(3 r2)::

        k              = (1 + s) exp(-s)
        dk / d ln M_t  = 3/2 u exp(-s),                  u = dt^2 / M_t
        d2k / d ln M_t^2 = dk / d ln M_t (3 u / (2 s) - 1)
    """
    for pair in range(n_pairs):
        u = squared_lag[pair] * inverse_metric
        s = np.sqrt(3.0 * u + squared_colour[pair])
        decay = np.exp(-s)
        value[pair] = (1.0 + s) * decay
        slope = 1.5 * u * decay
        first[pair] = slope
        second[pair] = slope * (1.5 * u / (s + SMALLEST) - 1.0)
