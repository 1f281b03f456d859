"""Fine-tuning of whole networks and of their last layers, and what cross-validation may see."""

import dataclasses

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from fink_t2.training.examples.examples import Examples  # noqa: E402
from fink_t2.training.networks.t2 import T2Settings, build_t2  # noqa: E402
from fink_t2.training.optimisation.fit import FitSettings  # noqa: E402
from fink_t2.training.retraining.cross_validation import HeldOutPredictions  # noqa: E402
from fink_t2.training.retraining.fine_tuning import fine_tune, parts_of  # noqa: E402
from fink_t2.training.retraining.settings import ExportSettings, RealSettings, RetrainSettings  # noqa: E402

SETTINGS = RetrainSettings(
    grid_length=10,
    features=("log_span", "log_peak_flux"),
    fine_tune=FitSettings(epochs=2, batch_size=16, learning_rate=0.01, schedule="cosine"),
)


@pytest.fixture
def network():
    keras.utils.set_random_seed(5)
    settings = T2Settings(width=8, heads=2, feed_forward=16, join="head")
    return build_t2(settings, 10, 2, 2, (np.zeros(2), np.ones(2)))


def examples(number=0):
    generator = np.random.default_rng(number)
    label = generator.integers(0, 14, 64)
    return Examples(
        generator.normal(size=(64, 10, 2)).astype(np.float32),
        generator.normal(size=(64, 44)).astype(np.float32),
        np.eye(14, dtype=bool)[label],
        np.ones(64, np.float32),
    )


def weights_by_path(network):
    return {variable.path: np.asarray(variable) for variable in network.trainable_variables}


@pytest.mark.parametrize("layer", ["head_1", "head_2", "logits"])
def test_two_parts_make_the_network(network, layer):
    inputs = examples().inputs(SETTINGS.feature_columns())
    before, after = parts_of(network, layer)
    composed = after.predict(before.predict(inputs, verbose=0), verbose=0)
    np.testing.assert_allclose(composed, network.predict(inputs, verbose=0), atol=1e-6)


def test_layers_before_the_first_tuned_one_stay(network):
    given = weights_by_path(network)
    settings = dataclasses.replace(SETTINGS, real=RealSettings(tuned_from="head_2"))
    tuned = weights_by_path(fine_tune(network, examples, settings))
    for path, weights in tuned.items():
        stays = not path.startswith(("head_2", "logits"))
        assert np.array_equal(weights, given[path]) == stays, path
    for path, weights in weights_by_path(network).items():
        np.testing.assert_array_equal(weights, given[path])


def test_averaged_copies_lie_between_them(network):
    def tuned(copies, first=0):
        settings = dataclasses.replace(SETTINGS, real=RealSettings(averaged=copies))
        return weights_by_path(fine_tune(network, lambda n: examples(n + first), settings))

    one, two = tuned(1), tuned(2)
    assert any(not np.array_equal(one[path], two[path]) for path in one)
    for path in one:
        assert np.abs(two[path] - one[path]).max() < 0.5


def test_a_fold_is_calibrated_without_its_own_labels():
    generator = np.random.default_rng(3)
    probabilities = generator.dirichlet(np.ones(14), 200).astype(np.float32)
    label_mask = np.eye(14, dtype=bool)[generator.integers(0, 14, 200)]
    fold = np.arange(200) % 5
    counts = np.full(200, "")
    told = HeldOutPredictions(probabilities, label_mask, fold, counts)
    changed = label_mask.copy()
    changed[fold == 2] = np.roll(changed[fold == 2], 3, axis=1)
    lied = HeldOutPredictions(probabilities, changed, fold, counts)
    export = ExportSettings()
    assert told.calibration(export, without=2) == lied.calibration(export, without=2)
    assert told.calibration(export) != lied.calibration(export)
