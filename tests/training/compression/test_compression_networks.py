"""Compression of a small t2: shared weights, weights that stay zero, and exported files."""

import os
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from fink_t2.errors import ModelError  # noqa: E402
from fink_t2.science.inference import TfliteNetwork  # noqa: E402
from fink_t2.training.compression.clustering import cluster_weights  # noqa: E402
from fink_t2.training.compression.compress import (  # noqa: E402
    CompressionSettings,
    cluster,
    copy_network,
    prune,
)
from fink_t2.training.compression.constrained_network import (  # noqa: E402
    ConstrainedNetwork,
    Constraint,
    kernels,
)
from fink_t2.training.compression.eight_bits import round_weights  # noqa: E402
from fink_t2.training.compression.flatbuffer import distinct_weights, strip  # noqa: E402
from fink_t2.training.compression.packed_weights import (  # noqa: E402
    pack_weights,
    unpack_weights,
)
from fink_t2.training.compression.quantization import METHODS, quantize  # noqa: E402
from fink_t2.training.examples.examples import Examples  # noqa: E402
from fink_t2.training.networks.t2 import T2Settings, build_t2  # noqa: E402
from fink_t2.training.optimisation.fit import FitSettings  # noqa: E402

LENGTH, BANDS, FEATURES = 20, 2, 5
SHORT = FitSettings(epochs=3, batch_size=32, learning_rate=3e-3, schedule="cosine")


@pytest.fixture(scope="module")
def examples():
    generator = np.random.default_rng(1)
    labels = generator.integers(0, 14, 96)
    grid = generator.normal(size=(96, LENGTH, BANDS)).astype(np.float32)
    grid += np.linspace(-1, 1, 14)[labels, None, None].astype(np.float32)
    features = generator.normal(size=(96, FEATURES)).astype(np.float32)
    label_mask = np.eye(14, dtype=bool)[labels]
    return Examples(grid, features, label_mask, np.ones(96, np.float32))


@pytest.fixture(scope="module")
def network(examples):
    keras.utils.set_random_seed(4)
    statistics = examples.features.mean(axis=0), examples.features.var(axis=0)
    model = build_t2(T2Settings(join="head"), LENGTH, BANDS, FEATURES, statistics)
    # Decided enough for differences in the probabilities to show.
    kernel = next(kernels(model, ["logits"]))
    kernel.assign(np.asarray(kernel) * 4)
    return model


COLUMNS = tuple(range(FEATURES))


def predictions(model, examples):
    return np.asarray(model.predict(examples.inputs(COLUMNS), verbose=0))


def test_gradient_of_a_shared_value_is_the_sum_of_its_weights_gradients(network, examples):
    """Against finite differences of the loss, and the gradient of every single weight."""
    import tensorflow as tf

    kernel = np.asarray(next(kernels(network, ["logits"])))
    clustering = cluster_weights(kernel, 4)
    inputs = [tf.constant(part) for part in examples.inputs(COLUMNS)]
    truth = tf.constant(examples.label_mask.astype(np.float32))

    def loss_of(model):
        return -tf.reduce_mean(tf.reduce_sum(truth * tf.math.log(model(inputs)), axis=1))

    plain = copy_network(network)
    next(kernels(plain, ["logits"])).assign(clustering.weights())
    with tf.GradientTape() as tape:
        loss = loss_of(plain)
    each = tape.gradient(loss, next(kernels(plain, ["logits"])).value).numpy()
    expected = [each[clustering.indices == index].sum() for index in range(4)]

    wrapped = ConstrainedNetwork(copy_network(network), {"logits/kernel": Constraint(clustering)})
    centroids = next(v for v in wrapped.trainable_variables if v.path.endswith("_centroids"))
    with tf.GradientTape() as tape:
        loss = loss_of(wrapped)
    gradient = tape.gradient(loss, centroids.value)
    np.testing.assert_allclose(tf.convert_to_tensor(gradient), expected, rtol=1e-3, atol=1e-6)

    step = 1e-2
    for index in range(4):
        shifted = clustering.centroids.copy()
        losses = []
        for sign in (1, -1):
            shifted[index] = clustering.centroids[index] + sign * step
            centroids.assign(shifted)
            losses.append(float(loss_of(wrapped)))
        slope = (losses[0] - losses[1]) / (2 * step)
        assert slope == pytest.approx(expected[index], rel=0.02, abs=1e-4)


