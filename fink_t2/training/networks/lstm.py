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
    """Hyperparameters of the LSTM; the defaults are those of the report.

    Attributes
    ----------
    units : int
        Number of units of each of the two LSTM layers.
    lstm_dropout : float
        Dropout rate of the inputs of these layers.
    dense : tuple of int
        Widths of the hidden dense layers.
    first_dropout, dropout : float
        Dropout rates after the first hidden dense layer and after the others.
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
    """Build the network.

    The parameters, inputs and output are those of `fink_t2.training.networks.t2.build_t2`. The
    features of the report are `fink_t2.training.networks.lstm_aggregates.AGGREGATES`; a network
    for classification in the stream uses the auxiliary features of this package instead.
    """
    light_curve = keras.Input((grid_length, n_passbands), name="light_curve")
    x: Any = keras.layers.LSTM(
        settings.units, dropout=settings.lstm_dropout, return_sequences=True
    )(light_curve)
    x = keras.layers.LSTM(settings.units, dropout=settings.lstm_dropout)(x)
    x, feature_inputs = join_features(x, n_features, feature_statistics)
    for layer, width in enumerate(settings.dense):
        x = keras.layers.Dense(width, activation="relu")(x)
        x = keras.layers.BatchNormalization()(x)
        rate = settings.first_dropout if layer == 0 else settings.dropout
        x = keras.layers.Dropout(rate)(x)
    logits = keras.layers.Dense(n_classes, name="logits")(x)
    outputs = keras.layers.Softmax(name="probabilities")(logits)
    return keras.Model([light_curve, *feature_inputs], outputs, name="lstm")


def class_99_score(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Return the score of the report for objects of no known class, prod_i (1 - p_i).

    Parameters
    ----------
    probabilities : ndarray, shape (N, C)
        Predicted probabilities.

    Returns
    -------
    ndarray, shape (N,)
        The scores.
    """
    return np.prod(1.0 - probabilities, axis=1)
