"""Auxiliary features: what scaling takes away from a light curve, given back to the network.

A light curve reaches the network stretched to a fixed number of times and divided by its
largest flux, so that a three-day curve and a thirty-day curve look alike. These features
tell the network how long, how bright, how red and how well measured the curve was, and how
fast it rose and fell in days.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from fink_t2.science.gaussian_process import Interpolation
from fink_t2.science.light_curves import LightCurves

#: Features that come from the measurements themselves, in this order.
POINT_FEATURES = (
    "log_peak_flux",  # log10 of the largest |flux| / FLUXCAL
    "log_span",  # log10 of 1 + days from first to last point
    "log_history",  # log10 of 1 + days from the first detection ever to the last point
    "log_limit_gap",  # log10 of 1 + days from last non-detection to first point
    "negative_fraction",  # fraction of points with negative flux
    "log_time_scale",  # log10 of the Gaussian process's time scale / day
    "log_amplitude",  # log10 of sqrt(Gaussian process's amplitude) / largest |flux|
    "log_signal_to_noise",  # log10 of the median |flux| / error
    "peak_phase",  # where the largest |flux| lies between first (0) and last (1) point
    "log_points_per_day",  # log10 of points / (1 + days)
    "log_variability",  # log10 of the reduced chi squared of constant flux in each passband
    "log_fast_scatter",  # log10 of 1 + mean squared jump / error between points < 1.5 d apart
    "roughness",  # mean squared jump between neighbours / variance, within passbands
    "fainter_fraction",  # fraction of points below half of their passband's largest |flux|
)

#: Features of the mean curve, summed over passbands and divided by its largest |value|.
CURVE_FEATURES = (
    "rise",  # change from first time to the brightest
    "decline",  # change from the brightest time to the last
    "log_days_before_peak",  # log10 of 1 + days from first point to the brightest time
    "log_days_after_peak",  # log10 of 1 + days from the brightest time to last point
    "log_rise_days",  # log10 of 1 + days from half of the maximum (or the start) to it
    "log_fall_days",  # log10 of 1 + days from the maximum to half of it (or the end)
    "rise_10",  # change in the 10 days before the maximum (or since the start)
    "fall_10",  # change in the 10 days after the maximum (or up to the end)
    "fall_20",
    "fall_40",
    "first_slope",  # change per 5 days at the start
    "last_slope",  # change per 5 days at the end
)

#: Features of every passband.
PASSBAND_FEATURES = (
    "log_points",  # log10 of 1 + number of points
    "share",  # largest mean flux in the passband / largest in any
    "fall_15",  # change in the 15 days after the passband's own maximum / that maximum
    "delay",  # asinh of days from the whole curve's maximum to the passband's own
)

#: (red - blue) / (|red| + |blue|) of neighbouring passbands, at these places.
COLOUR_FEATURES = ("mean", "first", "peak", "peak_15", "peak_30", "last")

#: What a survey may know besides.
CONTEXT_FEATURES = ("photoz", "photoz_error")

#: Put in place of what is not known (no limit, no redshift).
UNKNOWN = -1.0


def feature_names(passbands: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of all features of a survey, in the order of their columns.

    Parameters
    ----------
    passbands : tuple of str
        The survey's passband names.
    """
    per_band = [f"{name}_{band}" for band in passbands for name in PASSBAND_FEATURES]
    colours = [
        f"colour_{place}_{blue}{red}"
        for blue, red in pairwise(passbands)
        for place in COLOUR_FEATURES
    ]
    return POINT_FEATURES + CURVE_FEATURES + tuple(per_band) + tuple(colours) + CONTEXT_FEATURES


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
    points = _point_features(
        light_curves.starts,
        light_curves.time,
        light_curves.flux,
        light_curves.flux_error,
        light_curves.passband,
        light_curves.last_limit,
        light_curves.first_seen,
        interpolation.time_scale,
        interpolation.amplitude,
        len(light_curves.passbands),
    )
    curves = _curve_features(
        light_curves.starts, light_curves.time, interpolation.flux, np.log10(1.0 + counts)
    )
    context = np.stack([light_curves.photoz, light_curves.photoz_error], axis=1)
    context = np.where(np.isfinite(context), context, UNKNOWN)
    features = np.concatenate([points, curves, context], axis=1)
    return np.clip(np.nan_to_num(features), -20.0, 20.0).astype(np.float32)


