"""The confusion matrix, and scores that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.classes import CLASSES, CORE_COLLAPSE_CLASSES


@dataclass(frozen=True)
class Confusion:
    """A confusion matrix.

    Attributes
    ----------
    counts : ndarray of int64, shape (C, C)
        Numbers of examples by true class (row) and predicted class (column).
    classes : tuple of str
        Names of the classes.
    """

    counts: npt.NDArray[np.int64]
    classes: tuple[str, ...] = CLASSES

    def row_normalised(self) -> npt.NDArray[np.float64]:
        """Return the matrix with every row divided by its sum.

        Rows of classes without examples are zero.
        """
        return _divide(self.counts, self.counts.sum(axis=1, keepdims=True), empty=0.0)

    def recall(self) -> npt.NDArray[np.float64]:
        """Return the recall of each class; NaN for classes without examples."""
        return _divide(np.diag(self.counts), self.counts.sum(axis=1))

    def precision(self) -> npt.NDArray[np.float64]:
        """Return the precision of each class; NaN for classes that are never predicted."""
        return _divide(np.diag(self.counts), self.counts.sum(axis=0))

    def accuracy(self) -> float:
        """Return the fraction of correct predictions."""
        return float(_divide(np.trace(self.counts), self.counts.sum()))

    def macro_recall(self, classes: Sequence[str] | None = None) -> float:
        """Return the mean recall of classes, by default of all, that have examples."""
        recall = self.recall()[self._indices(self.classes if classes is None else classes)]
        known = recall[np.isfinite(recall)]
        return float(known.mean()) if known.size else float("nan")

    def purity(self, name: str = "SNIa") -> float:
        """Return the precision of one class."""
        return float(self.precision()[self._indices([name])[0]])

    def contamination(
        self, name: str = "SNIa", contaminants: Sequence[str] = CORE_COLLAPSE_CLASSES
    ) -> float:
        """Return the fraction of the predictions of a class that belong to the contaminants."""
        column = self.counts[:, self._indices([name])[0]]
        return float(_divide(column[self._indices(contaminants)].sum(), column.sum()))

    def _indices(self, names: Sequence[str]) -> list[int]:
        return [self.classes.index(name) for name in names]


def confusion(labels: npt.ArrayLike, predicted: npt.ArrayLike) -> Confusion:
    """Return the confusion matrix of predictions.

    Parameters
    ----------
    labels, predicted : array_like of int, shape (N,)
        True and predicted classes as indices into `CLASSES`.
    """
    n_classes = len(CLASSES)
    cells = np.asarray(labels, np.int64) * n_classes + np.asarray(predicted, np.int64)
    counts = np.bincount(cells, minlength=n_classes * n_classes)
    return Confusion(counts.reshape(n_classes, n_classes).astype(np.int64))


def _divide(part: npt.ArrayLike, whole: npt.ArrayLike, empty: float = np.nan) -> npt.NDArray:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, empty), where=whole > 0)
