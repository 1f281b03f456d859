"""The input of auxiliary features, standardised inside the network."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

#: Mean and variance of every feature, each of shape (R,).
FeatureStatistics = tuple[npt.ArrayLike, npt.ArrayLike]


def auxiliary_input(n_features: int, statistics: FeatureStatistics | None) -> tuple[Any, Any]:
    """Create the input "features" and standardise it inside the network.

    Parameters
    ----------
    n_features : int
        Number R of features.
    statistics : pair of array_like of shape (R,), optional
        Mean and variance of the features; without them the features are not standardised.

    Returns
    -------
    features : tensor, shape (batch, R)
        The input.
    standardised : tensor, shape (batch, R)
        The standardised features.
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
    """Concatenate a pooled sequence with the standardised features.

    Parameters
    ----------
    pooled : tensor, shape (batch, d)
        Representation of a light curve.
    n_features : int
        Number R of features; 0 leaves the sequence unchanged.
    statistics : pair of array_like of shape (R,), optional
        Mean and variance of the features, as in `auxiliary_input`.

    Returns
    -------
    joined : tensor, shape (batch, d + R)
        The concatenation.
    inputs : list of tensor
        The additional input of the network, if there is any.
    """
    if not n_features:
        return pooled, []
    features, standardised = auxiliary_input(n_features, statistics)
    return keras.layers.Concatenate()([pooled, standardised]), [features]
