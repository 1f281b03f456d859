"""Networks of the checkout in batches, and files that are no classifiers of light curves."""

import ai_edge_litert.interpreter
import numpy as np
import pytest

from fink_t2.errors import ModelError
from fink_t2.resources import shipped_folder
from fink_t2.science.inference import TfliteNetwork


@pytest.fixture
def shipped():
    folder = shipped_folder("models") / "t2-ztf"
    version = (folder / "current").read_text().strip()
    return TfliteNetwork(folder / version / "model.tflite")


def inputs(network, n):
    generator = np.random.default_rng(n)
    grid = generator.normal(size=(n, *network.light_curve_shape)).astype(np.float32)
    return grid, generator.normal(size=(n, network.n_features)).astype(np.float32)


@pytest.mark.parametrize("extra", [-1, 0, 1, 9])
def test_batches_are_filled_up(shipped, extra):
    n = shipped.batch_size + extra
    grid, features = inputs(shipped, n)
    together = shipped.predict(grid, features)
    assert together.shape == (n, 14)
    assert together.dtype == np.float32
    for k in range(n):
        alone = shipped.predict(grid[k : k + 1], features[k : k + 1])
        np.testing.assert_allclose(alone[0], together[k], atol=1e-6)


def test_float64_is_taken_too(shipped):
    grid, features = inputs(shipped, shipped.batch_size)
    as_float64 = shipped.predict(grid.astype(float), features.astype(float))
    np.testing.assert_array_equal(as_float64, shipped.predict(grid, features))


def test_features_that_are_missing_or_too_many_are_refused(shipped):
    grid, features = inputs(shipped, 2)
    with pytest.raises(ModelError, match=f"takes {shipped.n_features} features, not 0"):
        shipped.predict(grid)
    with pytest.raises(ModelError, match=f"not {shipped.n_features - 1}"):
        shipped.predict(grid, features[:, 1:])
    with pytest.raises(ModelError, match="light curves of shape"):
        shipped.predict(grid[:, 1:], features)


class DeclaredInterpreter:
    """Stands for LiteRT's interpreter of a file that we cannot make: it declares its tensors."""

    tensors = ((), ())

    def __init__(self, model_path, num_threads):
        assert num_threads == 1
        assert isinstance(model_path, str)
        self.is_allocated = False

    def allocate_tensors(self):
        self.is_allocated = True

    def get_input_details(self):
        assert self.is_allocated
        return self._details(self.tensors[0], 10)

    def get_output_details(self):
        return self._details(self.tensors[1], 20)

    @staticmethod
    def _details(tensors, first):
        return [
            {"shape": np.array(shape), "dtype": dtype, "index": first + number}
            for number, (shape, dtype) in enumerate(tensors)
        ]


CURVES = ((8, 50, 2), np.float32)
FEATURES = ((8, 40), np.float32)
OUTPUT = ((8, 14), np.float32)


def declare(monkeypatch, tmp_path, given, put_out):
    monkeypatch.setattr(
        ai_edge_litert.interpreter,
        "Interpreter",
        type("Declared", (DeclaredInterpreter,), {"tensors": (given, put_out)}),
    )
    path = tmp_path / "model.tflite"
    path.write_bytes(b"declared")
    return TfliteNetwork(path)


@pytest.mark.parametrize(
    ("given", "shape", "n_features", "indices"),
    [
        ([CURVES], (50, 2), 0, (10, None, 20)),
        ([CURVES, FEATURES], (50, 2), 40, (10, 11, 20)),
        ([FEATURES, CURVES], (50, 2), 40, (11, 10, 20)),
    ],
)
def test_inputs_of_a_classifier(monkeypatch, tmp_path, given, shape, n_features, indices):
    network = declare(monkeypatch, tmp_path, given, [OUTPUT])
    assert network.light_curve_shape == shape
    assert network.n_features == n_features
    assert network.batch_size == 8
    found = network._curve_index, network._feature_index, network._output_index
    assert found == indices


@pytest.mark.parametrize(
    ("given", "put_out"),
    [
        ([], [OUTPUT]),
        ([FEATURES], [OUTPUT]),
        ([CURVES, CURVES], [OUTPUT]),
        ([CURVES, FEATURES, FEATURES], [OUTPUT]),
        ([CURVES, ((8, 4, 4, 4), np.float32)], [OUTPUT]),
        ([CURVES, FEATURES, ((8,), np.float32)], [OUTPUT]),
        ([CURVES], [OUTPUT, OUTPUT]),
        ([CURVES], []),
        ([CURVES], [((8, 13), np.float32)]),
        ([CURVES], [((8, 15), np.float32)]),
        ([((8, 50, 2), np.int8)], [OUTPUT]),
        ([CURVES, ((8, 40), np.int8)], [OUTPUT]),
        ([CURVES], [((8, 14), np.int8)]),
    ],
)
def test_other_inputs_and_outputs_are_refused(monkeypatch, tmp_path, given, put_out):
    with pytest.raises(ModelError, match="not those of a classifier of light curves into 14"):
        declare(monkeypatch, tmp_path, given, put_out)


@pytest.mark.parametrize("error", [ValueError, RuntimeError])
def test_a_file_that_litert_refuses_is_refused_with_its_reason(monkeypatch, tmp_path, error):
    def refuse(**_):
        raise error("no flatbuffer")

    monkeypatch.setattr(ai_edge_litert.interpreter, "Interpreter", refuse)
    path = tmp_path / "model.tflite"
    path.write_bytes(b"text")
    with pytest.raises(ModelError, match=r"model\.tflite: not a TFLite model.*no flatbuffer"):
        TfliteNetwork(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"none\.tflite: no such model file"):
        TfliteNetwork(tmp_path / "none.tflite")
