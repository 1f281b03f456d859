"""ROC and precision-recall curves of every class, and their averages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import auc, average_precision_score, precision_recall_curve, roc_curve

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ThresholdCurves:
    """ROC and precision-recall curves of N examples, each class against the rest.

    Attributes
    ----------
    roc : dict of int to tuple of ndarray
        False positive rate and true positive rate by class index.
    precision_recall : dict of int to tuple of ndarray
        Recall and precision by class index.
    roc_auc : dict of int to float
        Area under the ROC curve by class index.
    pr_auc : dict of int to float
        Average precision, the area under the stepwise precision-recall curve, by class index.
    micro_roc, micro_precision_recall : tuple of ndarray
        The same curves for all pairs of example and class together.
    micro_roc_auc, micro_pr_auc : float
        Areas under these.
    """

    roc: dict[int, tuple[FloatArray, FloatArray]]
    precision_recall: dict[int, tuple[FloatArray, FloatArray]]
    roc_auc: dict[int, float]
    pr_auc: dict[int, float]
    micro_roc: tuple[FloatArray, FloatArray]
    micro_precision_recall: tuple[FloatArray, FloatArray]
    micro_roc_auc: float
    micro_pr_auc: float

    @property
    def macro_roc_auc(self) -> float:
        """Mean ROC AUC of the classes that have examples."""
        return float(np.mean(list(self.roc_auc.values()))) if self.roc_auc else float("nan")

    @property
    def macro_pr_auc(self) -> float:
        """Mean average precision of the classes that have examples."""
        return float(np.mean(list(self.pr_auc.values()))) if self.pr_auc else float("nan")


def threshold_curves(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> ThresholdCurves:
    """Compute the curves of the classes that occur, each against the rest.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        True classes.
    probabilities : array_like, shape (N, C)
        Predicted probabilities.
    """
    labels = np.asarray(labels, dtype=np.int64)
    scores = np.asarray(probabilities, dtype=np.float64)
    truth = labels[:, None] == np.arange(scores.shape[1])
    roc, precision_recall, roc_auc, pr_auc = {}, {}, {}, {}
    for index in range(scores.shape[1]):
        is_class = truth[:, index]
        # Neither curve is defined without examples of the class, or without others.
        if not is_class.any() or is_class.all():
            continue
        roc[index], roc_auc[index] = _roc(is_class, scores[:, index])
        precision_recall[index], pr_auc[index] = _precision_recall(is_class, scores[:, index])
    micro_roc, micro_roc_auc = _roc(truth.ravel(), scores.ravel())
    micro_pr, micro_pr_auc = _precision_recall(truth.ravel(), scores.ravel())
    return ThresholdCurves(
        roc, precision_recall, roc_auc, pr_auc, micro_roc, micro_pr, micro_roc_auc, micro_pr_auc
    )


def _roc(
    is_class: npt.NDArray[np.bool_], scores: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], float]:
    false_positive, true_positive, _ = roc_curve(is_class, scores)
    return (false_positive, true_positive), float(auc(false_positive, true_positive))


def _precision_recall(
    is_class: npt.NDArray[np.bool_], scores: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], float]:
    precision, recall, _ = precision_recall_curve(is_class, scores)
    return (recall, precision), float(average_precision_score(is_class, scores))
