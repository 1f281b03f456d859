"""Statistics of light curves and alerts, for the comparison of real and simulated ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.simulation.arrays import Array, Indices

#: Days since maximum in r at which light curves are compared.
PHASES = (-12, -8, -4, 0, 5, 10, 15, 20, 30, 40, 60)

_G, _R = 1, 2


@dataclass(frozen=True)
class Detections:
    """The P detections of one object, or of the history of one alert, sorted in time.

    Attributes
    ----------
    label : str
        Name of the class.
    time : ndarray, shape (P,)
        Times, days.
    fid : ndarray of int, shape (P,)
        Passband: 1 for g, 2 for r.
    magnitude, error : ndarray, shape (P,)
        Magnitudes and their errors.
    positive : ndarray of bool, shape (P,)
        Whether the source is brighter than in the reference image.
    visits : int
        Number of detections and upper limits.
    """

    label: str
    time: Array
    fid: Indices
    magnitude: Array
    error: Array
    positive: npt.NDArray[np.bool_]
    visits: int


@dataclass(frozen=True)
class Sample:
    """Statistics of a set of real or simulated light curves and alerts.

    Attributes
    ----------
    curves, alerts : dict of str to DataFrame
        Statistics by class, with one row per object or alert and one column per quantity.
    points : DataFrame
        Columns ``magnitude``, ``error`` and ``fid`` of all detections in the light curves.
    """

    curves: dict[str, pd.DataFrame]
    alerts: dict[str, pd.DataFrame]
    points: pd.DataFrame


def _maximum(time: Array, magnitude: Array, error: Array) -> tuple[float, float]:
    """Return time and magnitude of maximum, after smoothing over about 2.5 days."""
    nearness = np.exp(-0.5 * ((time[:, None] - time[None, :]) / 2.5) ** 2)
    weight = nearness / (error**2 + 0.03**2)
    smooth = (weight @ magnitude) / weight.sum(axis=1)
    best = int(np.argmin(smooth))
    return float(time[best]), float(smooth[best])


def _at(time: Array, magnitude: Array, error: Array, when: float) -> float:
    """Return the magnitude at a time, from a line through the points within 3 days; or NaN."""
    near = np.abs(time - when) < 3.0
    if not near.any():
        return float("nan")
    offset, value = time[near] - when, magnitude[near]
    weight = np.exp(-0.5 * (offset / 1.5) ** 2) / (error[near] ** 2 + 0.05**2)
    if near.sum() >= 3 and np.ptp(offset) > 2.0:
        mean = (weight * offset).sum() / weight.sum()
        spread = (weight * (offset - mean) ** 2).sum()
        slope = (weight * (offset - mean) * value).sum() / spread
        return float((weight * value).sum() / weight.sum() - slope * mean)
    return float((weight * value).sum() / weight.sum())


def describe_light_curve(curve: Detections) -> dict[str, float] | None:
    """Return the statistics of the light curve of a transient.

    Parameters
    ----------
    curve : Detections
        The light curve in g and r.

    Returns
    -------
    dict or None
        Peak magnitudes, numbers of points, durations (days), cadence, and, at each of `PHASES`,
        magnitudes below maximum (``g+10``, ``r+10``) and colour (``g-r+10``), NaN where there are
        no points. None if there are fewer than 3 points in g or in r.
    """
    g, r = curve.fid == _G, curve.fid == _R
    if g.sum() < 3 or r.sum() < 3:
        return None
    bands = {
        "g": (curve.time[g], curve.magnitude[g], curve.error[g]),
        "r": (curve.time[r], curve.magnitude[r], curve.error[r]),
    }
    peak_time, peak_r = _maximum(*bands["r"])
    _, peak_g = _maximum(*bands["g"])
    nights = np.unique(np.floor(curve.time))
    gaps = np.diff(nights) if len(nights) > 1 else np.array([np.nan])
    numbers = {
        "peak g": peak_g,
        "peak r": peak_r,
        "points in g": float(g.sum()),
        "points in r": float(r.sum()),
        "days observed": float(np.ptp(curve.time)),
        "days before maximum": float(peak_time - curve.time.min()),
        "days after maximum": float(curve.time.max() - peak_time),
        "median error": float(np.median(curve.error)),
        "nights between points": float(np.median(gaps)),
        "longest gap": float(gaps.max()),
        "points per night": len(curve.time) / len(nights),
        "last r": float(bands["r"][1][-1]),
    }
    for phase in PHASES:
        at_g = _at(*bands["g"], peak_time + phase)
        at_r = _at(*bands["r"], peak_time + phase)
        numbers[f"g{phase:+d}"] = at_g - peak_g
        numbers[f"r{phase:+d}"] = at_r - peak_r
        numbers[f"g-r{phase:+d}"] = at_g - at_r
    return numbers


def describe_alert(alert: Detections) -> dict[str, float]:
    """Return the statistics of the history of an alert.

    Parameters
    ----------
    alert : Detections
        The history in g and r, with the detection that caused the alert at the end.

    Returns
    -------
    dict
        Numbers of points, duration (days), magnitudes, slopes (magnitudes per day) and colour;
        NaN where there are too few points.
    """
    g, r = alert.fid == _G, alert.fid == _R
    numbers = {
        "visits": float(alert.visits),
        "detections": float(len(alert.time)),
        "points in g": float(g.sum()),
        "points in r": float(r.sum()),
        "days of detections": float(np.ptp(alert.time)),
        "share negative": float((~alert.positive).mean()),
        "last magnitude": float(alert.magnitude[-1]),
        "median error": float(np.median(alert.error)),
    }
    for name, band in (("g", g), ("r", r)):
        numbers[f"range in {name}"] = float("nan")
        numbers[f"mag/day in {name}"] = float("nan")
        if band.sum() >= 2 and np.ptp(alert.time[band]) > 0.5:
            weight = 1 / np.hypot(alert.error[band], 0.03)
            since = alert.time[band] - alert.time[-1]
            slope = np.polyfit(since, alert.magnitude[band], 1, w=weight)
            numbers[f"range in {name}"] = float(np.ptp(alert.magnitude[band]))
            numbers[f"mag/day in {name}"] = float(slope[0])
    numbers["g-r"] = _colour(alert, g, r)
    return numbers


def _colour(alert: Detections, g: npt.NDArray[np.bool_], r: npt.NDArray[np.bool_]) -> float:
    """Return the mean colour of pairs of points of the same sign within 1.5 days, or NaN."""
    if not g.any() or not r.any():
        return float("nan")
    distance = np.abs(alert.time[g][:, None] - alert.time[r][None, :])
    nearest = np.argmin(distance, axis=1)
    fits = distance[np.arange(len(nearest)), nearest] < 1.5
    fits &= alert.positive[g] == alert.positive[r][nearest]
    if not fits.any():
        return float("nan")
    return float((alert.magnitude[g] - alert.magnitude[r][nearest])[fits].mean())
