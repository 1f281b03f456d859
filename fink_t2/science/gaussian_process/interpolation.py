"""Interpolation of a batch of light curves with one Gaussian process each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.gaussian_process.batch import compiled_batch
from fink_t2.science.gaussian_process.binning import MOST_FITTED, MOST_POINTS
from fink_t2.science.gaussian_process.maximum import FIRST_LOG_METRIC

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Interpolation:
    """Light curves interpolated on equally spaced times in every passband.

    Attributes
    ----------
    flux : ndarray of float64, shape (N, L, M)
        Posterior mean on L equally spaced times from the first to the last point, in
        each of M passbands; unit of the input flux. Zero for an empty curve.
    amplitude : ndarray of float64, shape (N,)
        Fitted amplitude ``a`` of the kernel ``k = a (1 + sqrt(3 r2)) exp(-sqrt(3 r2))``, in
        units of the flux squared. Zero where nothing was fitted.
    time_scale : ndarray of float64, shape (N,)
        Square root of the fitted ``M_t``, days. Where nothing was fitted it is the initial value,
        20 days.
    log_likelihood : ndarray of float64, shape (N,)
        Log-likelihood of the fitted parameters. Zero where nothing was fitted.
    converged : ndarray of bool, shape (N,)
        Whether the fit has converged to a maximum within the bounds. False also where nothing was
        fitted because there was no point, or no flux other than zero.
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

    Amplitude and time scale are fitted by maximum likelihood from the published start and
    within the published bounds (Allam & McEwen, arXiv:2105.06178, after Boone 2019).
    Curves of more than 160 points are fitted to merged points; see
    `fink_t2.science.gaussian_process.binning`.

    Parameters
    ----------
    starts : array_like of int, shape (N + 1,)
        Curve ``n`` is ``starts[n]:starts[n + 1]`` of the flat arrays.
    time : array_like, shape (P,)
        Days, any zero point, sorted within each curve.
    flux, flux_error : array_like, shape (P,)
        Flux and its error, in the same unit. Points that are not finite are left out. A point of
        infinite error has no weight.
    passband : array_like of int, shape (P,)
        Index into `wavelengths`; points with any other index are left out.
    wavelengths : array_like, shape (M,)
        Effective wavelengths, Angstrom.
    grid_length : int
        L, the number of times of the grid.

    Returns
    -------
    Interpolation
        Finite throughout, whatever the data.

    Raises
    ------
    ValueError
        If shapes, `starts`, `wavelengths` or `grid_length` are not consistent. No value of a
        time, flux, error or passband raises an error.
    """
    return interpolate_shortened(
        starts,
        time,
        flux,
        flux_error,
        passband,
        wavelengths,
        grid_length,
        most_fitted=MOST_FITTED,
        most_points=MOST_POINTS,
    )


def interpolate_shortened(
    starts: npt.ArrayLike,
    time: npt.ArrayLike,
    flux: npt.ArrayLike,
    flux_error: npt.ArrayLike,
    passband: npt.ArrayLike,
    wavelengths: npt.ArrayLike,
    grid_length: int = 100,
    *,
    most_fitted: int,
    most_points: int,
) -> Interpolation:
    """Interpolate as `interpolate` does, with other limits of the number of points.

    With limits above the length of the longest light curve the Gaussian process is exact. Its cost
    increases with the third power of the length.

    Parameters
    ----------
    starts, time, flux, flux_error, passband, wavelengths, grid_length
        As for `interpolate`.
    most_fitted, most_points : int
        Largest number of points that the parameters are fitted to, and that the posterior mean is
        conditioned on; at least the number of passbands.

    Raises
    ------
    ValueError
        As `interpolate`.
    """
    starts = np.require(starts, np.int64, ["C", "A"])
    time = np.require(time, np.float64, ["C", "A"])
    flux = np.require(flux, np.float64, ["C", "A"])
    flux_error = np.require(flux_error, np.float64, ["C", "A"])
    wavelengths = np.require(wavelengths, np.float64, ["C", "A"])
    passband = np.asarray(passband)
    if passband.dtype != np.int8:
        # A conversion to int8 alone would turn index 256 into index 0.
        passband = np.clip(passband, -1, 127)
    passband = np.require(passband, np.int8, ["C", "A"])
    _check(starts, time, flux, flux_error, passband, wavelengths, grid_length)
    if min(most_fitted, most_points) < wavelengths.size:
        raise ValueError(f"{wavelengths.size} passbands need at least as many points")

    n_curves = starts.size - 1
    result = Interpolation(
        flux=np.zeros((n_curves, grid_length, wavelengths.size)),
        amplitude=np.zeros(n_curves),
        time_scale=np.full(n_curves, np.exp(0.5 * FIRST_LOG_METRIC)),
        log_likelihood=np.zeros(n_curves),
        converged=np.zeros(n_curves, dtype=np.bool_),
    )
    compiled_batch()(
        starts,
        time,
        flux,
        flux_error,
        passband,
        wavelengths,
        most_fitted,
        most_points,
        result.flux,
        result.amplitude,
        result.time_scale,
        result.log_likelihood,
        result.converged,
    )
    return result


def warm_up() -> None:
    """Compile the interpolation, or load it from numba's cache."""
    compiled_batch()


def _check(
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
        raise ValueError(f"starts must not fall, nor leave the range 0 to {time.size}")
    if wavelengths.ndim != 1 or not 1 <= wavelengths.size <= 127:
        raise ValueError(f"wavelengths has shape {wavelengths.shape}; it needs (M,), M 1 to 127")
    if not np.all(np.isfinite(wavelengths)):
        raise ValueError(f"wavelengths must be finite, not {wavelengths}")
    if grid_length < 1:
        raise ValueError(f"grid_length is {grid_length}; it needs to be 1 or more")
