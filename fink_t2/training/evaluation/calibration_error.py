"""Calibration of probabilities: reliability diagram and expected calibration error (ECE)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Reliability:
    """A reliability diagram of the predicted class.

    Attributes
    ----------
    edges : ndarray of float64, shape (B + 1,)
        Edges of the bins of the largest probability. A value on an edge belongs to the bin
        above; the value 1 belongs to the last bin.
    count : ndarray of int64, shape (B,)
        Number of examples in each bin.
    confidence : ndarray of float64, shape (B,)
        Mean of the largest probability; NaN in an empty bin.
    accuracy : ndarray of float64, shape (B,)
        Fraction of correct predictions; NaN in an empty bin.
    """

    edges: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]

    @property
    def expected_calibration_error(self) -> float:
        """Mean of |accuracy - confidence| over the examples (Guo et al. 2017, equation 3)."""
        filled = self.count > 0
        gap = np.abs(self.accuracy - self.confidence)[filled]
        return float((self.count[filled] * gap).sum() / max(self.count.sum(), 1))


def reliability(
    labels: npt.ArrayLike, probabilities: npt.ArrayLike, n_bins: int = 10
) -> Reliability:
    """Return the reliability diagram of predictions.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        True classes.
    probabilities : array_like, shape (N, C)
        Predicted probabilities.
    n_bins : int
        Number of bins of equal width over [0, 1].
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    largest = scores.max(axis=1)
    is_right = scores.argmax(axis=1) == np.asarray(labels)
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    bin_number = np.clip(np.digitize(largest, edges) - 1, 0, n_bins - 1)
    count = np.bincount(bin_number, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(bin_number, weights=largest, minlength=n_bins) / count
        accuracy = np.bincount(bin_number, weights=is_right, minlength=n_bins) / count
    return Reliability(edges, count, confidence, accuracy)
