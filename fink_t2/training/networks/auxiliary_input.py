"""The input of auxiliary features, standardised inside the network."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

#: Mean and variance of every feature, each of shape (R,).
FeatureStatistics = tuple[npt.ArrayLike, npt.ArrayLike]


def auxiliary_input(n_features: int, statistics: FeatureStatistics | None) -> tuple[Any, Any]:
    """Make the input "features", and standardise it, so that every caller gives features raw.

    Parameters
    ----------
    n_features : int
        R.
    statistics : pair of array_like of shape (R,), optional
        Mean and variance; without them the features stay as they are.

    Returns
    -------
    features, standardised : tensor, shape (batch, R)
    """
    features = keras.Input((n_features,), name="features")
    if statistics is None:
        return features, features
    mean, variance = (np.asarray(values, dtype=np.float32) for values in statistics)
    layer = keras.layers.Normalization(mean=mean, variance=variance, name="standardise")
    return features, layer(features)


def join_features(
    pooled: Any, n_features: int, statistics: FeatureStatistics | None
) -> tuple[Any, list[Any]]:
    """Put the standardised features beside a pooled sequence.

    Parameters
    ----------
    pooled : tensor, shape (batch, d)
        What a network made of a light curve.
    n_features, statistics
        As in `auxiliary_input`; without features nothing is joined.

    Returns
    -------
    joined : tensor, shape (batch, d + R)
        What goes on.
    inputs : list of tensor
        The further inputs: one or none.
    """
    if not n_features:
        return pooled, []
    features, standardised = auxiliary_input(n_features, statistics)
    return keras.layers.Concatenate()([pooled, standardised]), [features]
