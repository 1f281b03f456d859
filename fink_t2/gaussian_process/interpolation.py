"""Interpolation of a batch of light curves with one Gaussian process each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from fink_t2.gaussian_process.binning import MOST_POINTS, shorten
from fink_t2.gaussian_process.kernel import WAVELENGTH_SCALE, correlations
from fink_t2.gaussian_process.likelihood import factorise, solve
from fink_t2.gaussian_process.maximum import FIRST_LOG_METRIC, maximise
from fink_t2.gaussian_process.prediction import predict

FloatArray = npt.NDArray[np.float64]

#: Variance added to every point, in units of the squared flux that the curve is
#: divided by: keeps the covariance positive definite where errors are zero.
SMALLEST_VARIANCE: Final = 1e-10
LARGEST_VARIANCE: Final = 1e20

SIGNATURE: Final = (
    "void(int64[::1], float64[::1], float64[::1], float64[::1], int8[::1], float64[::1], "
    "float64[:, :, ::1], float64[::1], float64[::1], float64[::1], boolean[::1])"
)


@dataclass(frozen=True)
class Interpolation:
    """Light curves interpolated on equally spaced times in every passband.

    Attributes
    ----------
    flux : ndarray of float64, shape (N, L, M)
        Posterior mean on L equally spaced times from the first to the last point, in
        each of M passbands; unit of the input flux. Zero for an empty curve.
    amplitude : ndarray of float64, shape (N,)
        Fitted kernel amplitude ``a``, flux squared, of
        ``k = a (1 + sqrt(3 r2)) exp(-sqrt(3 r2))``.
    time_scale : ndarray of float64, shape (N,)
        Square root of the fitted ``M_t``, days.
    log_likelihood : ndarray of float64, shape (N,)
        Log-likelihood at the fitted parameters.
    converged : ndarray of bool, shape (N,)
        Whether the fit came to an end at a maximum inside the bounds. False also where
        there was nothing to fit (no point, or no flux other than zero).
    """

    flux: FloatArray
    amplitude: FloatArray
    time_scale: FloatArray
    log_likelihood: FloatArray
    converged: npt.NDArray[np.bool_]


def interpolate(
    starts: npt.ArrayLike,
    time: npt.ArrayLike,
    flux: npt.ArrayLike,
    flux_error: npt.ArrayLike,
    passband: npt.ArrayLike,
    wavelengths: npt.ArrayLike,
    grid_length: int = 100,
) -> Interpolation:
    """Interpolate N light curves with a 2-D Matern-3/2 Gaussian process each.

    Amplitude and time scale are fitted by maximum likelihood from the published start
    (arXiv:2105.06178, section on Gaussian process interpolation).

    Parameters
    ----------
    starts : array_like of int, shape (N + 1,)
        Curve ``n`` is ``starts[n]:starts[n + 1]`` of the flat arrays.
    time : array_like, shape (P,)
        Days, any zero point.
    flux, flux_error : array_like, shape (P,)
        Flux and its error in one unit. Points that are not finite are left out.
    passband : array_like of int, shape (P,)
        Index into `wavelengths`; points with any other index are left out.
    wavelengths : array_like, shape (M,)
        Effective wavelengths, Angstrom.
    grid_length : int
        L, number of times of the grid.

    Returns
    -------
    Interpolation

    Raises
    ------
    ValueError
        If the shapes don't fit together. Data never raise.
    """
    starts = np.ascontiguousarray(starts, dtype=np.int64)
    time = np.ascontiguousarray(time, dtype=np.float64)
    flux = np.ascontiguousarray(flux, dtype=np.float64)
    flux_error = np.ascontiguousarray(flux_error, dtype=np.float64)
    passband = np.ascontiguousarray(passband, dtype=np.int8)
    wavelengths = np.ascontiguousarray(wavelengths, dtype=np.float64)
    _check_shapes(starts, time, flux, flux_error, passband, wavelengths, grid_length)

    n_curves = starts.size - 1
    result = Interpolation(
        flux=np.zeros((n_curves, grid_length, wavelengths.size)),
        amplitude=np.zeros(n_curves),
        time_scale=np.full(n_curves, np.exp(0.5 * FIRST_LOG_METRIC)),
        log_likelihood=np.zeros(n_curves),
        converged=np.zeros(n_curves, dtype=np.bool_),
    )
    _compiled()(
        starts,
        time,
        flux,
        flux_error,
        passband,
        wavelengths,
        result.flux,
        result.amplitude,
        result.time_scale,
        result.log_likelihood,
        result.converged,
    )
    return result


def warm_up() -> None:
    """Compile the interpolation, or load it from numba's cache, before the first alert."""
    _compiled()


