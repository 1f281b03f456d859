"""The network runner: against the published file called directly."""

import numpy as np
import pytest

from fink_t2.errors import ModelError
from fink_t2.science.inference import TfliteNetwork


@pytest.fixture
def published(shared):
    return shared / "reference" / "t2_published_gr.tflite"


def test_published_network_gives_what_the_file_gives_when_called_directly(published):
    from ai_edge_litert.interpreter import Interpreter

    grid = np.random.default_rng(5).normal(size=(7, 100, 2)).astype(np.float32)
    interpreter = Interpreter(model_path=str(published))
    interpreter.allocate_tensors()
    direct = []
    for curve in grid:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], curve[None])
        interpreter.invoke()
        output = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        direct.append(output[0].copy())
    found = TfliteNetwork(published).predict(grid)
    np.testing.assert_allclose(found, direct, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found.sum(axis=1), 1.0, atol=1e-3)


def test_no_light_curves_give_no_probabilities(published):
    assert TfliteNetwork(published).predict(np.empty((0, 100, 2), np.float32)).shape == (0, 14)


def test_light_curves_of_another_shape_are_refused(published):
    network = TfliteNetwork(published)
    with pytest.raises(ModelError, match="shape"):
        network.predict(np.zeros((1, 50, 2), np.float32))
    with pytest.raises(ModelError, match="features"):
        network.predict(np.zeros((1, 100, 2), np.float32), np.zeros((1, 3), np.float32))


def test_a_missing_or_damaged_file_is_refused(tmp_path, published):
    with pytest.raises(ModelError, match="no such"):
        TfliteNetwork(tmp_path / "none.tflite")
    truncated = tmp_path / "truncated.tflite"
    truncated.write_bytes(published.read_bytes()[:2000])
    with pytest.raises(ModelError, match=r"truncated\.tflite"):
        TfliteNetwork(truncated)
    (tmp_path / "text.tflite").write_text("no network")
    with pytest.raises(ModelError, match=r"text\.tflite"):
        TfliteNetwork(tmp_path / "text.tflite")
