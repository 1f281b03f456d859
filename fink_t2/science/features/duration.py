"""Features of the times of the points."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from fink_t2.science.features.context import UNKNOWN

#: Smallest time scale whose logarithm is taken, days.
SMALLEST_TIME_SCALE: Final = 1e-3

#: Value of ``peak_phase`` where all points are at one time.
PHASE_WITHOUT_DURATION: Final = 0.5


class Duration(NamedTuple):
    """Features that `duration` computes."""

    log_span: float
    log_history: float
    log_limit_gap: float
    log_time_scale: float
    peak_phase: float
    log_points_per_day: float


@numba.njit(nogil=True, error_model="numpy")
def duration(time, flux, last_limit, first_seen, time_scale) -> Any:  # type: ignore[no-untyped-def]
    """Compute the features of the times of one light curve.

    Parameters
    ----------
    time, flux : ndarray of float64, shape (P,)
        Days and FLUXCAL of at least one point, sorted by time.
    last_limit : float
        Time of the last non-detection before the first point, days; NaN where there is none.
    first_seen : float
        Time of the earliest detection ever at the object's position, days; NaN where it is not
        known.
    time_scale : float
        Fitted time scale of the Gaussian process, days.

    Returns
    -------
    Duration
    """
    first, last = time[0], time[-1]
    span = last - first
    peak, peak_time = 0.0, first
    for point in range(time.size):
        if abs(flux[point]) > peak:
            peak, peak_time = abs(flux[point]), time[point]
    history = span if np.isnan(first_seen) else max(last - first_seen, span)
    limit_gap = UNKNOWN
    if not np.isnan(last_limit):
        limit_gap = np.log10(1.0 + max(first - last_limit, 0.0))
    return Duration(
        log_span=np.log10(1.0 + span),
        log_history=np.log10(1.0 + history),
        log_limit_gap=limit_gap,
        log_time_scale=np.log10(max(time_scale, SMALLEST_TIME_SCALE)),
        peak_phase=(peak_time - first) / span if span > 0.0 else PHASE_WITHOUT_DURATION,
        log_points_per_day=np.log10(time.size / (1.0 + span)),
    )
