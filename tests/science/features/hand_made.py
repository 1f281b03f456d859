"""Light curves and interpolations with values chosen by hand."""

from __future__ import annotations

import numpy as np

from fink_t2.science.features import compute_features, feature_names
from fink_t2.science.gaussian_process import Interpolation
from fink_t2.science.light_curves import LightCurves
from fink_t2.science.passbands import PassbandSet

#: Modified Julian Date of day zero.
DAY_ZERO = 59000.0


def light_curve(
    passbands: PassbandSet,
    points: list[tuple[float, str, float, float]],
    *,
    last_limit: float = np.nan,
    first_seen: float = np.nan,
    photoz: float = np.nan,
    photoz_error: float = np.nan,
) -> LightCurves:
    """Return one light curve of points (day, passband, flux, error), sorted by day."""
    days, bands, fluxes, errors = (
        (np.array(column) for column in zip(*points, strict=True)) if points else [np.empty(0)] * 4
    )
    return LightCurves(
        passbands=passbands,
        starts=np.array([0, len(points)]),
        time=DAY_ZERO + days,
        flux=fluxes.astype(float),
        flux_error=errors.astype(float),
        passband=np.array([passbands.index(band) for band in bands], np.int8),
        last_limit=np.array([DAY_ZERO + last_limit]),
        first_seen=np.array([DAY_ZERO + first_seen]),
        photoz=np.array([photoz]),
        photoz_error=np.array([photoz_error]),
        rejected=np.zeros(1, np.int64),
    )


def interpolation(
    grid: list[list[float]], *, amplitude: float = 1.0, time_scale: float = 20.0
) -> Interpolation:
    """Return one interpolated light curve; `grid` has one list for each passband."""
    return Interpolation(
        flux=np.array(grid, dtype=float).T[None],
        amplitude=np.array([amplitude]),
        time_scale=np.array([time_scale]),
        log_likelihood=np.zeros(1),
        converged=np.ones(1, bool),
    )


def named_features(curves: LightCurves, interpolated: Interpolation) -> dict[str, float]:
    """Return the features of the first light curve by name."""
    names = feature_names(curves.passbands.names)
    return dict(zip(names, compute_features(curves, interpolated)[0].tolist(), strict=True))
