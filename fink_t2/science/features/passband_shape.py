"""Features of one passband of an interpolated light curve."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from fink_t2.science.features.mean_curve import largest_size, steps_per_day, value_at

#: Smallest flux that the decline is divided by, FLUXCAL.
SMALLEST_FLUX: Final = 1e-12


class PassbandShape(NamedTuple):
    """Features that `passband_shape` computes."""

    log_points: float
    share: float
    fall_15: float
    delay: float


@numba.njit(nogil=True, error_model="numpy")
def passband_shape(flux, n_points, brightest, top, step) -> Any:  # type: ignore[no-untyped-def]
    """Compute the features of one passband of one light curve.

    Parameters
    ----------
    flux : ndarray of float64, shape (L,)
        Interpolated flux in the passband; L is 2 or more.
    n_points : int
        Number of points in the passband.
    brightest : float
        Largest absolute interpolated flux in any passband; not zero.
    top : int
        Index of the maximum of the mean curve.
    step : float
        Days between two times of the grid.

    Returns
    -------
    PassbandShape
    """
    own_top = flux.argmax()
    own_peak = flux[own_top]
    later = value_at(flux, own_top + 15.0 * steps_per_day(step))
    largest = max(largest_size(flux), SMALLEST_FLUX)
    return PassbandShape(
        log_points=np.log10(1.0 + n_points),
        share=own_peak / brightest,
        fall_15=(own_peak - later) / largest,
        delay=np.arcsinh((own_top - top) * step),
    )
