"""What is called what: confusion matrix, precision, recall, purity, contamination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.classes import CLASSES, CORE_COLLAPSE_CLASSES


@dataclass(frozen=True)
class Confusion:
    """Counts of true against predicted classes.

    Attributes
    ----------
    counts : ndarray of int64, shape (C, C)
        Row: true class; column: predicted class.
    classes : tuple of str
        Names of rows and columns.
    """

    counts: npt.NDArray[np.int64]
    classes: tuple[str, ...] = CLASSES

    def row_normalised(self) -> npt.NDArray[np.float64]:
        """Return the share of each true class that is called each class; rows sum to one.

        Rows of classes without examples are zero.
        """
        return _divide(self.counts, self.counts.sum(axis=1, keepdims=True), empty=0.0)

    def recall(self) -> npt.NDArray[np.float64]:
        """Return the share of each class's objects that are called so; NaN without objects."""
        return _divide(np.diag(self.counts), self.counts.sum(axis=1))

    def precision(self) -> npt.NDArray[np.float64]:
        """Return the share of what is called each class that is; NaN where nothing is."""
        return _divide(np.diag(self.counts), self.counts.sum(axis=0))

    def accuracy(self) -> float:
        """Return the share of all objects that are called what they are."""
        return float(_divide(np.trace(self.counts), self.counts.sum()))

    def macro_recall(self, classes: Sequence[str] | None = None) -> float:
        """Return the mean recall of the named classes that have objects (default: all)."""
        recall = self.recall()[self._places(self.classes if classes is None else classes)]
        known = recall[np.isfinite(recall)]
        return float(known.mean()) if known.size else float("nan")

    def purity(self, name: str = "SNIa") -> float:
        """Return the share of what is called `name` that is: its precision."""
        return float(self.precision()[self._places([name])[0]])

    def contamination(
        self, name: str = "SNIa", contaminants: Sequence[str] = CORE_COLLAPSE_CLASSES
    ) -> float:
        """Return the share of what is called `name` that belongs to `contaminants`."""
        column = self.counts[:, self._places([name])[0]]
        return float(_divide(column[self._places(contaminants)].sum(), column.sum()))

    def _places(self, names: Sequence[str]) -> list[int]:
        return [self.classes.index(name) for name in names]


def confusion(labels: npt.ArrayLike, predicted: npt.ArrayLike) -> Confusion:
    """Count true against predicted classes.

    Parameters
    ----------
    labels, predicted : array_like of int, shape (N,)
        Indices into `CLASSES`.
    """
    n_classes = len(CLASSES)
    cells = np.asarray(labels, np.int64) * n_classes + np.asarray(predicted, np.int64)
    counts = np.bincount(cells, minlength=n_classes * n_classes)
    return Confusion(counts.reshape(n_classes, n_classes).astype(np.int64))


def _divide(part: npt.ArrayLike, whole: npt.ArrayLike, empty: float = np.nan) -> npt.NDArray:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    part, whole = np.broadcast_arrays(part, whole)
    return np.divide(part, whole, out=np.full(part.shape, empty), where=whole > 0)
