"""Class factors: recovered where they are known, and scored as in the acceptance table."""

import numpy as np
import pytest

from fink_t2.classifier import Classification
from fink_t2.science.classes import CLASSES
from fink_t2.training.calibration.class_factors import TRIED, choose_factors
from fink_t2.training.evaluation.acceptance import measure_ztf, score_predictions, what_counts
from fink_t2.training.evaluation.criteria import CRITERIA

GROUPS = (("SNIa", "SNII"), ("SNIax",))


def answers(n=600, seed=1):
    """Probabilities by which SNIa and SNII lose to SNIax unless their factor is above 3."""
    generator = np.random.default_rng(seed)
    label = generator.choice([CLASSES.index(c) for c in ("SNIa", "SNII", "SNIbc")], n)
    probabilities = np.full((n, 14), 0.001)
    probabilities[np.arange(n), label] = generator.uniform(0.15, 0.25, n)
    probabilities[:, CLASSES.index("SNIax")] = 0.6
    probabilities[label == CLASSES.index("SNIbc"), CLASSES.index("SNIbc")] = 2.0
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return probabilities, np.eye(14, dtype=bool)[label], np.full(n, "alerts")


def test_factors_make_the_calls_right():
    probabilities, label_mask, counts = answers()
    factors = choose_factors(probabilities, label_mask, counts, GROUPS)
    assert set(factors) == {"SNIa", "SNII", "SNIax"}
    assert factors["SNIa"] == factors["SNII"]
    assert factors["SNIa"] / factors["SNIax"] > 3
    shifted = probabilities * [factors.get(name, 1.0) for name in CLASSES]
    assert (shifted.argmax(axis=1) == label_mask.argmax(axis=1)).all()
    assert all(np.isclose(TRIED, value).any() for value in factors.values())


def test_what_counts_for_nothing_decides_nothing():
    probabilities, label_mask, counts = answers()
    other, other_allowed, _ = answers(seed=2)
    wrong = np.roll(other_allowed, 5, axis=1)
    with_others = choose_factors(
        np.concatenate([probabilities, other]),
        np.concatenate([label_mask, wrong]),
        np.concatenate([counts, np.full(len(other), "")]),
        GROUPS,
    )
    assert with_others == choose_factors(probabilities, label_mask, counts, GROUPS)


def test_a_rare_class_is_not_given_up_for_accuracy():
    generator = np.random.default_rng(4)
    label = np.array([CLASSES.index("SNIa")] * 900 + [CLASSES.index("SNIbc")] * 30)
    right = generator.uniform(0.4, 0.9, len(label))
    probabilities = np.zeros((len(label), 14))
    probabilities[:, CLASSES.index("SNIa")] = np.where(label == label[0], right, 1 - right)
    probabilities[:, CLASSES.index("SNIbc")] = 1 - probabilities[:, CLASSES.index("SNIa")]
    label_mask = np.eye(14, dtype=bool)[label]
    factors = choose_factors(probabilities, label_mask, np.full(len(label), "alerts"), (("SNIa",),))
    called = (probabilities * [factors.get(name, 1.0) for name in CLASSES]).argmax(axis=1)
    # Calling all of them SNIa would be right 97 times of 100.
    assert (called[900:] == label[900]).mean() > 0.4
    assert (called[:900] == label[0]).mean() > 0.78


class Known:
    """Answers by a table of calls."""

    def __init__(self, calls):
        self.calls = calls

    def classify(self, light_curves):
        key = light_curves.time[light_curves.starts[:-1]]
        called = [self.calls.get(value, 0) for value in key.tolist()]
        return Classification(
            np.eye(14, dtype=np.float32)[called],
            np.zeros(len(light_curves), dtype=np.int8),
            light_curves.points_per_passband(),
        )


def test_scores_are_those_of_the_acceptance_table(shared):
    pytest.importorskip("keras")
    from fink_t2.training.examples.labelled import concatenate
    from fink_t2.training.retraining.real_data import real_data
    from fink_t2.training.retraining.settings import RealSettings, RetrainSettings

    labelled = shared / "data" / "labelled"
    real = RealSettings(
        light_curves=str(labelled / "ztf_lightcurves.parquet"),
        alerts=str(labelled / "ztf_alert_histories.parquet"),
    )
    everything = concatenate(real_data(RetrainSettings(real=real)).all())
    curves = everything.light_curves
    first = curves.time[curves.starts[:-1]]
    generator = np.random.default_rng(0)
    # One call for all light curves that begin at the same time: they look alike to `Known`.
    calls = {value: int(generator.choice([3, 6, 11])) for value in np.unique(first).tolist()}
    called = np.array([calls[value] for value in first.tolist()])
    scores = score_predictions(called, everything.labels(), what_counts(everything))
    expected = measure_ztf(Known(calls), shared)
    for key in (
        "light_curves_macro_recall",
        "light_curves_accuracy",
        "light_curves_snia_purity",
        "alerts_macro_recall",
        "alerts_accuracy",
        "supernovae_called_supernova",
    ):
        assert scores[key] == pytest.approx(expected[key]), key
        assert key in {criterion.key for criterion in CRITERIA}
