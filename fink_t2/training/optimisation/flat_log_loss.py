"""The flat-weighted multi-class log-loss of PLAsTiCC (Malz et al. 2019), w_i = 1."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.training.evaluation.log_loss import SMALLEST_PROBABILITY, flat_weighted_log_loss


def flat_log_loss(
    probabilities: npt.NDArray[np.floating], label_mask: npt.NDArray[np.bool_]
) -> float:
    """Compute the loss over a whole data set, labelled by a mask of the classes that are right.

    Parameters
    ----------
    probabilities : ndarray, shape (N, C)
        Predicted probabilities.
    label_mask : ndarray of bool, shape (N, C)
        True at each example's class; examples with several correct classes are left out.

    Returns
    -------
    float
        See `fink_t2.training.evaluation.log_loss.flat_weighted_log_loss`.
    """
    known = label_mask.sum(axis=1) == 1
    return flat_weighted_log_loss(label_mask[known].argmax(axis=1), probabilities[known])


def class_weights(label_mask: npt.NDArray[np.bool_], power: float = 1.0) -> npt.NDArray[np.float32]:
    """Return the weight of every example that makes the mean log-loss flat over classes.

    Parameters
    ----------
    label_mask : ndarray of bool, shape (N, C)
        Classes that are right; an example with several counts as a class of its own.
    power : float
        1 weighs all classes alike, 0 all examples alike.

    Returns
    -------
    ndarray of float32, shape (N,)
        Mean one.
    """
    groups = np.where(label_mask.sum(axis=1) == 1, label_mask.argmax(axis=1), label_mask.shape[1])
    counts = np.bincount(groups, minlength=label_mask.shape[1] + 1).astype(np.float64)
    weights = 1.0 / np.maximum(counts[groups], 1.0) ** power
    return (weights / weights.mean()).astype(np.float32)


@keras.saving.register_keras_serializable(package="fink_t2")
class LabelMaskLogLoss(keras.losses.Loss):
    """Log-loss of the probability that a network gives to the classes of the label mask together.

    For an example of one known class this is its term ``-ln p_ij`` of the flat-weighted
    log-loss; the weights 1 / (C N_i) come as sample weights (`class_weights`).

    Parameters
    ----------
    smoothing : float
        Part of the target spread evenly over all classes.
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
        """Return what a saved model needs to make this loss again."""
        return {**super().get_config(), "smoothing": self.smoothing}


@keras.saving.register_keras_serializable(package="fink_t2")
class FlatLogLoss(keras.metrics.Metric):
    """The flat-weighted log-loss over everything seen since the last reset.

    Parameters
    ----------
    n_classes : int
        Number of classes C.
    """

    def __init__(self, n_classes: int = 14, name: str = "flat_log_loss", **options: Any) -> None:
        super().__init__(name=name, **options)
        self.n_classes = n_classes
        self.sums = self.add_weight(shape=(n_classes,), initializer="zeros", name="sums")
        self.counts = self.add_weight(shape=(n_classes,), initializer="zeros", name="counts")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch; examples with several correct classes are left out."""
        truth = keras.ops.cast(y_true, y_pred.dtype)
        known = keras.ops.cast(keras.ops.sum(truth, axis=-1, keepdims=True) < 1.5, y_pred.dtype)
        truth = truth * known
        logarithm = keras.ops.log(keras.ops.clip(y_pred, SMALLEST_PROBABILITY, 1.0))
        self.sums.assign_add(keras.ops.sum(truth * logarithm, axis=0))
        self.counts.assign_add(keras.ops.sum(truth, axis=0))

    def result(self) -> Any:
        """Return the loss over the classes that occurred."""
        occurs = keras.ops.cast(self.counts > 0, self.sums.dtype)
        means = self.sums / keras.ops.maximum(self.counts, 1.0)
        return -keras.ops.sum(means * occurs) / keras.ops.maximum(keras.ops.sum(occurs), 1.0)

    def get_config(self) -> dict[str, Any]:
        """Return what a saved model needs to make this metric again."""
        return {**super().get_config(), "n_classes": self.n_classes}
