"""Points of one light curve for the fit: valid ones only, time from zero, flux of order one."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

#: Variance added to every point, in units of the scale squared. It keeps the covariance
#: positive definite where errors are zero, and is negligible at a signal-to-noise ratio below 1e5.
SMALLEST_VARIANCE: Final = 1e-10

# Values beyond these limits are no plausible measurements. They are set to the limits to keep
# squares and products finite in float64.
_LARGEST_VARIANCE = 1e20
_LARGEST_FLUX = 1e10
_LARGEST_TIME = 1e8
_SCALE_RANGE = (1e-140, 1e140)


FloatArray = npt.NDArray[np.float64]


class Points(NamedTuple):
    """Work arrays for the points of one light curve."""

    time: FloatArray
    """Days since the first point."""
    flux: FloatArray
    """Flux divided by the curve's scale."""
    variance: FloatArray
    """Variance of the divided flux."""
    passband: npt.NDArray[np.int64]
    """Index of the passband."""


@numba.njit(nogil=True)
def allocate_points(capacity) -> Any:  # type: ignore[no-untyped-def]
    """Return arrays for up to `capacity` points."""
    return Points(
        np.empty(capacity), np.empty(capacity), np.empty(capacity), np.empty(capacity, np.int64)
    )


@numba.njit(nogil=True)
def copy(n, source, target) -> Any:  # type: ignore[no-untyped-def]
    """Copy the first n points from one set of arrays to another."""
    for point in range(n):
        target.time[point] = source.time[point]
        target.flux[point] = source.flux[point]
        target.variance[point] = source.variance[point]
        target.passband[point] = source.passband[point]


@numba.njit(nogil=True, error_model="numpy")
def measurements(  # type: ignore[no-untyped-def]
    begin, end, time, flux, flux_error, passband, n_bands, points
) -> Any:
    """Copy the valid points of a light curve, with times from zero and fluxes divided by a scale.

    The scale is the published one: |flux| at the highest signal to noise, where
    ``S/N = |f| / sqrt(e^2 + (0.01 max f)^2)``.

    Parameters
    ----------
    begin, end : int
        Range of the light curve in the flat arrays.
    time, flux, flux_error, passband : ndarray, shape (P,)
        Flat arrays of all light curves of the batch.
    n_bands : int
        Number of passbands. Points with another passband, or with values that are not finite,
        are left out.
    points : Points
        Receives the valid points.

    Returns
    -------
    int, float
        Number of points, and the scale, which is zero where all fluxes are zero.
    """
    t, f, v, b = points
    n = 0
    brightest = 0.0
    highest = -np.inf
    for point in range(begin, end):
        if (
            np.isfinite(time[point])
            and np.isfinite(flux[point])
            and not np.isnan(flux_error[point])
            and 0 <= passband[point] < n_bands
        ):
            t[n] = time[point]
            f[n] = flux[point]
            v[n] = flux_error[point]
            b[n] = passband[point]
            brightest = max(brightest, abs(f[n]))
            highest = max(highest, f[n])
            n += 1
    if n == 0 or brightest == 0.0:
        return n, 0.0

    scale = brightest
    best = -1.0
    floor = 0.01 * highest / brightest
    for point in range(n):
        error = v[point] / brightest
        signal = abs(f[point]) / brightest
        ratio = signal / np.sqrt(error * error + floor * floor)
        if signal > 0.0 and ratio > best:
            best = ratio
            scale = abs(f[point])
    scale = min(max(scale, _SCALE_RANGE[0]), _SCALE_RANGE[1])

    first = t[0]
    for point in range(1, n):
        first = min(first, t[point])
    for point in range(n):
        t[point] = min(t[point] - first, _LARGEST_TIME)
        f[point] = min(max(f[point] / scale, -_LARGEST_FLUX), _LARGEST_FLUX)
        error = v[point] / scale
        v[point] = min(error * error, _LARGEST_VARIANCE) + SMALLEST_VARIANCE
    return n, scale