@numba.njit(cache=True, nogil=True)
def _point_features(  # type: ignore[no-untyped-def]
    starts, time, flux, flux_error, passband, last_limit, first_seen, time_scale, amplitude, n_bands
) -> Any:
    """Compute `POINT_FEATURES`, shape (N, 14)."""
    n_curves = starts.size - 1
    features = np.zeros((n_curves, 14))
    for curve in range(n_curves):
        begin, end = starts[curve], starts[curve + 1]
        row = features[curve]
        row[3] = UNKNOWN
        if end == begin:
            continue
        first, last = time[begin], time[end - 1]
        peak, peak_time, n_negative = 0.0, first, 0
        ratios = np.empty(end - begin)
        largest = np.zeros(n_bands)
        weight, weighted, square = np.zeros(n_bands), np.zeros(n_bands), np.zeros(n_bands)
        points = np.zeros(n_bands)
        total, total_square = np.zeros(n_bands), np.zeros(n_bands)
        for point in range(begin, end):
            value, error, band = flux[point], max(flux_error[point], 1e-6), passband[point]
            size = abs(value)
            if size > peak:
                peak, peak_time = size, time[point]
            largest[band] = max(largest[band], size)
            n_negative += value < 0
            ratios[point - begin] = size / error
            w = 1.0 / (error * error + 1e-4 * value * value)
            weight[band] += w
            weighted[band] += w * value
            square[band] += w * value * value
            points[band] += 1
            total[band] += value
            total_square[band] += value * value
        span = last - first
        row[0] = np.log10(max(peak, 1e-3))
        row[1] = np.log10(1.0 + span)
        seen = first_seen[curve]
        row[2] = np.log10(1.0 + max(last - seen, span)) if not np.isnan(seen) else row[1]
        if not np.isnan(last_limit[curve]):
            row[3] = np.log10(1.0 + max(first - last_limit[curve], 0.0))
        row[4] = n_negative / (end - begin)
        row[5] = np.log10(max(time_scale[curve], 1e-3))
        row[6] = np.log10(max(np.sqrt(amplitude[curve]), 1e-6) / max(peak, 1e-6))
        row[7] = np.log10(max(np.median(ratios), 1e-3))
        row[8] = (peak_time - first) / span if span > 0 else 0.5
        row[9] = np.log10((end - begin) / (1.0 + span))

        chi_squared, freedom, spread = 0.0, 0, 0.0
        for band in range(n_bands):
            if points[band] > 1:
                chi_squared += square[band] - weighted[band] ** 2 / weight[band]
                freedom += points[band] - 1
                spread += max(total_square[band] - total[band] ** 2 / points[band], 0.0)
        row[10] = np.log10(max(chi_squared / freedom, 1e-2)) if freedom > 0 else 0.0

        last_in_band = np.full(n_bands, -1)
        fast, n_fast, jumps, n_faint = 0.0, 0, 0.0, 0
        for point in range(begin, end):
            band = passband[point]
            before = last_in_band[band]
            if before >= 0:
                jump = flux[point] - flux[before]
                jumps += jump * jump
                if time[point] - time[before] < 1.5:
                    variance = flux_error[point] ** 2 + flux_error[before] ** 2
                    fast += jump * jump / max(variance, 1e-12)
                    n_fast += 1
            last_in_band[band] = point
            n_faint += abs(flux[point]) < 0.5 * largest[band]
        row[11] = np.log10(1.0 + fast / n_fast) if n_fast > 0 else 0.0
        row[12] = min(jumps / spread, 4.0) if spread > 0 else 0.0
        row[13] = n_faint / (end - begin)
    return features


