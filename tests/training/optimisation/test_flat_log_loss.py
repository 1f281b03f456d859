import numpy as np
import pytest

keras = pytest.importorskip("keras")

from fink_t2.training.optimisation.flat_log_loss import (  # noqa: E402
    FlatLogLoss,
    LabelMaskLogLoss,
    class_weights,
    flat_log_loss,
)

pytestmark = pytest.mark.training

# Two classes, three examples: class 0 twice (p 0.5 and 0.8), class 1 once (p 0.25).
P = np.array([[0.5, 0.5], [0.8, 0.2], [0.75, 0.25]], dtype=np.float32)
TRUTH = np.array([[1, 0], [1, 0], [0, 1]], dtype=bool)
# ((0.693147 + 0.223144) / 2 + 1.386294) / 2
BY_HAND = 0.922220


def test_by_hand():
    assert flat_log_loss(P, TRUTH) == pytest.approx(BY_HAND, abs=1e-5)


def test_metric_over_batches_is_the_same():
    metric = FlatLogLoss(2)
    metric.update_state(TRUTH[:2].astype("float32"), P[:2])
    metric.update_state(TRUTH[2:].astype("float32"), P[2:])
    assert float(metric.result()) == pytest.approx(BY_HAND, abs=1e-5)


def test_weighted_loss_is_the_same():
    losses = np.asarray(LabelMaskLogLoss(reduction="none")(TRUTH.astype("float32"), P))
    assert np.mean(losses * class_weights(TRUTH)) == pytest.approx(BY_HAND, abs=1e-5)


def test_an_example_of_several_allowed_classes_counts_their_sum_and_no_metric():
    both = np.ones((1, 2), dtype=np.float32)
    assert float(LabelMaskLogLoss()(both, P[:1])) == pytest.approx(0.0, abs=1e-6)
    metric = FlatLogLoss(2)
    metric.update_state(np.concatenate([TRUTH.astype("float32"), both]), np.concatenate([P, P[:1]]))
    assert float(metric.result()) == pytest.approx(BY_HAND, abs=1e-5)


def test_a_class_that_does_not_occur_does_not_count():
    assert flat_log_loss(P[:2], TRUTH[:2]) == pytest.approx((np.log(2) - np.log(0.8)) / 2)