def test_clustering_leaves_few_weights_and_fine_tuning_lowers_the_loss(network, examples):
    settings = CompressionSettings(cluster_layers=None, clusters=16)
    before = [np.asarray(kernel).copy() for kernel in kernels(network, None)]
    bare = cluster(network, settings)
    tuned = cluster(network, settings, examples, COLUMNS, SHORT)
    for model in (bare, tuned):
        for kernel in kernels(model, None):
            assert len(np.unique(np.asarray(kernel))) <= 16
        assert all(variable.trainable for variable in model.trainable_variables)
        assert len(model.trainable_variables) == len(network.trainable_variables)
    for kernel, old in zip(kernels(network, None), before, strict=True):
        np.testing.assert_array_equal(np.asarray(kernel), old)

    def loss(model):
        return -np.log(predictions(model, examples)[examples.label_mask]).mean()

    assert loss(tuned) < loss(bare) - 0.05


def test_only_the_named_layers_are_clustered(network):
    clustered = cluster(network, CompressionSettings(("logits", "block_1_attention"), 8))
    counts = {
        kernel.path: len(np.unique(np.asarray(kernel))) for kernel in kernels(clustered, None)
    }
    for path, count in counts.items():
        is_chosen = path.startswith(("logits", "block_1_attention"))
        assert (count <= 8) == is_chosen, path
    with pytest.raises(ValueError, match="no layer 'nothing'"):
        cluster(network, CompressionSettings(("nothing",)))


def test_pruned_weights_stay_zero_through_training_and_clustering(network, examples):
    settings = CompressionSettings(cluster_layers=None, sparsity=0.25)
    pruned = prune(network, settings, examples, COLUMNS, SHORT)
    zeros = {k.path: np.asarray(k) == 0 for k in kernels(pruned, None)}
    for kernel in kernels(network, None):
        weights = np.abs(np.asarray(kernel))
        is_zero = zeros[kernel.path]
        assert is_zero.sum() == round(0.25 * weights.size)
        # It was the smallest that went.
        assert weights[is_zero].max() <= weights[~is_zero].min()
    before, after = (np.asarray(next(kernels(m, ["logits"]))) for m in (network, pruned))
    assert np.abs(after - before).max() > 1e-3
    both = cluster(pruned, settings, examples, COLUMNS, SHORT, keep_zeros=True)
    for kernel in kernels(both, None):
        weights = np.asarray(kernel)
        assert (weights[zeros[kernel.path]] == 0).all()
        assert len(np.unique(weights)) <= 16
    # With only one layer clustered, the zeros of the others stay all the same.
    one = cluster(pruned, CompressionSettings(), examples, COLUMNS, SHORT, keep_zeros=True)
    for kernel in kernels(one, None):
        assert (np.asarray(kernel)[zeros[kernel.path]] == 0).all()


def test_every_export_agrees_with_keras_and_the_shared_one_is_smallest(network, examples, tmp_path):
    clustered = cluster(network, CompressionSettings(cluster_layers=None))
    expected = predictions(clustered, examples)
    sizes = {}
    for method in METHODS:
        path = tmp_path / f"{method}.tflite"
        path.write_bytes(quantize(clustered, method, 4, examples, COLUMNS))
        exported = TfliteNetwork(path).predict(examples.grid, examples.features)
        tolerance = {"none": 1e-5, "float16": 0.01}.get(method, 0.08)
        np.testing.assert_allclose(exported, expected, atol=tolerance, err_msg=method)
        sizes[method] = path.stat().st_size
    assert min(sizes, key=sizes.__getitem__) == "shared"
    assert sizes["shared"] < 0.5 * sizes["none"]
    # All kernels but the positional encoding hold at most 16 distinct bytes.
    counts = sorted(distinct_weights((tmp_path / "shared.tflite").read_bytes()))
    assert counts[-2] <= 16
    with pytest.raises(ValueError, match="method must be one of"):
        quantize(network, "int3")
    with pytest.raises(ValueError, match="requires examples"):
        quantize(network, "integer")