def _check_shapes(
    starts: npt.NDArray[np.int64],
    time: FloatArray,
    flux: FloatArray,
    flux_error: FloatArray,
    passband: npt.NDArray[np.int8],
    wavelengths: FloatArray,
    grid_length: int,
) -> None:
    if starts.ndim != 1 or starts.size == 0:
        raise ValueError(f"starts has shape {starts.shape}; it needs (N + 1,)")
    if time.ndim != 1:
        raise ValueError(f"time has shape {time.shape}; it needs (P,)")
    for name, values in (("flux", flux), ("flux_error", flux_error), ("passband", passband)):
        if values.shape != time.shape:
            raise ValueError(f"{name} has shape {values.shape}, time has {time.shape}")
    if starts[0] < 0 or starts[-1] > time.size or np.any(np.diff(starts) < 0):
        raise ValueError(f"starts must rise from 0 or more to at most {time.size} points")
    if wavelengths.ndim != 1 or wavelengths.size == 0:
        raise ValueError(f"wavelengths has shape {wavelengths.shape}; it needs (M,), M >= 1")
    if grid_length < 1:
        raise ValueError(f"grid_length is {grid_length}; it needs to be 1 or more")


@functools.cache
def _compiled() -> Callable[..., None]:
    return numba.njit(SIGNATURE, cache=True, nogil=True, error_model="numpy")(_interpolate_batch)


def _interpolate_batch(  # type: ignore[no-untyped-def]
    starts,
    time,
    flux,
    flux_error,
    passband,
    wavelengths,
    out_flux,
    out_amplitude,
    out_time_scale,
    out_log_likelihood,
    out_converged,
) -> Any:
    n_bands = wavelengths.size
    length = out_flux.shape[1]
    longest = 0
    for curve in range(starts.size - 1):
        longest = max(longest, starts[curve + 1] - starts[curve])
    capacity = min(longest, MOST_POINTS)
    t = np.empty(longest)
    f = np.empty(longest)
    v = np.empty(longest)
    b = np.empty(longest, np.int64)
    n_pairs = capacity * (capacity - 1) // 2
    squared_lag = np.empty(n_pairs)
    squared_colour = np.empty(n_pairs)
    work = (
        np.empty(n_pairs),
        np.empty(n_pairs),
        np.empty(n_pairs),
        np.empty((capacity, capacity)),
        np.empty((capacity, capacity)),
        np.empty((capacity, capacity)),
        np.empty((capacity, capacity)),
        np.empty((capacity, capacity)),
        np.empty((3, capacity)),
    )
    grid = np.empty((n_bands, length))

    for curve in range(starts.size - 1):
        n = 0
        brightest = 0.0
        for point in range(starts[curve], starts[curve + 1]):
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
                n += 1
        if n == 0 or brightest == 0.0:
            continue
        first = t[:n].min()
        span = t[:n].max() - first
        # The published scale: |flux| at the highest signal to noise.
        highest = 0.0
        for point in range(n):
            highest = max(highest, f[point] / brightest)
        scale = 0.0
        best = -1.0
        for point in range(n):
            error = v[point] / brightest
            signal = abs(f[point]) / brightest
            noise = np.sqrt(error * error + (0.01 * highest) ** 2)
            ratio = signal / noise if noise > 0.0 else np.inf
            if signal > 0.0 and ratio > best:
                best = ratio
                scale = abs(f[point])
        for point in range(n):
            t[point] -= first
            f[point] /= scale
            error = v[point] / scale
            v[point] = min(error * error, LARGEST_VARIANCE) + SMALLEST_VARIANCE
        n = shorten(n, t, f, v, b, n_bands)
        pair = 0
        for i in range(n):
            for j in range(i):
                lag = t[i] - t[j]
                colour = (wavelengths[b[i]] - wavelengths[b[j]]) / WAVELENGTH_SCALE
                squared_lag[pair] = lag * lag
                squared_colour[pair] = 3.0 * colour * colour
                pair += 1
        theta0, theta1, log_likelihood, converged, _ = maximise(
            n, f, v, squared_lag, squared_colour, np.log(0.25), work
        )
        amplitude = np.exp(theta0)
        inverse_metric = np.exp(-theta1)
        correlations(pair, squared_lag, squared_colour, inverse_metric, work[0], work[1], work[2])
        log_determinant = factorise(n, work[0], amplitude, v, work[3])
        weight = work[8][0]
        solve(n, work[3], f, weight)
        for point in range(n):
            weight[point] *= amplitude * scale
        predict(n, t, b, weight, wavelengths, inverse_metric, span / max(length - 1, 1), grid)
        for band in range(n_bands):
            for place in range(length):
                out_flux[curve, place, band] = grid[band, place]
        out_amplitude[curve] = amplitude * scale * scale
        out_time_scale[curve] = np.exp(0.5 * theta1)
        out_log_likelihood[curve] = log_likelihood - n * np.log(scale)
        out_converged[curve] = converged