@numba.njit(cache=True, nogil=True)
def _value_at(curve, place) -> Any:  # type: ignore[no-untyped-def]
    """Interpolate linearly at a fractional place, held constant outside."""
    place = min(max(place, 0.0), curve.size - 1.0)
    below = min(int(place), max(curve.size - 2, 0))
    above = min(below + 1, curve.size - 1)
    part = place - below
    return curve[below] * (1.0 - part) + curve[above] * part


@numba.njit(cache=True, nogil=True)
def _contrast(blue, red) -> Any:  # type: ignore[no-untyped-def]
    """Return (red - blue) / (|red| + |blue|): bounded, and defined for negative fluxes."""
    size = abs(red) + abs(blue)
    return (red - blue) / size if size > 0 else 0.0


@numba.njit(cache=True, nogil=True)
def _curve_features(starts, time, grid, log_points) -> Any:  # type: ignore[no-untyped-def]
    """Compute the features of the mean curve, of each passband, and the colours."""
    n_curves, length, n_bands = grid.shape
    n_columns = 12 + 4 * n_bands + 6 * (n_bands - 1)
    features = np.zeros((n_curves, n_columns))
    for curve in range(n_curves):
        row = features[curve]
        for band in range(n_bands):
            row[12 + 4 * band] = log_points[curve, band]
        begin, end = starts[curve], starts[curve + 1]
        if end == begin or length < 2:
            continue
        span = time[end - 1] - time[begin]
        step = span / (length - 1)
        total = np.zeros(length)
        for place in range(length):
            for band in range(n_bands):
                total[place] += grid[curve, place, band]
        largest = np.abs(total).max()
        if largest == 0:
            continue
        total /= largest
        top = total.argmax()
        peak = total[top]
        row[0] = peak - total[0]
        row[1] = peak - total[-1]
        row[2] = np.log10(1.0 + top * step)
        row[3] = np.log10(1.0 + (length - 1 - top) * step)
        half = 0.5 * peak
        left = top
        while left > 0 and total[left] > half:
            left -= 1
        right = top
        while right < length - 1 and total[right] > half:
            right += 1
        row[4] = np.log10(1.0 + (top - left) * step)
        row[5] = np.log10(1.0 + (right - top) * step)
        # One day stands for one grid step where all points are at (nearly) one time.
        per_day = 1.0 / step if step > 1e-6 else 0.0
        row[6] = peak - _value_at(total, top - 10.0 * per_day)
        row[7] = peak - _value_at(total, top + 10.0 * per_day)
        row[8] = peak - _value_at(total, top + 20.0 * per_day)
        row[9] = peak - _value_at(total, top + 40.0 * per_day)
        row[10] = _value_at(total, 5.0 * per_day) - total[0]
        row[11] = total[-1] - _value_at(total, length - 1 - 5.0 * per_day)

        brightest = 0.0
        for band in range(n_bands):
            brightest = max(brightest, np.abs(grid[curve, :, band]).max())
        for band in range(n_bands):
            own = grid[curve, :, band]
            own_top = own.argmax()
            own_peak = own[own_top]
            place = 12 + 4 * band
            row[place + 1] = own_peak / brightest
            later = _value_at(own, own_top + 15.0 * per_day)
            size = max(np.abs(own).max(), 1e-12)
            row[place + 2] = (own_peak - later) / size
            row[place + 3] = np.arcsinh((own_top - top) * step)
        for pair in range(n_bands - 1):
            blue, red = grid[curve, :, pair], grid[curve, :, pair + 1]
            place = 12 + 4 * n_bands + 6 * pair
            row[place] = _contrast(blue.mean(), red.mean())
            row[place + 1] = _contrast(blue[0], red[0])
            row[place + 2] = _contrast(blue[top], red[top])
            at = top + 15.0 * per_day
            row[place + 3] = _contrast(_value_at(blue, at), _value_at(red, at))
            at = top + 30.0 * per_day
            row[place + 4] = _contrast(_value_at(blue, at), _value_at(red, at))
            row[place + 5] = _contrast(blue[-1], red[-1])
    return features
