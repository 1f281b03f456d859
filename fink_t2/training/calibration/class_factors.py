"""Factors on the probabilities of classes, chosen by the criteria of acceptance.

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
from fink_t2.training.evaluation.acceptance import score_predictions
from fink_t2.training.evaluation.criteria import CRITERIA
from fink_t2.training.examples.labelled import class_indices

#: Factors that are tried for every group of classes; their natural logarithms are 0.3 apart.
TRIED = np.exp(np.linspace(-3.0, 2.1, 18))
#: Sharpness of the smooth minimum over the margins of the criteria, per step of a criterion.
SHARPNESS = 3.0


def choose_factors(
    probabilities: npt.NDArray[np.floating],
    label_mask: npt.NDArray[np.bool_],
    counts_for: npt.NDArray[np.str_],
    groups: Sequence[Sequence[str]],
) -> dict[str, float]:
    """Choose one factor for each group of classes.

    Every combination of `TRIED` is scored. The score is smoothed over neighbouring factors, so
    that the choice does not depend on single light curves.

    Parameters
    ----------
    probabilities : ndarray, shape (N, 14)
        Predictions for light curves that training has not used.
    label_mask : ndarray of bool, shape (N, 14)
        True for every class that is correct.
    counts_for : ndarray of str, shape (N,)
        Part of the acceptance table for which each light curve counts, as returned by
        `fink_t2.training.evaluation.acceptance.what_counts`.
    groups : sequence of sequence of str
        Names of the classes that have a common factor. The factor of other classes is 1.

    Returns
    -------
    dict of str to float
        Factor of every class that is in a group.
    """
    labels = class_indices(label_mask)
    counted = counts_for != ""
    labels, counts_for = labels[counted], counts_for[counted]
    logits = np.log(np.maximum(probabilities[counted].astype(np.float64), 1e-12))
    is_in_group = np.array([[name in group for name in CLASSES] for group in groups], dtype=float)
    combinations = np.array(list(itertools.product(np.log(TRIED), repeat=len(groups))))
    scores = np.array(
        [
            _smooth_minimum_margin(
                score_predictions((logits + shift @ is_in_group).argmax(axis=1), labels, counts_for)
            )
            for shift in combinations
        ]
    )
    smooth = gaussian_filter(scores.reshape((len(TRIED),) * len(groups)), 1.0, mode="nearest")
    best = np.exp(combinations[smooth.argmax()])
    return {
        name: float(factor) for group, factor in zip(groups, best, strict=True) for name in group
    }


def _smooth_minimum_margin(scores: dict[str, float]) -> float:
    """Return a smooth minimum of the margins by which the criteria are met."""
    margins = [criterion.margin(scores.get(criterion.key)) for criterion in CRITERIA]
    known = np.array([margin for margin in margins if margin is not None])
    return float(-np.log(np.exp(-SHARPNESS * known).mean())) if known.size else 0.0
