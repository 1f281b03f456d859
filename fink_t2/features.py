"""Auxiliary features: what scaling takes away from a light curve, given back to the network.

A light curve reaches the network stretched to a fixed number of times and divided by its
largest flux, so that a three-day curve and a thirty-day curve look alike. These features
tell the network how long, how bright, how red and how well measured the curve was.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from fink_t2.gaussian_process import Interpolation
from fink_t2.light_curves import LightCurves

#: Features that every survey has, in this order; `feature_names` adds those per passband.
SHARED_FEATURES = (
    "log_peak_flux",  # log10 of the largest |flux| / FLUXCAL
    "log_span",  # log10 of 1 + days from first to last point
    "log_history",  # log10 of 1 + days from the first detection ever to the last point
    "log_limit_gap",  # log10 of 1 + days from last non-detection to first point
    "negative_fraction",  # fraction of points with negative flux
    "log_time_scale",  # log10 of the Gaussian process's time scale / day
    "log_amplitude",  # log10 of sqrt(Gaussian process's amplitude) / largest |flux|
    "log_signal_to_noise",  # log10 of the median |flux| / error
    "peak_phase",  # where the largest |flux| lies between first (0) and last (1) point
    "rise",  # flux change from first to brightest time of the mean curve / its largest |flux|
    "decline",  # flux change from brightest to last time / largest |flux|
    "photoz",
    "photoz_error",
)

#: Put in place of what is not known (no limit, no redshift).
UNKNOWN = -1.0


def feature_names(passbands: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of all features of a survey, in the order of their columns.

    Parameters
    ----------
    passbands : tuple of str
        The survey's passband names.
    """
    per_band = [f"log_points_{band}" for band in passbands]
    colours = [f"colour_{blue}{red}" for blue, red in pairwise(passbands)]
    return SHARED_FEATURES + tuple(per_band) + tuple(colours)


def compute_features(
    light_curves: LightCurves, interpolation: Interpolation
) -> npt.NDArray[np.float32]:
    """Compute the auxiliary features of every light curve.

    Parameters
    ----------
    light_curves : LightCurves
        N light curves.
    interpolation : Interpolation
        Their interpolation, on any grid.

    Returns
    -------
    ndarray of float32, shape (N, R)
        Columns as `feature_names` gives them; finite for every input.
    """
    counts = light_curves.points_per_passband()
    columns = _shared_features(
        light_curves.starts,
        light_curves.time,
        light_curves.flux,
        light_curves.flux_error,
        light_curves.last_limit,
        light_curves.first_seen,
        interpolation.flux,
        interpolation.time_scale,
        interpolation.amplitude,
    )
    photoz = np.stack([light_curves.photoz, light_curves.photoz_error], axis=1)
    photoz = np.where(np.isfinite(photoz), photoz, UNKNOWN)
    parts = [columns, photoz, np.log10(1.0 + counts), _colours(interpolation.flux)]
    features = np.concatenate(parts, axis=1)
    return np.clip(np.nan_to_num(features), -20.0, 20.0).astype(np.float32)


def _colours(grid: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the normalised flux differences of neighbouring passbands, shape (N, M - 1).

    (red - blue) / (|red| + |blue|) of the mean fluxes: bounded, and defined for negative
    fluxes, where a magnitude difference is not.
    """
    mean = grid.mean(axis=1)
    total = np.abs(mean[:, 1:]) + np.abs(mean[:, :-1])
    return np.divide(mean[:, 1:] - mean[:, :-1], total, out=np.zeros_like(total), where=total > 0)


@numba.njit(cache=True, nogil=True)
def _shared_features(  # type: ignore[no-untyped-def]
    starts, time, flux, flux_error, last_limit, first_seen, grid, time_scale, amplitude
) -> Any:
    """Compute the leading eleven features of `SHARED_FEATURES`, shape (N, 11)."""
    n_curves = starts.size - 1
    features = np.zeros((n_curves, 11))
    length = grid.shape[1]
    for curve in range(n_curves):
        begin, end = starts[curve], starts[curve + 1]
        row = features[curve]
        row[3] = UNKNOWN
        if end == begin:
            continue
        first, last = time[begin], time[end - 1]
        peak, peak_time, n_negative = 0.0, first, 0
        ratios = np.empty(end - begin)
        for point in range(begin, end):
            size = abs(flux[point])
            if size > peak:
                peak, peak_time = size, time[point]
            if flux[point] < 0:
                n_negative += 1
            ratios[point - begin] = size / flux_error[point]
        span = last - first
        row[0] = np.log10(max(peak, 1e-3))
        row[1] = np.log10(1.0 + span)
        seen = first_seen[curve]
        row[2] = np.log10(1.0 + max(last - seen, span)) if not np.isnan(seen) else row[1]
        if not np.isnan(last_limit[curve]):
            row[3] = np.log10(1.0 + first - last_limit[curve])
        row[4] = n_negative / (end - begin)
        row[5] = np.log10(max(time_scale[curve], 1e-3))
        row[6] = np.log10(max(np.sqrt(amplitude[curve]), 1e-6) / max(peak, 1e-6))
        row[7] = np.log10(max(np.median(ratios), 1e-3))
        row[8] = (peak_time - first) / span if span > 0 else 0.5
        best, best_at = -np.inf, 0
        largest = 0.0
        for place in range(length):
            total = 0.0
            for band in range(grid.shape[2]):
                total += grid[curve, place, band]
                largest = max(largest, abs(total))
            if total > best:
                best, best_at = total, place
        start_total, end_total = 0.0, 0.0
        for band in range(grid.shape[2]):
            start_total += grid[curve, 0, band]
            end_total += grid[curve, length - 1, band]
        if largest > 0:
            row[9] = (best - start_total) / largest if best_at > 0 else 0.0
            row[10] = (best - end_total) / largest if best_at < length - 1 else 0.0
    return features
