"""The atx network (Allam Jr., PhD thesis, UCL 2023): Xception in one dimension."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from fink_t2.science.classes import CLASSES
from fink_t2.training.networks.auxiliary_input import FeatureStatistics, join_features

#: Numbers of filters of Xception (Chollet 2017, figure 5), before they are scaled down.
ENTRY_FILTERS = (32, 64)
ENTRY_BLOCK_FILTERS = (128, 256, 728)
EXIT_FILTERS = (728, 1024, 1536, 2048)


@dataclass(frozen=True)
class AtxSettings:
    """Hyperparameters of atx; the defaults are the published optimum.

    Attributes
    ----------
    kernel : int
        Width of the convolutions.
    middle_blocks : int
        Number N of blocks in the middle flow.
    pool : int
        Width of the pooling windows (stride 2).
    scaledown : int
        Divisor of all numbers of filters.
    """

    kernel: int = 3
    middle_blocks: int = 1
    pool: int = 3
    scaledown: int = 4


def build_atx(
    settings: AtxSettings,
    grid_length: int,
    n_passbands: int,
    n_features: int = 0,
    feature_statistics: FeatureStatistics | None = None,
    n_classes: int = len(CLASSES),
) -> keras.Model:
    """Build an atx network.

    The parameters, inputs and output are those of `fink_t2.training.networks.t2.build_t2`.
    Auxiliary features are concatenated to the input of the last linear layer.
    """
    light_curve = keras.Input((grid_length, n_passbands), name="light_curve")

    def filters(number: int) -> int:
        return max(1, number // settings.scaledown)

    x: Any = light_curve
    for layer, number in enumerate(ENTRY_FILTERS):
        x = keras.layers.Conv1D(
            filters(number),
            settings.kernel,
            strides=2 if layer == 0 else 1,
            padding="same",
            use_bias=False,
        )(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU()(x)
    for block, number in enumerate(ENTRY_BLOCK_FILTERS):
        x = _reducing_block(x, filters(number), filters(number), settings, activate=block > 0)
    for _ in range(settings.middle_blocks):
        shortcut = x
        for _ in range(3):
            x = _separable(x, filters(ENTRY_BLOCK_FILTERS[-1]), settings, activate=True)
        x = x + shortcut
    x = _reducing_block(x, filters(EXIT_FILTERS[0]), filters(EXIT_FILTERS[1]), settings)
    for number in EXIT_FILTERS[2:]:
        x = keras.layers.ReLU()(_separable(x, filters(number), settings))
    x = keras.layers.GlobalAveragePooling1D(name="pooling")(x)
    x, feature_inputs = join_features(x, n_features, feature_statistics)
    logits = keras.layers.Dense(n_classes, name="logits")(x)
    outputs = keras.layers.Softmax(name="probabilities")(logits)
    return keras.Model([light_curve, *feature_inputs], outputs, name="atx")


def _separable(x: Any, filters: int, settings: AtxSettings, activate: bool = False) -> Any:
    """Apply a depthwise-separable convolution and batch normalisation, optionally after a ReLU."""
    if activate:
        x = keras.layers.ReLU()(x)
    x = keras.layers.SeparableConv1D(filters, settings.kernel, padding="same", use_bias=False)(x)
    return keras.layers.BatchNormalization()(x)


def _reducing_block(
    x: Any, first: int, second: int, settings: AtxSettings, activate: bool = True
) -> Any:
    """Apply two separable convolutions and a pooling, and add a strided shortcut."""
    shortcut = keras.layers.Conv1D(second, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = keras.layers.BatchNormalization()(shortcut)
    x = _separable(x, first, settings, activate)
    x = _separable(x, second, settings, activate=True)
    return keras.layers.MaxPooling1D(settings.pool, strides=2, padding="same")(x) + shortcut
