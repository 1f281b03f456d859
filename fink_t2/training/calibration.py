"""Calibrate a network on validation data, and fold the correction into its last layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.classes import CLASSES
from fink_t2.training.flat_log_loss import SMALLEST


@dataclass(frozen=True)
class Calibration:
    """Logits are divided by a temperature, then shifted per class.

    Attributes
    ----------
    temperature : float
        Above 1: the network was too sure of itself (Guo et al. 2017, section 4.2).
    shift : tuple of float
        Added to each class's logit: what turns the class mix of the training set into that
        of the alerts. Zeros leave it.
    """

    temperature: float
    shift: tuple[float, ...]


def fit_temperature(
    probabilities: npt.NDArray[np.floating],
    allowed: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.floating] | None = None,
) -> float:
    """Find the temperature of lowest (weighted) log-loss.

    Parameters
    ----------
    probabilities : ndarray, shape (N, C)
        Predictions on validation data.
    allowed : ndarray of bool, shape (N, C)
        Classes that are right.
    weights : ndarray, shape (N,), optional
        Weights of the examples.

    Returns
    -------
    float
        Between 1/4 and 4.
    """
    logits = np.log(np.clip(probabilities.astype(np.float64), SMALLEST, 1.0))
    weights = np.ones(len(logits)) if weights is None else weights.astype(np.float64)

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        p = np.exp(scaled)
        p /= p.sum(axis=1, keepdims=True)
        right = np.clip((p * allowed).sum(axis=1), SMALLEST, 1.0)
        return float(-(weights * np.log(right)).sum() / weights.sum())

    # Golden section: the loss has one minimum in the temperature.
    low, high = np.log(0.25), np.log(4.0)
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2.0))


def class_shift(factors: Mapping[str, float]) -> tuple[float, ...]:
    """Return the shift of logits that multiplies classes' probabilities before they are normalised.

    Parameters
    ----------
    factors : mapping of str to float
        Class name to factor; classes left out keep theirs.
    """
    return tuple(float(np.log(factors.get(name, 1.0))) for name in CLASSES)


def fold(model: keras.Model, calibration: Calibration) -> None:
    """Change the layer "logits" in place so that the network's output is calibrated.

    Dividing the layer's weights by one number keeps clustered weights clustered.
    """
    kernel, bias = model.get_layer("logits").get_weights()
    shift = np.asarray(calibration.shift, dtype=np.float32)
    model.get_layer("logits").set_weights(
        [kernel / calibration.temperature, bias / calibration.temperature + shift]
    )
