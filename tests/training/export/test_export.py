import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from fink_t2.science.classes import CLASSES  # noqa: E402
from fink_t2.science.inference import TfliteNetwork  # noqa: E402
from fink_t2.training.calibration.logit_calibration import (  # noqa: E402
    Calibration,
    fit_calibration,
    fit_temperature,
    fold,
)
from fink_t2.training.export.tflite_export import export_tflite  # noqa: E402
from fink_t2.training.networks.atx import AtxSettings, build_atx  # noqa: E402
from fink_t2.training.networks.t2 import T2Settings, build_t2  # noqa: E402

pytestmark = pytest.mark.training


def network(join="head"):
    keras.utils.set_random_seed(3)
    return build_t2(T2Settings(heads=4, join=join), 20, 2, 5, (np.ones(5), np.full(5, 2.0)))


def inputs(n):
    generator = np.random.default_rng(0)
    return [
        generator.normal(size=(n, 20, 2)).astype(np.float32),
        generator.normal(size=(n, 5)).astype(np.float32),
    ]


def exported(model, folder, **options):
    path = folder / "model.tflite"
    path.write_bytes(export_tflite(model, **options))
    return TfliteNetwork(path)


@pytest.mark.parametrize("batch_size", [1, 8])
@pytest.mark.parametrize(("weights", "tolerance"), [("float32", 1e-5), ("float16", 2e-3)])
def test_the_export_is_the_network(tmp_path, batch_size, weights, tolerance):
    model = network()
    lite = exported(model, tmp_path, batch_size=batch_size, weights=weights)
    assert (lite.batch_size, lite.n_features, lite.light_curve_shape) == (batch_size, 5, (20, 2))
    # Not a multiple of the batch: the last one is padded.
    grid, features = inputs(11)
    expected = model.predict([grid, features], verbose=0)
    np.testing.assert_allclose(lite.predict(grid, features), expected, atol=tolerance)


def test_int8_is_smaller_and_near(tmp_path):
    model = network()
    whole, short = export_tflite(model), export_tflite(model, weights="int8")
    assert len(short) < 0.7 * len(whole)
    lite = exported(model, tmp_path, weights="int8")
    grid, features = inputs(16)
    difference = lite.predict(grid, features) - model.predict([grid, features], verbose=0)
    assert np.abs(difference).max() < 0.05


def test_published_architecture_and_atx_export_too(tmp_path):
    curve = inputs(3)[0]
    for model in (build_t2(T2Settings(), 20, 2), build_atx(AtxSettings(scaledown=16), 20, 2)):
        lite = exported(model, tmp_path)
        expected = model.predict(curve, verbose=0)
        np.testing.assert_allclose(lite.predict(curve), expected, atol=1e-5)


def test_unknown_weights_are_refused():
    with pytest.raises(ValueError, match="int4"):
        export_tflite(network(), weights="int4")


def test_calibration_is_folded_into_network_and_export(tmp_path):
    model = network()
    before = model.predict(inputs(6), verbose=0)
    shift = np.zeros(14)
    shift[11] = np.log(3.0)
    fold(model, Calibration(2.0, tuple(shift)))
    expected = np.sqrt(before)
    expected[:, 11] *= 3.0
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict(inputs(6), verbose=0), expected, atol=1e-5)
    lite = exported(model, tmp_path)
    np.testing.assert_allclose(lite.predict(*inputs(6)), expected, atol=1e-5)


def drawn_from(logits, seed=1):
    """Draw a class for each row, as its probabilities say."""
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    chosen = (np.random.default_rng(seed).random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1)
    return p, np.eye(p.shape[1], dtype=bool)[chosen]


@pytest.mark.parametrize("shifts", [False, True])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_temperature_is_found_again(temperature, shifts):
    p, truth = drawn_from(np.random.default_rng(1).normal(0, 2, (20000, 3)))
    # A network that is off by the temperature.
    q = p**temperature
    q /= q.sum(axis=1, keepdims=True)
    calibration = fit_calibration(q, truth, shifts=shifts)
    assert calibration.temperature == pytest.approx(temperature, rel=0.05)
    np.testing.assert_allclose(calibration.shift, 0.0, atol=0.1)
    np.testing.assert_allclose(calibration.apply(q).mean(axis=0), p.mean(axis=0), atol=0.02)


def test_class_mix_is_found_again_and_unseen_classes_keep_theirs():
    logits = np.random.default_rng(2).normal(0, 2, (20000, 4))
    wanted = np.array([1.0, -0.5, 0.0, -30.0])
    _, truth = drawn_from(logits + wanted)
    q = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    shift = np.asarray(fit_calibration(q[:, :3], truth[:, :3]).shift)
    np.testing.assert_allclose(shift - shift.mean(), wanted[:3] - wanted[:3].mean(), atol=0.1)
    # A class that never occurs among ten examples is not ruled out.
    assert fit_calibration(q[:10], truth[:10]).shift[3] > -3.0


def test_weights_of_examples_count_as_repetitions():
    p, truth = drawn_from(np.random.default_rng(3).normal(0, 1, (400, 3)))
    times = np.arange(400) % 3
    weighted = fit_calibration(p, truth, times.astype(float), shifts=False)
    repeated = fit_calibration(
        np.repeat(p, times, axis=0), np.repeat(truth, times, axis=0), shifts=False
    )
    assert weighted.temperature == pytest.approx(repeated.temperature, rel=1e-3)


def test_any_allowed_class_is_right():
    logits = np.random.default_rng(4).normal(0, 2, (5000, 3))
    p, truth = drawn_from(logits)
    either = truth.copy()
    either[truth[:, 1] | truth[:, 2]] = [False, True, True]
    calibration = fit_calibration(p, either, shifts=False)
    assert calibration.temperature == pytest.approx(1.0, rel=0.1)


def test_factors_change_the_call_and_the_temperature_only_how_sure_it_is():
    generator = np.random.default_rng(8)
    label, told, second = generator.integers(0, 14, (3, 400))
    told = np.where(generator.random(400) < 0.5, label, told)  # half of the calls are wrong ...
    probabilities = np.full((400, 14), 1e-4)
    probabilities[np.arange(400), second] = 0.2
    probabilities[np.arange(400), told] = 0.79  # ... and all are sure
    calibration = fit_temperature(probabilities, np.eye(14, dtype=bool)[label], {CLASSES[3]: 10.0})
    weighted = probabilities * np.where(np.arange(14) == 3, 10.0, 1.0)
    calibrated = calibration.apply(probabilities)
    np.testing.assert_array_equal(calibrated.argmax(axis=1), weighted.argmax(axis=1))
    assert (weighted.argmax(axis=1) != probabilities.argmax(axis=1)).any()
    assert calibration.temperature > 1.2
    sure = weighted.max(axis=1) / weighted.sum(axis=1)
    assert np.median(calibrated.max(axis=1)) < np.median(sure)
