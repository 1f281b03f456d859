"""The published table and the compress command, on a tiny network and few examples."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from fink_t2.cli import main  # noqa: E402
from fink_t2.science.inference import TfliteNetwork  # noqa: E402
from fink_t2.training.compression.constrained_network import kernels  # noqa: E402
from fink_t2.training.compression.packed_weights import unpack_weights  # noqa: E402
from fink_t2.training.examples.example_files import save_examples  # noqa: E402
from fink_t2.training.examples.examples import Examples  # noqa: E402
from fink_t2.training.networks.load_network import load_network  # noqa: E402
from fink_t2.training.networks.t2 import T2Settings, build_t2  # noqa: E402

#: As published (Table 5.1).
PUBLISHED_ROWS = [
    "baseline",
    "baseline + Huffman (DEFLATE)",
    "clustering",
    "clustering + pruning",
    "clustering + Huffman (DEFLATE)",
    "clustering + pruning + Huffman (DEFLATE)",
    "+ clustering",
    "+ clustering + quantization",
]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("network")
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 14, 100)
    grid = generator.normal(size=(100, 20, 2)).astype(np.float32)
    examples = Examples(
        grid, np.zeros((100, 1), np.float32), np.eye(14, dtype=bool)[labels],
        np.ones(100, np.float32),
    )  # fmt: skip
    save_examples(folder / "examples.npz", examples)
    keras.utils.set_random_seed(1)
    build_t2(T2Settings(heads=4), 20, 2).save(folder / "trained.keras")
    return folder


def test_all_published_rows_in_one_run(files, tmp_path, capsys):
    code = main(
        ["compress", "--table", str(files / "trained.keras"), "--examples",
         str(files / "examples.npz"), "--epochs", "1", "--out", str(tmp_path)]
    )  # fmt: skip
    assert code == 0
    text = capsys.readouterr().out
    content = json.loads((tmp_path / "compression.json").read_text())
    rows = {row["method"]: row for row in content["rows"]}
    assert list(rows)[:8] == PUBLISHED_ROWS
    assert all(method in text for method in PUBLISHED_ROWS)
    for row in rows.values():
        assert min(row["kilobytes"], row["load_ms"], row["inference_ms"], row["log_loss"]) > 0
    size = {method: row["kilobytes"] for method, row in rows.items()}
    assert size["baseline"] > size["baseline + Huffman (DEFLATE)"] > size["+ clustering"]
    assert size["+ clustering"] > 2 * size["+ clustering + quantization"]
    # Storing a network otherwise does not change what it says.
    loss = {method: row["log_loss"] for method, row in rows.items()}
    assert loss["baseline"] == loss["baseline + Huffman (DEFLATE)"]
    assert loss["+ clustering"] == pytest.approx(loss["clustering"], abs=1e-4)
    assert content["quantization_costs"] == pytest.approx(
        loss["+ clustering + quantization"] - loss["clustering"]
    )
    assert abs(content["quantization_costs"]) < 0.01
    assert size["+ clustering + quantization"] < 60
    assert content["times_smaller_than_saved_model"] == pytest.approx(
        size["baseline"] / size["+ clustering + quantization"]
    )


def test_compressing_writes_a_file_that_serves_and_its_parent(files, tmp_path, capsys):
    code = main(
        ["compress", str(files / "trained.keras"), "--examples", str(files / "examples.npz"),
         "--layers", "all", "--sparsity", "0.2", "--epochs", "1", "--batch", "4",
         "--out", str(tmp_path)]
    )  # fmt: skip
    assert code == 0
    assert "clustered into 16" in capsys.readouterr().out
    assert TfliteNetwork(tmp_path / "model.tflite").batch_size == 4
    network = load_network(tmp_path / "model.keras")
    for kernel in kernels(network, None):
        weights = np.asarray(kernel)
        assert len(np.unique(weights)) <= 16
        assert (weights == 0).sum() >= round(0.2 * weights.size)
    again = load_network(files / "trained.keras")
    unpack_weights((tmp_path / "weights.packed").read_bytes(), again)
    np.testing.assert_array_equal(again.get_weights()[0], network.get_weights()[0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--layers", "nothing", "--out", "x"], "no layer 'nothing'"),
        ([], "--out FOLDER is needed"),
        (["--examples", "missing.npz", "--out", "x"], "missing.npz: no such file"),
    ],
)
def test_mistakes_are_told(files, tmp_path, monkeypatch, capsys, words, message):
    monkeypatch.chdir(tmp_path)
    given = ["compress", str(files / "trained.keras"), "--examples", str(files / "examples.npz")]
    assert main([*given, *words]) == 1
    assert message in capsys.readouterr().err
