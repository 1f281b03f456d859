"""Choose factors on classes' probabilities by how real light curves are then called.

Training gives rare types a higher weight, whereas most alerts are of common types. Maximum
likelihood (`fink_t2.training.calibration.logit_calibration`) gives factors that make the
probabilities correct. It does not give the classifications that are wanted: as many objects of
rare types as possible recovered, while common types remain correctly classified. This module
chooses the factors at which the criteria of acceptance are met best.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from fink_t2.science.classes import CLASSES
from fink_t2.training.evaluation.acceptance import CRITERIA, score_predictions
from fink_t2.training.examples.labelled import class_indices

#: Factors that are tried on every group of classes, a third apart.
TRIED = np.exp(np.linspace(-3.0, 2.1, 18))
#: How much more a step below a target counts than a step above it: e to this per step.
SHARPNESS = 3.0


def choose_factors(
    probabilities: npt.NDArray[np.floating],
    label_mask: npt.NDArray[np.bool_],
    counts_for: npt.NDArray[np.str_],
    groups: Sequence[Sequence[str]],
) -> dict[str, float]:
    """Choose one factor for each group of classes.

    Every combination of `TRIED` is scored. The score is smoothed over neighbouring factors, so
    that a single light curve more or less does not decide.

    Parameters
    ----------
    probabilities : ndarray, shape (N, 14)
        Predictions of light curves that were not learnt from.
    label_mask : ndarray of bool, shape (N, 14)
        Classes that are right.
    counts_for : ndarray of str, shape (N,)
        See `fink_t2.training.evaluation.acceptance.what_counts`.
    groups : sequence of sequence of str
        Names of the classes that share a factor; classes in no group keep 1.

    Returns
    -------
    dict of str to float
        Factor of every class in a group.
    """
    labels = class_indices(label_mask)
    counted = counts_for != ""
    labels, counts_for = labels[counted], counts_for[counted]
    logits = np.log(np.maximum(probabilities[counted].astype(np.float64), 1e-12))
    member = np.array([[name in group for name in CLASSES] for group in groups], dtype=float)
    combinations = np.array(list(itertools.product(np.log(TRIED), repeat=len(groups))))
    worth = np.array(
        [
            _worth(score_predictions((logits + shift @ member).argmax(axis=1), labels, counts_for))
            for shift in combinations
        ]
    )
    smooth = gaussian_filter(worth.reshape((len(TRIED),) * len(groups)), 1.0, mode="nearest")
    best = np.exp(combinations[smooth.argmax()])
    return {
        name: float(factor) for group, factor in zip(groups, best, strict=True) for name in group
    }


def _worth(scores: dict[str, float]) -> float:
    """Return a smooth minimum of the margins by which the criteria are met."""
    margins = [criterion.margin(scores.get(criterion.key)) for criterion in CRITERIA]
    known = np.array([margin for margin in margins if margin is not None])
    return float(-np.log(np.exp(-SHARPNESS * known).mean())) if known.size else 0.0
