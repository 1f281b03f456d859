"""All metrics of a model on a set of labelled light curves."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fink_t2.classifier import Classifier
from fink_t2.science.classes import CLASSES
from fink_t2.science.cuts import Status
from fink_t2.science.light_curves import LightCurves
from fink_t2.training.evaluation.calibration_error import Reliability, reliability
from fink_t2.training.evaluation.confusion import Confusion, confusion
from fink_t2.training.evaluation.early import (
    DAY_EDGES,
    POINT_EDGES,
    Growth,
    days_since_first_detection,
    growth,
)
from fink_t2.training.evaluation.log_loss import flat_weighted_log_loss
from fink_t2.training.evaluation.threshold_curves import ThresholdCurves, threshold_curves


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Attributes
    ----------
    model : str
        Name and version of the model.
    data : str
        Description of the data.
    examples : int
        Number of classified light curves of a known class.
    not_classified : int
        Number of light curves of a known class that have no classification.
    unknown_class : int
        Number of light curves whose class is none of the 14.
    log_loss : float
        Flat-weighted log-loss over the classes that occur.
    confusion : Confusion
        Confusion matrix. The predicted class is that of the largest of all 14 probabilities.
    curves : ThresholdCurves
        ROC and precision-recall curves.
    reliability : Reliability
        Calibration of the largest probability.
    by_points, by_days : Growth
        Scores by the number of points and by the days since first detection.
    """

    model: str
    data: str
    examples: int
    not_classified: int
    unknown_class: int
    log_loss: float
    confusion: Confusion
    curves: ThresholdCurves
    reliability: Reliability
    by_points: Growth
    by_days: Growth

    def numbers(self) -> dict[str, Any]:
        """Return all numbers in types that JSON has, with None for NaN."""
        matrix, curves = self.confusion, self.curves
        recall, precision = matrix.recall(), matrix.precision()
        present = [i for i in range(len(CLASSES)) if matrix.counts[i].sum()]
        result = {
            "model": self.model,
            "data": self.data,
            "examples": self.examples,
            "not_classified": self.not_classified,
            "unknown_class": self.unknown_class,
            "log_loss": self.log_loss,
            "accuracy": matrix.accuracy(),
            "macro_recall": matrix.macro_recall(),
            "snia_purity": matrix.purity(),
            "core_collapse_contamination": matrix.contamination(),
            "roc_auc": {"micro": curves.micro_roc_auc, "macro": curves.macro_roc_auc},
            "pr_auc": {"micro": curves.micro_pr_auc, "macro": curves.macro_pr_auc},
            "expected_calibration_error": self.reliability.expected_calibration_error,
            "per_class": {
                CLASSES[i]: {
                    "examples": int(matrix.counts[i].sum()),
                    "recall": recall[i],
                    "precision": precision[i],
                    "roc_auc": curves.roc_auc.get(i),
                    "pr_auc": curves.pr_auc.get(i),
                }
                for i in present
            },
            "confusion": {"classes": list(matrix.classes), "counts": matrix.counts.tolist()},
            "reliability": {
                "edges": self.reliability.edges.tolist(),
                "count": self.reliability.count.tolist(),
                "confidence": self.reliability.confidence.tolist(),
                "accuracy": self.reliability.accuracy.tolist(),
            },
            "by_points": asdict(self.by_points),
            "by_days": asdict(self.by_days),
        }
        return _without_nan(result)


def evaluate(
    classifier: Classifier,
    light_curves: LightCurves,
    labels: npt.NDArray[np.int64],
    data: str,
) -> Evaluation:
    """Classify labelled light curves as the stream does, and score the result.

    Parameters
    ----------
    classifier : Classifier
        The model.
    light_curves : LightCurves
        N light curves.
    labels : ndarray of int64, shape (N,)
        True classes. Light curves with -1, for none of the 14 classes, are left out.
    data : str
        Description of the data.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If no light curve of a known class is classified.
    """
    classification = classifier.classify(light_curves)
    classified = classification.status == Status.OK
    return evaluate_predictions(
        labels,
        classification.probabilities,
        classification.points.sum(axis=1),
        days_since_first_detection(light_curves),
        classified,
        model=classifier.reference.label,
        data=data,
    )


def evaluate_predictions(
    labels: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating],
    points: npt.NDArray[np.integer],
    days: npt.NDArray[np.float64],
    classified: npt.NDArray[np.bool_] | None = None,
    *,
    model: str = "",
    data: str = "",
) -> Evaluation:
    """Score predictions.

    Parameters
    ----------
    labels : ndarray of int64, shape (N,)
        True classes; -1 for none of the 14 classes.
    probabilities : ndarray, shape (N, 14)
        Predicted probabilities.
    points : ndarray of int, shape (N,)
        Number of points of each light curve.
    days : ndarray of float64, shape (N,)
        Days since the first detection; NaN if not known.
    classified : ndarray of bool, shape (N,), optional
        True for light curves that have a prediction; by default all have.
    model, data : str
        Names of the model and of the data, for the report.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If no light curve of a known class is classified.
    """
    if classified is None:
        classified = np.ones(len(labels), dtype=bool)
    known = labels >= 0
    keep = known & classified
    labels, probabilities = labels[keep], probabilities[keep]
    if not labels.size:
        raise ValueError("no light curve of a known class is classified")
    return Evaluation(
        model=model,
        data=data,
        examples=len(labels),
        not_classified=int((known & ~classified).sum()),
        unknown_class=int((~known).sum()),
        log_loss=flat_weighted_log_loss(labels, probabilities),
        confusion=confusion(labels, probabilities.argmax(axis=1)),
        curves=threshold_curves(labels, probabilities),
        reliability=reliability(labels, probabilities),
        by_points=growth(points[keep], POINT_EDGES, labels, probabilities),
        by_days=growth(days[keep], DAY_EDGES, labels, probabilities),
    )


def _without_nan(value: Any) -> Any:
    """Replace NaN by None, because JSON has no NaN."""
    if isinstance(value, dict):
        return {key: _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value
