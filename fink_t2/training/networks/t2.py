"""The t2 network (Allam Jr. & McEwen, arXiv:2105.06178): a transformer for light curves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from fink_t2.science.classes import CLASSES
from fink_t2.training.networks.auxiliary_input import (
    FeatureStatistics,
    auxiliary_input,
    join_features,
)
from fink_t2.training.networks.positional_encoding import PositionalEncoding
from fink_t2.training.networks.transformer_block import transformer_block

#: Ways in which auxiliary features join: as additional time steps or additional passbands (both
#: published), or concatenated to the pooled sequence and followed by two dense layers.
JOINS = ("time", "passbands", "head")


@dataclass(frozen=True)
class T2Settings:
    """Hyperparameters of t2; the defaults are the published optimum.

    Attributes
    ----------
    width : int
        Width d of the sequence.
    heads : int
        Number h of attention heads.
    feed_forward : int
        Width d_ff of the hidden layer in each block.
    blocks : int
        Number N of blocks.
    dropout : float
        Dropout rate in the blocks.
    join : str
        Way in which auxiliary features join, one of `JOINS`.
    patch : int
        Number of neighbouring times that are embedded as one step; 1 as published.
    head_width : int
        Width of the two dense layers after the concatenation with ``join = "head"``.
    head_dropout : float
        Dropout rate after these layers.
    """

    width: int = 32
    heads: int = 16
    feed_forward: int = 128
    blocks: int = 1
    dropout: float = 0.1
    join: str = "time"
    patch: int = 1
    head_width: int = 64
    head_dropout: float = 0.2


def build_t2(
    settings: T2Settings,
    grid_length: int,
    n_passbands: int,
    n_features: int = 0,
    feature_statistics: FeatureStatistics | None = None,
    n_classes: int = len(CLASSES),
) -> keras.Model:
    """Build a t2 network.

    Parameters
    ----------
    settings : T2Settings
        Hyperparameters.
    grid_length : int
        Number L of times.
    n_passbands : int
        Number M of passbands.
    n_features : int
        Number R of auxiliary features, possibly 0.
    feature_statistics : pair of array_like of shape (R,), optional
        Mean and variance with which the network standardises the features.
    n_classes : int
        Number C of classes.

    Returns
    -------
    keras.Model
        The input is "light_curve" of shape (batch, L, M) and, with features, "features" of
        shape (batch, R). The output is "probabilities" of shape (batch, C), the softmax of the
        layer "logits".

    Raises
    ------
    ValueError
        If `T2Settings.join` is not known or `T2Settings.patch` does not divide L.
    """
    if settings.join not in JOINS:
        raise ValueError(f"join must be one of {', '.join(JOINS)}, not {settings.join!r}")
    if grid_length % settings.patch:
        raise ValueError(f"a patch of {settings.patch} does not divide {grid_length} times")
    light_curve = keras.Input((grid_length, n_passbands), name="light_curve")
    inputs = [light_curve]
    sequence: Any = light_curve
    if settings.patch > 1:
        steps = grid_length // settings.patch
        sequence = keras.layers.Reshape((steps, settings.patch * n_passbands))(sequence)
    if n_features and settings.join != "head":
        features, standardised = auxiliary_input(n_features, feature_statistics)
        inputs.append(features)
        if settings.join == "time":
            column = keras.layers.Reshape((n_features, 1))(standardised)
            rows = keras.layers.Concatenate(axis=2)([column] * sequence.shape[2])
            sequence = keras.layers.Concatenate(axis=1)([sequence, rows])
        else:
            repeated = keras.layers.RepeatVector(sequence.shape[1])(standardised)
            sequence = keras.layers.Concatenate(axis=2)([sequence, repeated])

    # The published convolution with a kernel of size one is a dense layer on every step.
    sequence = keras.layers.Dense(settings.width, activation="relu", name="embedding")(sequence)
    sequence = PositionalEncoding(name="positional_encoding")(sequence)
    for block in range(settings.blocks):
        sequence = transformer_block(
            sequence, settings.heads, settings.feed_forward, settings.dropout, f"block_{block + 1}"
        )
    pooled = keras.layers.GlobalAveragePooling1D(name="pooling")(sequence)
    if n_features and settings.join == "head":
        pooled, feature_inputs = join_features(pooled, n_features, feature_statistics)
        inputs += feature_inputs
        for layer in (1, 2):
            pooled = keras.layers.Dense(
                settings.head_width, activation="relu", name=f"head_{layer}"
            )(pooled)
            pooled = keras.layers.Dropout(settings.head_dropout)(pooled)
    logits = keras.layers.Dense(n_classes, name="logits")(pooled)
    outputs = keras.layers.Softmax(name="probabilities")(logits)
    return keras.Model(inputs, outputs, name="t2")


def count_t2_parameters(
    settings: T2Settings, n_passbands: int, n_classes: int = len(CLASSES)
) -> int:
    """Return the number of trainable parameters of a network without features.

    The published formula is the sum over the embedding, N times the block (four projections,
    feed-forward layers, two layer normalisations), and the final layer.
    """
    d, d_ff = settings.width, settings.feed_forward
    embedding = settings.patch * n_passbands * d + d
    block = 4 * (d * d + d) + (2 * d * d_ff + d_ff + d) + 4 * d
    return embedding + settings.blocks * block + d * n_classes + n_classes
