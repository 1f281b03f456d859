"""Early classification: how the score grows with points and with days since detection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.light_curves import LightCurves
from fink_t2.training.evaluation.log_loss import flat_weighted_log_loss

#: Lower edges of the bins; the last is open above.
POINT_EDGES = (2, 3, 4, 5, 7, 10, 15, 20, 30, 50)
DAY_EDGES = (0, 2, 4, 7, 10, 15, 20, 30, 50, 90)


@dataclass(frozen=True)
class Growth:
    """Scores of examples, binned by how much was known of them.

    Attributes
    ----------
    edges : tuple of float
        Lower edge of each bin.
    count : list of int
        Examples per bin.
    log_loss, accuracy, macro_recall : list of float
        Flat-weighted log-loss over the classes in the bin, share of right predictions, and
        mean recall of the classes in the bin; NaN in an empty bin.
    """

    edges: tuple[float, ...]
    count: list[int]
    log_loss: list[float]
    accuracy: list[float]
    macro_recall: list[float]


def growth(
    known: npt.ArrayLike,
    edges: tuple[float, ...],
    labels: npt.NDArray[np.int64],
    probabilities: npt.NDArray[np.floating],
) -> Growth:
    """Score examples in bins.

    Parameters
    ----------
    known : array_like, shape (N,)
        What is binned, for instance the number of points; below the first edge, or NaN, an
        example is left out.
    edges : tuple of float
        Lower edges, rising.
    labels : ndarray of int64, shape (N,)
        True classes.
    probabilities : ndarray, shape (N, C)
        Predicted probabilities.
    """
    values = np.asarray(known, dtype=np.float64)
    place = np.digitize(values, edges) - 1
    place[np.isnan(values)] = -1
    counts, losses, accuracies, recalls = [], [], [], []
    for index in range(len(edges)):
        inside = place == index
        right = probabilities[inside].argmax(axis=1) == labels[inside]
        present = np.unique(labels[inside])
        counts.append(int(inside.sum()))
        losses.append(flat_weighted_log_loss(labels[inside], probabilities[inside]))
        accuracies.append(float(right.mean()) if right.size else float("nan"))
        each = [right[labels[inside] == name].mean() for name in present]
        recalls.append(float(np.mean(each)) if each else float("nan"))
    return Growth(edges, counts, losses, accuracies, recalls)


def days_since_first_detection(light_curves: LightCurves) -> npt.NDArray[np.float64]:
    """Return days from the first detection to the last point, shape (N,).

    The first detection is the survey's where it is known (``first_seen``), or else the
    light curve's first point. NaN for a curve without points.
    """
    has_points = np.diff(light_curves.starts) > 0
    days = np.full(len(light_curves), np.nan)
    first = light_curves.time[light_curves.starts[:-1][has_points]]
    last = light_curves.time[light_curves.starts[1:][has_points] - 1]
    days[has_points] = last - np.fmin(light_curves.first_seen[has_points], first)
    return days
