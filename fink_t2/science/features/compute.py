"""From light curves and their interpolation to the columns of features."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from fink_t2.science.features.batch import compiled_batch, n_columns
from fink_t2.science.features.context import context_features
from fink_t2.science.gaussian_process import Interpolation
from fink_t2.science.light_curves import LightCurves

#: Features beyond this absolute value are set to it, with their sign.
LARGEST_FEATURE: Final = 20.0


def compute_features(
    light_curves: LightCurves, interpolation: Interpolation
) -> npt.NDArray[np.float32]:
    """Compute the auxiliary features of every light curve.

    Parameters
    ----------
    light_curves : LightCurves
        N light curves.
    interpolation : Interpolation
        Their interpolation at any number of times.

    Returns
    -------
    ndarray of float32, shape (N, R)
        Columns in the order of `fink_t2.science.features.feature_names`; finite for every
        input.
    """
    n_bands = len(light_curves.passbands)
    computed = np.empty((len(light_curves), n_columns(n_bands)))
    compiled_batch()(
        np.ascontiguousarray(light_curves.starts, np.int64),
        np.ascontiguousarray(light_curves.time, np.float64),
        np.ascontiguousarray(light_curves.flux, np.float64),
        np.ascontiguousarray(light_curves.flux_error, np.float64),
        np.ascontiguousarray(light_curves.passband, np.int8),
        np.ascontiguousarray(light_curves.last_limit, np.float64),
        np.ascontiguousarray(light_curves.first_seen, np.float64),
        np.ascontiguousarray(interpolation.time_scale, np.float64),
        np.ascontiguousarray(interpolation.amplitude, np.float64),
        np.ascontiguousarray(interpolation.flux, np.float64),
        computed,
    )
    features = np.concatenate([computed, context_features(light_curves)], axis=1)
    limited = np.clip(np.nan_to_num(features), -LARGEST_FEATURE, LARGEST_FEATURE)
    return limited.astype(np.float32)
