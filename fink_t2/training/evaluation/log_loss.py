"""The flat-weighted multi-class log-loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Lower limit of probabilities, which is also that of the loss in training.
SMALLEST_PROBABILITY = 1e-7


def flat_weighted_log_loss(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Return the log-loss in which every class has the same weight.

    It is ``L = -(1/C) sum_i (1/N_i) sum_j y_ij ln p_ij`` over the C classes that occur among the
    labels (arXiv:2105.06178, equation 10, with all weights equal to one).

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        True class of each example, a column of `probabilities`.
    probabilities : array_like, shape (N, n_classes)
        Predicted probabilities.

    Returns
    -------
    float
        The loss; NaN if there is no example.
    """
    labels = np.asarray(labels, dtype=np.int64)
    if not labels.size:
        return float("nan")
    losses = log_losses(labels, probabilities)
    weights = flat_weights(labels)
    return float((weights * losses).sum() / weights.sum())


def log_losses(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return ``-ln p`` for the true class of each example, shape (N,)."""
    labels = np.asarray(labels, dtype=np.int64)
    of_true_class = np.asarray(probabilities, dtype=np.float64)[np.arange(len(labels)), labels]
    return -np.log(np.clip(of_true_class, SMALLEST_PROBABILITY, 1.0))


def flat_weights(labels: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return weights with a mean of one that have the same sum for every class that occurs.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        True classes.

    Returns
    -------
    ndarray of float64, shape (N,)
        The weight ``N / (C N_i)`` for an example of class i.
    """
    labels = np.asarray(labels, dtype=np.int64)
    _, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return len(labels) / (len(counts) * counts[inverse].astype(np.float64))
