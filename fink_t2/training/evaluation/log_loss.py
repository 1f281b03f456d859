"""The published metric: flat-weighted multi-class log-loss."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

#: Probabilities are kept this far from zero, as in the loss that training minimises.
SMALLEST_PROBABILITY = 1e-7


def flat_weighted_log_loss(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """Return the log-loss in which every class weighs the same, however many objects it has.

    ``L = -(1/C) sum_i (1/N_i) sum_j y_ij ln p_ij`` (arXiv:2105.06178, equation 10, with all
    weights one), over the C classes that occur among the labels.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        True class of each example, a column of `probabilities`.
    probabilities : array_like, shape (N, n_classes)
        Predicted probabilities.

    Returns
    -------
    float
        NaN where there is no example.
    """
    labels = np.asarray(labels, dtype=np.int64)
    if not labels.size:
        return float("nan")
    losses = log_losses(labels, probabilities)
    weights = flat_weights(labels)
    return float((weights * losses).sum() / weights.sum())


def log_losses(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return ``-ln p`` of the true class of each example, shape (N,)."""
    labels = np.asarray(labels, dtype=np.int64)
    found = np.asarray(probabilities, dtype=np.float64)[np.arange(len(labels)), labels]
    return -np.log(np.clip(found, SMALLEST_PROBABILITY, 1.0))


def flat_weights(labels: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return weights that give every class that occurs the same sum, their mean being one.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        True classes.

    Returns
    -------
    ndarray of float64, shape (N,)
        ``N / (C N_i)`` for an example of class i.
    """
    labels = np.asarray(labels, dtype=np.int64)
    _, inverse, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return len(labels) / (len(counts) * counts[inverse].astype(np.float64))
