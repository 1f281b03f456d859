"""Whether a probability of 0.8 is right four times in five: reliability diagram and ECE."""

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
        Bins of the largest probability; a value on an edge belongs to the bin above it,
        one to the last.
    count : ndarray of int64, shape (B,)
        Examples per bin.
    confidence, accuracy : ndarray of float64, shape (B,)
        Mean largest probability, and share of right predictions; NaN in an empty bin.
    """

    edges: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]
    accuracy: npt.NDArray[np.float64]

    @property
    def expected_calibration_error(self) -> float:
        """Mean |accuracy - confidence| over examples (Guo et al. 2017, equation 3)."""
        filled = self.count > 0
        gap = np.abs(self.accuracy - self.confidence)[filled]
        return float((self.count[filled] * gap).sum() / max(self.count.sum(), 1))


def reliability(
    labels: npt.ArrayLike, probabilities: npt.ArrayLike, n_bins: int = 10
) -> Reliability:
    """Bin examples by their largest probability.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        True classes.
    probabilities : array_like, shape (N, C)
        Predicted probabilities.
    n_bins : int
        Bins of equal width over [0, 1].
    """
    scores = np.asarray(probabilities, dtype=np.float64)
    largest = scores.max(axis=1)
    is_right = scores.argmax(axis=1) == np.asarray(labels)
    edges = np.linspace(0.0, 1.0, n_bins + 1)
    place = np.clip(np.digitize(largest, edges) - 1, 0, n_bins - 1)
    count = np.bincount(place, minlength=n_bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(place, weights=largest, minlength=n_bins) / count
        accuracy = np.bincount(place, weights=is_right, minlength=n_bins) / count
    return Reliability(edges, count, confidence, accuracy)
