"""Features of the measured fluxes, without their times."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

#: Errors below this FLUXCAL are replaced by it, so that ratios to the error stay finite.
SMALLEST_ERROR: Final = 1e-6

#: Smallest value whose logarithm is taken: of a flux in FLUXCAL, and of a signal-to-noise ratio.
SMALLEST_FLUX: Final = 1e-3
SMALLEST_SIGNAL_TO_NOISE: Final = 1e-3

#: Smallest amplitude and flux that enter their ratio, FLUXCAL.
SMALLEST_AMPLITUDE: Final = 1e-6

#: Points below this fraction of the largest absolute flux in their passband count as faint.
FAINT_FRACTION: Final = 0.5


class Brightness(NamedTuple):
    """Features that `brightness` computes."""

    log_peak_flux: float
    negative_fraction: float
    log_amplitude: float
    log_signal_to_noise: float
    fainter_fraction: float


@numba.njit(nogil=True, error_model="numpy")
def brightness(flux, flux_error, passband, n_bands, amplitude) -> Any:  # type: ignore[no-untyped-def]
    """Compute the features of the fluxes of one light curve.

    Parameters
    ----------
    flux, flux_error : ndarray of float64, shape (P,)
        Flux and error of at least one point, FLUXCAL.
    passband : ndarray of int8, shape (P,)
        Index of the passband of each point.
    n_bands : int
        Number of passbands.
    amplitude : float
        Fitted amplitude of the Gaussian process, FLUXCAL squared.

    Returns
    -------
    Brightness
    """
    n_points = flux.size
    peak = 0.0
    largest = np.zeros(n_bands)
    n_negative = 0
    signal_to_noise = np.empty(n_points)
    for point in range(n_points):
        size = abs(flux[point])
        peak = max(peak, size)
        largest[passband[point]] = max(largest[passband[point]], size)
        n_negative += flux[point] < 0.0
        signal_to_noise[point] = size / max(flux_error[point], SMALLEST_ERROR)
    n_faint = 0
    for point in range(n_points):
        n_faint += abs(flux[point]) < FAINT_FRACTION * largest[passband[point]]
    relative_amplitude = max(np.sqrt(amplitude), SMALLEST_AMPLITUDE) / max(peak, SMALLEST_AMPLITUDE)
    return Brightness(
        log_peak_flux=np.log10(max(peak, SMALLEST_FLUX)),
        negative_fraction=n_negative / n_points,
        log_amplitude=np.log10(relative_amplitude),
        log_signal_to_noise=np.log10(max(np.median(signal_to_noise), SMALLEST_SIGNAL_TO_NOISE)),
        fainter_fraction=n_faint / n_points,
    )
