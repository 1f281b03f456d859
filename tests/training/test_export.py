import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from fink_t2.inference import TfliteNetwork  # noqa: E402
from fink_t2.training.calibration import (  # noqa: E402
    Calibration,
    class_shift,
    fit_temperature,
    fold,
)
from fink_t2.training.networks.atx import AtxSettings, build_atx  # noqa: E402
from fink_t2.training.networks.t2 import T2Settings, build_t2  # noqa: E402
from fink_t2.training.tflite_export import export_tflite  # noqa: E402

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
    fold(model, Calibration(2.0, class_shift({"SNIa": 3.0})))
    expected = np.sqrt(before)
    expected[:, 11] *= 3.0
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict(inputs(6), verbose=0), expected, atol=1e-5)
    lite = exported(model, tmp_path)
    np.testing.assert_allclose(lite.predict(*inputs(6)), expected, atol=1e-5)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_temperature_is_found_again(temperature):
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 2, (20000, 3))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    drawn = (generator.random((20000, 1)) > p.cumsum(axis=1)).sum(axis=1)
    # A network that is off by the temperature.
    q = p**temperature
    q /= q.sum(axis=1, keepdims=True)
    found = fit_temperature(q, np.eye(3, dtype=bool)[drawn])
    assert found == pytest.approx(temperature, rel=0.05)
