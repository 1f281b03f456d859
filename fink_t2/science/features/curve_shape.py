"""Features of the shape of the mean curve."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numba
import numpy as np

from fink_t2.science.features.mean_curve import steps_per_day, value_at

#: Days over which the slopes at both ends are measured.
SLOPE_DAYS: Final = 5.0


class CurveShape(NamedTuple):
    """Features that `curve_shape` computes."""

    rise: float
    decline: float
    log_days_before_peak: float
    log_days_after_peak: float
    log_rise_days: float
    log_fall_days: float
    rise_10: float
    fall_10: float
    fall_20: float
    fall_40: float
    first_slope: float
    last_slope: float


@numba.njit(nogil=True, error_model="numpy")
def curve_shape(curve, step) -> Any:  # type: ignore[no-untyped-def]
    """Compute the features of the shape of one light curve.

    Parameters
    ----------
    curve : ndarray of float64, shape (L,)
        Mean curve (`fink_t2.science.features.mean_curve.mean_curve`); L is 2 or more.
    step : float
        Days between two times of the curve.

    Returns
    -------
    CurveShape
    """
    end = curve.size - 1
    top = curve.argmax()
    peak = curve[top]
    half = 0.5 * peak
    left = top
    while left > 0 and curve[left] > half:
        left -= 1
    right = top
    while right < end and curve[right] > half:
        right += 1
    per_day = steps_per_day(step)
    return CurveShape(
        rise=peak - curve[0],
        decline=peak - curve[end],
        log_days_before_peak=np.log10(1.0 + top * step),
        log_days_after_peak=np.log10(1.0 + (end - top) * step),
        log_rise_days=np.log10(1.0 + (top - left) * step),
        log_fall_days=np.log10(1.0 + (right - top) * step),
        rise_10=peak - value_at(curve, top - 10.0 * per_day),
        fall_10=peak - value_at(curve, top + 10.0 * per_day),
        fall_20=peak - value_at(curve, top + 20.0 * per_day),
        fall_40=peak - value_at(curve, top + 40.0 * per_day),
        first_slope=value_at(curve, SLOPE_DAYS * per_day) - curve[0],
        last_slope=curve[end] - value_at(curve, end - SLOPE_DAYS * per_day),
    )
