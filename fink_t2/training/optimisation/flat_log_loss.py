"""The flat-weighted multi-class log-loss (Malz et al. 2019, AJ 158, 171), with w_i = 1."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.training.evaluation.log_loss import SMALLEST_PROBABILITY, flat_weighted_log_loss


def flat_log_loss(
    probabilities: npt.NDArray[np.floating], label_mask: npt.NDArray[np.bool_]
) -> float:
    """Compute the flat-weighted log-loss of a data set from its label masks.

    Parameters
    ----------
    probabilities : ndarray, shape (N, C)
        Predicted probabilities.
    label_mask : ndarray of bool, shape (N, C)
        True for every class that is correct. Examples with several correct classes do not count.

    Returns
    -------
    float
        The loss, as in `fink_t2.training.evaluation.log_loss.flat_weighted_log_loss`.
    """
    known = label_mask.sum(axis=1) == 1
    return flat_weighted_log_loss(label_mask[known].argmax(axis=1), probabilities[known])


def class_weights(label_mask: npt.NDArray[np.bool_], power: float = 1.0) -> npt.NDArray[np.float32]:
    """Return weights of the examples that balance the classes.

    Parameters
    ----------
    label_mask : ndarray of bool, shape (N, C)
        True for every class that is correct. The examples with several correct classes count
        as one further class.
    power : float
        A class with n examples has a weight proportional to n to the power of minus `power`
        for each: 1 gives all classes the same total weight (the flat log-loss), 0 gives all
        examples the same weight.

    Returns
    -------
    ndarray of float32, shape (N,)
        Weights with a mean of one.
    """
    groups = np.where(label_mask.sum(axis=1) == 1, label_mask.argmax(axis=1), label_mask.shape[1])
    counts = np.bincount(groups, minlength=label_mask.shape[1] + 1).astype(np.float64)
    weights = 1.0 / np.maximum(counts[groups], 1.0) ** power
    return (weights / weights.mean()).astype(np.float32)


@keras.saving.register_keras_serializable(package="fink_t2")
class LabelMaskLogLoss(keras.losses.Loss):
    """Logarithmic loss of the total probability of the classes that are correct.

    For an example of one known class this is the term ``-ln p_ij`` of the flat-weighted
    log-loss; the weights 1 / (C N_i) are given as sample weights (`class_weights`).

    Parameters
    ----------
    smoothing : float
        Label smoothing: fraction of the target that is spread evenly over all classes.
    """

    def __init__(self, smoothing: float = 0.0, name: str = "log_loss", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.smoothing = smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each example, shape (batch,)."""
        p = keras.ops.clip(y_pred, SMALLEST_PROBABILITY, 1.0)
        right = -keras.ops.log(keras.ops.sum(keras.ops.cast(y_true, p.dtype) * p, axis=-1))
        if self.smoothing == 0.0:
            return right
        everywhere = -keras.ops.mean(keras.ops.log(p), axis=-1)
        return (1.0 - self.smoothing) * right + self.smoothing * everywhere

    def get_config(self) -> dict[str, Any]:
        """Return the arguments with which a saved model recreates this loss."""
        return {**super().get_config(), "smoothing": self.smoothing}


@keras.saving.register_keras_serializable(package="fink_t2")
class FlatLogLoss(keras.metrics.Metric):
    """The flat-weighted log-loss of all examples since the last reset.

    Parameters
    ----------
    n_classes : int
        Number C of classes.
    """

    def __init__(self, n_classes: int = 14, name: str = "flat_log_loss", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.n_classes = n_classes
        self.sums = self.add_weight(shape=(n_classes,), initializer="zeros", name="sums")
        self.counts = self.add_weight(shape=(n_classes,), initializer="zeros", name="counts")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch; examples with several correct classes do not count."""
        truth = keras.ops.cast(y_true, y_pred.dtype)
        known = keras.ops.cast(keras.ops.sum(truth, axis=-1, keepdims=True) < 1.5, y_pred.dtype)
        truth = truth * known
        logarithm = keras.ops.log(keras.ops.clip(y_pred, SMALLEST_PROBABILITY, 1.0))
        self.sums.assign_add(keras.ops.sum(truth * logarithm, axis=0))
        self.counts.assign_add(keras.ops.sum(truth, axis=0))

    def result(self) -> Any:
        """Return the loss, averaged over the classes that have occurred."""
        occurs = keras.ops.cast(self.counts > 0, self.sums.dtype)
        means = self.sums / keras.ops.maximum(self.counts, 1.0)
        return -keras.ops.sum(means * occurs) / keras.ops.maximum(keras.ops.sum(occurs), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments with which a saved model recreates this metric."""
        return {**super().get_config(), "n_classes": self.n_classes}
