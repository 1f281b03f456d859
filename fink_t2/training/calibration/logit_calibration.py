"""Calibration of logits: a temperature and a shift for each class.

The correction is fitted on labelled light curves and folded into the last layer of the network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from fink_t2.science.classes import CLASSES
from fink_t2.training.evaluation.log_loss import SMALLEST_PROBABILITY

#: Largest temperature; the smallest is its inverse.
LARGEST_TEMPERATURE = 4.0

#: Standard deviation of the Gaussian prior, centred on zero, of the shift of a class. Because of
#: the prior, the probabilities of a class with few labelled light curves remain nearly unchanged.
SHIFT_SCALE = 1.0


@dataclass(frozen=True)
class Calibration:
    """Division of the logits by a temperature, followed by a shift for each class.

    Attributes
    ----------
    temperature : float
        A value above 1 corrects an overconfident network (Guo et al. 2017, section 4.2).
    shift : tuple of float
        Values that are added to the logits of the classes. They account for the difference
        between the class mix of the training set and that of the alerts.
    """

    temperature: float
    shift: tuple[float, ...]

    def apply(self, probabilities: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Return calibrated probabilities for predicted ones, both of shape (N, C)."""
        return _softmax(_logits(probabilities) / self.temperature + np.asarray(self.shift))


def fit_calibration(
    probabilities: npt.NDArray[np.floating],
    label_mask: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.floating] | None = None,
    shifts: bool = True,
) -> Calibration:
    """Find the calibration with the lowest weighted log-loss.

    This is the bias-corrected temperature scaling of Alexandari et al. (2020,
    arXiv:1901.06852), with a prior on the shifts.

    Parameters
    ----------
    probabilities : ndarray, shape (N, C)
        Predictions for light curves that training has not used.
    label_mask : ndarray of bool, shape (N, C)
        True for every class that is correct.
    weights : ndarray, shape (N,), optional
        Weights of the examples; by default all are equal.
    shifts : bool
        Whether to fit the shifts, which then account for the class mix of the examples.
        Otherwise they are zero.

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
    fitted = minimize(loss, np.zeros(1 + n_classes), jac=True, method="L-BFGS-B", bounds=bounds)
    return Calibration(float(np.exp(fitted.x[0])), tuple(fitted.x[1:].tolist()))


def fit_temperature(
    probabilities: npt.NDArray[np.floating],
    label_mask: npt.NDArray[np.bool_],
    factors: Mapping[str, float],
) -> Calibration:
    """Find the temperature with the lowest log-loss for given factors on the probabilities.

    The factors apply to the probabilities before calibration. The temperature therefore changes
    the confidence of a classification but not the predicted class.

    Parameters
    ----------
    probabilities : ndarray, shape (N, C)
        Predictions for light curves that training has not used.
    label_mask : ndarray of bool, shape (N, C)
        True for every class that is correct.
    factors : mapping of str to float
        Factor by class name; it is 1 for classes that are not given.

    Returns
    -------
    Calibration
    """
    shift = np.log([factors.get(name, 1.0) for name in CLASSES])
    shifted = _softmax(_logits(probabilities) + shift)
    temperature = fit_calibration(shifted, label_mask, shifts=False).temperature
    return Calibration(temperature, tuple((shift / temperature).tolist()))


def fold(model: keras.Model, calibration: Calibration) -> None:
    """Change the layer "logits" in place such that the output of the network is calibrated.

    All weights of the layer are divided by one number, so that clustered weights stay clustered.

    Parameters
    ----------
    model : keras.Model
        The network.
    calibration : Calibration
        The calibration.
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
