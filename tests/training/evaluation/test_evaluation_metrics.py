"""Every metric against a value worked out by hand."""

import math

import numpy as np
import pytest

from fink_t2.science.classes import CLASSES
from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import ZTF
from fink_t2.training.evaluation.calibration_error import reliability
from fink_t2.training.evaluation.confusion import confusion
from fink_t2.training.evaluation.early import days_since_first_detection, growth
from fink_t2.training.evaluation.log_loss import (
    flat_weighted_log_loss,
    flat_weights,
    log_losses,
)
from fink_t2.training.evaluation.threshold_curves import threshold_curves

SNIA, SNII, SNIBC, AGN = (CLASSES.index(name) for name in ("SNIa", "SNII", "SNIbc", "AGN"))


def test_flat_weighted_log_loss_by_hand():
    probabilities = [[0.5, 0.5, 0.0], [0.25, 0.75, 0.0], [0.1, 0.8, 0.1]]
    # Class 0: (ln 2 + ln 4) / 2; class 1: -ln 0.8; class 2 does not occur.
    expected = ((math.log(2) + math.log(4)) / 2 - math.log(0.8)) / 2
    assert flat_weighted_log_loss([0, 0, 1], probabilities) == pytest.approx(expected)
    # Uniform probabilities over C classes give ln C, whatever the class sizes.
    assert flat_weighted_log_loss([0] * 9 + [5], np.full((10, 14), 1 / 14)) == pytest.approx(
        math.log(14)
    )


def test_a_probability_of_zero_costs_much_but_is_finite():
    assert log_losses([1], [[1.0, 0.0]])[0] == pytest.approx(-math.log(1e-7))
    assert math.isnan(flat_weighted_log_loss([], np.zeros((0, 14))))


def test_flat_weights_give_every_class_the_same_sum():
    weights = flat_weights([3, 3, 3, 7])
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 2 / 3, 2.0])
    assert weights.mean() == pytest.approx(1.0)


def test_confusion_purity_and_contamination_by_hand():
    labels = [SNIA] * 4 + [SNII] * 3 + [SNIBC] + [AGN] * 2
    predicted = [SNIA, SNIA, SNIA, SNII, SNII, SNIA, SNII, SNIA, AGN, SNIA]
    matrix = confusion(labels, predicted)
    # Called SNIa: 3 SNIa, 1 SNII, 1 SNIbc, 1 AGN.
    assert matrix.purity() == pytest.approx(3 / 6)
    assert matrix.contamination() == pytest.approx(2 / 6)
    assert matrix.accuracy() == pytest.approx(6 / 10)
    recall, precision = matrix.recall(), matrix.precision()
    np.testing.assert_allclose(recall[[SNIA, SNII, SNIBC, AGN]], [3 / 4, 2 / 3, 0, 1 / 2])
    assert precision[SNII] == pytest.approx(2 / 3)
    assert np.isnan(precision[SNIBC])
    assert np.isnan(recall[CLASSES.index("KN")])
    assert matrix.macro_recall() == pytest.approx((3 / 4 + 2 / 3 + 0 + 1 / 2) / 4)
    assert matrix.macro_recall(["SNIa", "SNII"]) == pytest.approx((3 / 4 + 2 / 3) / 2)
    shares = matrix.row_normalised()
    np.testing.assert_allclose(shares[SNIA, [SNIA, SNII]], [0.75, 0.25])
    np.testing.assert_allclose(shares.sum(axis=1)[[SNIA, SNII, SNIBC, AGN]], 1.0)
    assert shares[CLASSES.index("KN")].sum() == 0


def test_areas_under_curves_by_hand():
    # Class 0 scores: positives 0.9, 0.4; negatives 0.6, 0.1. Three of four pairs in order.
    scores = [[0.9, 0.1], [0.4, 0.6], [0.6, 0.4], [0.1, 0.9]]
    curves = threshold_curves([0, 0, 1, 1], scores)
    assert curves.roc_auc[0] == pytest.approx(0.75)
    # Precision at each positive, weighted by the recall it adds: 1/2 x 1 + 1/2 x 2/3.
    assert curves.pr_auc[0] == pytest.approx(0.5 + 1 / 3)
    # Pooled: positives 0.9, 0.4, 0.4, 0.9; negatives 0.1, 0.6, 0.6, 0.1: 12 of 16 pairs.
    assert curves.micro_roc_auc == pytest.approx(12 / 16)
    assert curves.macro_roc_auc == pytest.approx(0.75)
    assert curves.macro_pr_auc == pytest.approx(curves.pr_auc[0] / 2 + curves.pr_auc[1] / 2)


def test_a_class_without_examples_has_no_curve():
    curves = threshold_curves([0, 1], [[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    assert set(curves.roc_auc) == {0, 1}
    assert curves.macro_roc_auc == 1.0


def test_expected_calibration_error_by_hand():
    # Bin 0.9-1.0: confidence 0.95, all right; bin 0.6-0.7: confidence 0.65, half right.
    scores = [[0.95, 0.05], [0.95, 0.05], [0.65, 0.35], [0.65, 0.35]]
    diagram = reliability([0, 0, 0, 1], scores)
    assert diagram.count.tolist() == [0] * 6 + [2, 0, 0, 2]
    assert diagram.accuracy[6] == 0.5
    assert diagram.confidence[9] == pytest.approx(0.95)
    assert diagram.expected_calibration_error == pytest.approx(0.5 * 0.05 + 0.5 * 0.15)
    assert reliability([0], [[1.0, 0.0]]).count[-1] == 1


def test_scores_in_bins_of_points():
    probabilities = np.array([[0.8, 0.2], [0.4, 0.6], [0.1, 0.9], [0.3, 0.7]])
    labels = np.array([0, 0, 1, 0])
    scores_by_points = growth([2, 3, 9, 1], (2, 4), labels, probabilities)
    assert scores_by_points.count == [2, 1]
    assert scores_by_points.log_loss[0] == pytest.approx(-(math.log(0.8) + math.log(0.4)) / 2)
    assert scores_by_points.accuracy == [0.5, 1.0]
    assert scores_by_points.macro_recall == [0.5, 1.0]
    assert growth([np.nan], (2,), labels[:1], probabilities[:1]).count == [0]


def test_days_since_first_detection():
    curves = from_fluxes(
        ZTF.passbands,
        [0, 2, 4, 4],
        [100.0, 103.0, 100.0, 103.0],
        [0, 1, 0, 1],
        np.ones(4),
        np.ones(4),
        first_seen=[np.nan, 90.0, 80.0],
    )
    np.testing.assert_array_equal(days_since_first_detection(curves), [3.0, 13.0, np.nan])
