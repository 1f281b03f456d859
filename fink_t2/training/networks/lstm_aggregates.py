"""Statistics of the measurements that the LSTM of the MISweeper report uses as features.

The report (Hoyes & Orekhov 2018) mentions 31 features and names these 18; the others are not known.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.science.light_curves import LightCurves

#: Statistics of the flux and of the flux error.
STATISTICS = ("max", "min", "mean", "median", "std", "skew")

AGGREGATES = (
    *(f"flux_{name}" for name in STATISTICS),
    *(f"flux_error_{name}" for name in STATISTICS),
    "ratio_squared_sum",  # (flux / error)^2
    "ratio_squared_skew",
    "flux_ratio_squared_sum",  # flux (flux / error)^2
    "flux_ratio_squared_skew",
    "points",
    "passbands",
)


def aggregate_features(light_curves: LightCurves) -> npt.NDArray[np.float32]:
    """Compute `AGGREGATES` for every light curve.

    Because the values span many orders of magnitude, they are transformed by
    sign(x) log10(1 + \\|x\\|), which the report does not do.

    Parameters
    ----------
    light_curves : LightCurves
        N light curves, fluxes in FLUXCAL.

    Returns
    -------
    ndarray of float32, shape (N, 18)
        Zero where a statistic is not defined, such as the standard deviation of one point.
    """
    squared = (light_curves.flux / light_curves.flux_error) ** 2
    points = pd.DataFrame(
        {
            "flux": light_curves.flux,
            "flux_error": light_curves.flux_error,
            "ratio_squared": squared,
            "flux_ratio_squared": light_curves.flux * squared,
            "passband": light_curves.passband,
        }
    )
    grouped = points.groupby(light_curves.curve_of_points())
    columns = [
        *(grouped["flux"].agg(name) for name in STATISTICS),
        *(grouped["flux_error"].agg(name) for name in STATISTICS),
        grouped["ratio_squared"].sum(),
        grouped["ratio_squared"].skew(),
        grouped["flux_ratio_squared"].sum(),
        grouped["flux_ratio_squared"].skew(),
        grouped["flux"].count(),
        grouped["passband"].nunique(),
    ]
    values = pd.concat(columns, axis=1).reindex(range(len(light_curves))).to_numpy(dtype=np.float64)
    values = np.nan_to_num(values)
    return (np.sign(values) * np.log10(1.0 + np.abs(values))).astype(np.float32)
