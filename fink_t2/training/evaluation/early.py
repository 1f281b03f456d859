"""Early classification: scores by the number of points and by the days since first detection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.light_curves import LightCurves
from fink_t2.training.evaluation.log_loss import flat_weighted_log_loss

#: Lower edges of the bins; the last bin has no upper edge.
POINT_EDGES = (2, 3, 4, 5, 7, 10, 15, 20, 30, 50)
DAY_EDGES = (0, 2, 4, 7, 10, 15, 20, 30, 50, 90)


@dataclass(frozen=True)
class Growth:
    """Scores of examples in bins of a quantity that grows with the light curve.

    Attributes
    ----------
    edges : tuple of float
        Lower edge of each bin.
    count : list of int
        Number of examples in each bin.
    log_loss, accuracy, macro_recall : list of float
        Flat-weighted log-loss over the classes in the bin, fraction of correct predictions, and
        mean recall of the classes in the bin; NaN in an empty bin.
    """

    edges: tuple[float, ...]
    count: list[int]
    log_loss: list[float]
    accuracy: list[float]
    macro_recall: list[float]


def growth(
    quantity: npt.ArrayLike,
    edges: tuple[float, ...],
    labels: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating],
) -> Growth:
    """Score examples in bins.

    Parameters
    ----------
    quantity : array_like, shape (N,)
        The quantity, such as the number of points. Examples below the first edge, or with NaN,
        are left out.
    edges : tuple of float
        Lower edges of the bins in increasing order.
    labels : ndarray of int64, shape (N,)
        True classes.
    probabilities : ndarray, shape (N, C)
        Predicted probabilities.
    """
    values = np.asarray(quantity, dtype=np.float64)
    bin_number = np.digitize(values, edges) - 1
    bin_number[np.isnan(values)] = -1
    counts, losses, accuracies, recalls = [], [], [], []
    for index in range(len(edges)):
        inside = bin_number == index
        right = probabilities[inside].argmax(axis=1) == labels[inside]
        present = np.unique(labels[inside])
        counts.append(int(inside.sum()))
        losses.append(flat_weighted_log_loss(labels[inside], probabilities[inside]))
        accuracies.append(float(right.mean()) if right.size else float("nan"))
        each = [right[labels[inside] == name].mean() for name in present]
        recalls.append(float(np.mean(each)) if each else float("nan"))
    return Growth(edges, counts, losses, accuracies, recalls)


def days_since_first_detection(light_curves: LightCurves) -> npt.NDArray[np.float64]:
    """Return the days from the first detection to the last point.

    The first detection is that of the survey (``first_seen``) if it is known, otherwise the first
    point of the light curve.

    Returns
    -------
    ndarray of float64, shape (N,)
        The days; NaN for a light curve without points.
    """
    has_points = np.diff(light_curves.starts) > 0
    days = np.full(len(light_curves), np.nan)
    first = light_curves.time[light_curves.starts[:-1][has_points]]
    last = light_curves.time[light_curves.starts[1:][has_points] - 1]
    days[has_points] = last - np.fmin(light_curves.first_seen[has_points], first)
    return days
