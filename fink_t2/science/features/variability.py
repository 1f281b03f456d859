"""Features of the changes of flux between points of the same passband."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from fink_t2.science.features.brightness import SMALLEST_ERROR

#: Part of every flux that is added in quadrature to its error, because light curves of high
#: signal to noise scatter by more than their errors.
SYSTEMATIC_ERROR: Final = 0.01

#: Smallest reduced chi squared whose logarithm is taken.
SMALLEST_CHI_SQUARED: Final = 1e-2

#: Points less than this many days apart count as successive in the fast scatter.
FAST_DAYS: Final = 1.5

#: Smallest variance of a flux difference, FLUXCAL squared.
SMALLEST_VARIANCE: Final = 1e-12

#: Largest value of ``roughness``. Differences of uncorrelated fluxes give 2 on average.
LARGEST_ROUGHNESS: Final = 4.0


class Variability(NamedTuple):
    """Features that `variability` computes."""

    log_variability: float
    log_fast_scatter: float
    roughness: float


@numba.njit(nogil=True, error_model="numpy")
def variability(time, flux, flux_error, passband, n_bands) -> Any:  # type: ignore[no-untyped-def]
    """Compute the features of the changes of flux of one light curve.

    Parameters
    ----------
    time, flux, flux_error : ndarray of float64, shape (P,)
        Days, and FLUXCAL with its error, of at least one point, sorted by time.
    passband : ndarray of int8, shape (P,)
        Index of the passband of each point.
    n_bands : int
        Number of passbands.

    Returns
    -------
    Variability
    """
    n_points = flux.size
    # Sums over the points of each passband: of weights, weighted fluxes and their squares, which
    # give chi squared, and of points, fluxes and their squares, which give the scatter.
    sums = np.zeros((6, n_bands))
    weights, weighted, weighted_square = sums[0], sums[1], sums[2]
    count, total, total_square = sums[3], sums[4], sums[5]
    for point in range(n_points):
        value, band = flux[point], passband[point]
        error = max(flux_error[point], SMALLEST_ERROR)
        weight = 1.0 / (error * error + SYSTEMATIC_ERROR * SYSTEMATIC_ERROR * value * value)
        weights[band] += weight
        weighted[band] += weight * value
        weighted_square[band] += weight * value * value
        count[band] += 1.0
        total[band] += value
        total_square[band] += value * value
    chi_squared, degrees_of_freedom, deviations = 0.0, 0.0, 0.0
    for band in range(n_bands):
        if count[band] > 1.0:
            chi_squared += weighted_square[band] - weighted[band] ** 2 / weights[band]
            degrees_of_freedom += count[band] - 1.0
            deviations += max(total_square[band] - total[band] ** 2 / count[band], 0.0)

    previous = np.full(n_bands, -1)
    differences, fast, n_fast = 0.0, 0.0, 0
    for point in range(n_points):
        before = previous[passband[point]]
        previous[passband[point]] = point
        if before < 0:
            continue
        difference = flux[point] - flux[before]
        differences += difference * difference
        if time[point] - time[before] < FAST_DAYS:
            variance = flux_error[point] ** 2 + flux_error[before] ** 2
            fast += difference * difference / max(variance, SMALLEST_VARIANCE)
            n_fast += 1

    reduced = 1.0
    if degrees_of_freedom > 0.0:
        reduced = max(chi_squared / degrees_of_freedom, SMALLEST_CHI_SQUARED)
    return Variability(
        log_variability=np.log10(reduced),
        log_fast_scatter=np.log10(1.0 + fast / n_fast) if n_fast > 0 else 0.0,
        roughness=min(differences / deviations, LARGEST_ROUGHNESS) if deviations > 0.0 else 0.0,
    )
