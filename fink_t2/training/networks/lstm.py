"""The LSTM with aggregate features of the MISweeper report (Hoyes & Orekhov 2018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.science.classes import CLASSES
from fink_t2.training.networks.auxiliary_input import FeatureStatistics, join_features


@dataclass(frozen=True)
class LstmSettings:
    """Hyperparameters; the defaults are those of the report.

    Attributes
    ----------
    units : int
        Units of each of the two LSTM layers.
    lstm_dropout : float
        Dropout of their inputs.
    dense : tuple of int
        Widths of the dense layers before the output.
    first_dropout, dropout : float
        Dropout after the first dense layer, and after the others.
    """

    units: int = 100
    lstm_dropout: float = 0.1
    dense: tuple[int, ...] = (512, 256, 128, 64)
    first_dropout: float = 0.25
    dropout: float = 0.5


def build_lstm(
    settings: LstmSettings,
    grid_length: int,
    n_passbands: int,
    n_features: int = 0,
    feature_statistics: FeatureStatistics | None = None,
    n_classes: int = len(CLASSES),
) -> keras.Model:
    """Build the network; inputs and output as `fink_t2.training.networks.t2.build_t2`.

    The report's features are `fink_t2.training.networks.lstm_aggregates.AGGREGATES`; a network that
    is to serve takes this package's auxiliary features in their place.
    """
    light_curve = keras.Input((grid_length, n_passbands), name="light_curve")
    x: Any = keras.layers.LSTM(
        settings.units, dropout=settings.lstm_dropout, return_sequences=True
    )(light_curve)
    x = keras.layers.LSTM(settings.units, dropout=settings.lstm_dropout)(x)
    x, further = join_features(x, n_features, feature_statistics)
    for place, width in enumerate(settings.dense):
        x = keras.layers.Dense(width, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
        rate = settings.first_dropout if place == 0 else settings.dropout
        x = keras.layers.Dropout(rate)(x)
    logits = keras.layers.Dense(n_classes, name="logits")(x)
    outputs = keras.layers.Softmax(name="probabilities")(logits)
    return keras.Model([light_curve, *further], outputs, name="lstm")


def class_99_score(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return the report's score of belonging to no known class, prod_i (1 - p_i), shape (N,).

    Parameters
    ----------
    probabilities : ndarray, shape (N, C)
        Predicted probabilities.
    """
    return np.prod(1.0 - probabilities, axis=1)