def test_rounded_weights_are_stored_as_they_are(network, examples, tmp_path):
    rounded = copy_network(network)
    round_weights(rounded)
    expected = predictions(rounded, examples)
    assert np.abs(expected - predictions(network, examples)).max() > 1e-3
    path = tmp_path / "stored.tflite"
    path.write_bytes(quantize(rounded, "stored", 4))
    exported = TfliteNetwork(path).predict(examples.grid, examples.features)
    # What is left is the positional encoding, which is no weight.
    unrounded = np.abs(exported - predictions(network, examples)).max()
    assert np.abs(exported - expected).max() < 0.3 * unrounded
    before = [np.asarray(variable) for variable in rounded.trainable_variables]
    round_weights(rounded)
    for again, once in zip(rounded.trainable_variables, before, strict=True):
        np.testing.assert_allclose(np.asarray(again), once, rtol=1e-6)


def test_stripping_changes_no_result(network, examples, tmp_path):
    plain, stripped = tmp_path / "plain.tflite", tmp_path / "stripped.tflite"
    plain.write_bytes(quantize(network, "none"))
    stripped.write_bytes(strip(plain.read_bytes()))
    assert stripped.stat().st_size < plain.stat().st_size
    np.testing.assert_array_equal(
        TfliteNetwork(plain).predict(examples.grid[:8], examples.features[:8]),
        TfliteNetwork(stripped).predict(examples.grid[:8], examples.features[:8]),
    )


def test_packed_weights_are_exact_and_small(network):
    clustered = cluster(network, CompressionSettings(cluster_layers=None))
    packed = pack_weights(clustered)
    assert len(packed) < 0.35 * 4 * clustered.count_params()
    other = copy_network(network)
    unpack_weights(packed, other)
    for unpacked, expected in zip(other.get_weights(), clustered.get_weights(), strict=True):
        np.testing.assert_array_equal(unpacked, expected)
    with pytest.raises(ModelError, match="can't be read"):
        unpack_weights(packed[:50], other)
    with pytest.raises(ModelError, match="another architecture"):
        unpack_weights(packed, build_t2(T2Settings(width=16, heads=4), LENGTH, BANDS))


JAX = """
import numpy as np
from fink_t2.training.compression.compress import CompressionSettings, cluster, prune
from fink_t2.training.compression.constrained_network import kernels
from fink_t2.training.examples.examples import Examples
from fink_t2.training.optimisation.fit import FitSettings
from fink_t2.training.networks.t2 import T2Settings, build_t2
import keras
assert keras.backend.backend() == "jax"
network = build_t2(T2Settings(width=8, heads=2, feed_forward=8), 10, 2)
examples = Examples(np.random.rand(32, 10, 2).astype("f"), np.zeros((32, 0), "f"),
                    np.eye(14, dtype=bool)[np.arange(32) % 14], np.ones(32, "f"))
settings = CompressionSettings(cluster_layers=None, clusters=4, sparsity=0.2)
short = FitSettings(epochs=2, batch_size=16, learning_rate=0.01)
pruned = prune(network, settings, examples, (), short)
both = cluster(pruned, settings, examples, (), short, keep_zeros=True)
for old, new in zip(kernels(pruned, None), kernels(both, None)):
    old, new = np.asarray(old), np.asarray(new)
    assert len(np.unique(new)) <= 4 and (new[old == 0] == 0).all()
    assert not np.allclose(old, new)
print("the same under jax")
"""


def test_the_same_code_trains_under_jax():
    pytest.importorskip("jax", reason="jax is not installed; KERAS_BACKEND=jax is for those who do")
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", JAX], env=environment, capture_output=True, text=True, check=False
    )
    assert "the same under jax" in done.stdout, done.stderr[-2000:]
