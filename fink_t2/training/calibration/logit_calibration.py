"""Calibrate a network on labelled light curves, and fold the correction into its last layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from fink_t2.science.classes import CLASSES
from fink_t2.training.evaluation.log_loss import SMALLEST_PROBABILITY

#: The temperature is looked for between 1/4 and 4.
LARGEST_TEMPERATURE = 4.0

#: Standard deviation of the Gaussian prior of a class's shift around none: a class that the
#: labelled light curves hardly hold keeps about the probability that the network gives it.
SHIFT_SCALE = 1.0


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

    def apply(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return corrected probabilities, shape (N, C)."""
        return _softmax(_logits(probabilities) / self.temperature + np.asarray(self.shift))


def fit_calibration(
    probabilities: npt.NDArray[np.floating],
    label_mask: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.floating] | None = None,
    shifts: bool = True,
) -> Calibration:
    """Find the calibration of lowest (weighted) log-loss (Alexandari et al. 2020).

    Parameters
    ----------
    probabilities : ndarray, shape (N, C)
        Predictions of light curves that were not learnt from.
    label_mask : ndarray of bool, shape (N, C)
        Classes that are right.
    weights : ndarray, shape (N,), optional
        Weights of the examples.
    shifts : bool
        Whether to fit the classes' shifts as well; they then follow the class mix of the
        examples. Otherwise they are zero.

    Returns
    -------
    Calibration
    """
    logits = _logits(probabilities)
    n_examples, n_classes = logits.shape
    weights = np.ones(n_examples) if weights is None else weights.astype(np.float64)
    weights = weights / weights.sum()

    def loss(values: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        scaled = logits * np.exp(-values[0])
        p = _softmax(scaled + values[1:] if shifts else scaled)
        right = np.maximum((p * label_mask).sum(axis=1), SMALLEST_PROBABILITY)
        # d(-ln right) / d logits
        slope = (p - p * label_mask / right[:, None]) * weights[:, None]
        penalty = values[1:] / SHIFT_SCALE**2 / n_examples
        gradient = np.concatenate(([-(slope * scaled).sum()], slope.sum(axis=0) + penalty))
        if not shifts:
            gradient[1:] = 0.0
        total = -(weights * np.log(right)).sum() + 0.5 * (values[1:] * penalty).sum()
        return float(total), gradient

    limit = np.log(LARGEST_TEMPERATURE)
    bounds = [(-limit, limit)] + [(None, None)] * n_classes
    found = minimize(loss, np.zeros(1 + n_classes), jac=True, method="L-BFGS-B", bounds=bounds)
    return Calibration(float(np.exp(found.x[0])), tuple(found.x[1:].tolist()))


def fit_temperature(
    probabilities: npt.NDArray[np.floating],
    label_mask: npt.NDArray[np.bool_],
    factors: Mapping[str, float],
) -> Calibration:
    """Find the temperature of lowest log-loss that goes with chosen factors on the classes.

    The factors are on the probabilities as the network gives them, so the temperature changes
    how sure a call is and not which call is made.

    Parameters
    ----------
    probabilities, label_mask
        As in `fit_calibration`.
    factors : mapping of str to float
        Class name to factor; classes left out keep their probabilities.

    Returns
    -------
    Calibration
    """
    shift = np.log([factors.get(name, 1.0) for name in CLASSES])
    shifted = _softmax(_logits(probabilities) + shift)
    temperature = fit_calibration(shifted, label_mask, shifts=False).temperature
    return Calibration(temperature, tuple((shift / temperature).tolist()))


def fold(model: keras.Model, calibration: Calibration) -> None:
    """Change the layer "logits" in place so that the network's output is calibrated.

    Dividing the layer's weights by one number keeps clustered weights clustered.
    """
    kernel, bias = model.get_layer("logits").get_weights()
    shift = np.asarray(calibration.shift, dtype=np.float32)
    model.get_layer("logits").set_weights(
        [kernel / calibration.temperature, bias / calibration.temperature + shift]
    )


def _logits(probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    return np.log(np.clip(probabilities.astype(np.float64), SMALLEST_PROBABILITY, 1.0))


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))
