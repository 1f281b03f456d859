import numpy as np
import pytest

keras = pytest.importorskip("keras")

from fink_t2.training.networks.attention import SelfAttention  # noqa: E402
from fink_t2.training.networks.atx import AtxSettings, build_atx  # noqa: E402
from fink_t2.training.networks.lstm import LstmSettings, build_lstm, class_99_score  # noqa: E402
from fink_t2.training.networks.positional_encoding import sinusoids  # noqa: E402
from fink_t2.training.networks.t2 import T2Settings, build_t2, count_t2_parameters  # noqa: E402

pytestmark = pytest.mark.training


def test_published_t2_has_the_published_number_of_parameters():
    model = build_t2(T2Settings(), grid_length=100, n_passbands=2)
    assert model.count_params() == 13262


@pytest.mark.parametrize(
    ("settings", "n_passbands"),
    [(T2Settings(), 6), (T2Settings(width=16, heads=2, feed_forward=40, blocks=2), 2)],
)
def test_parameters_follow_the_formula(settings, n_passbands):
    model = build_t2(settings, grid_length=20, n_passbands=n_passbands)
    assert model.count_params() == count_t2_parameters(settings, n_passbands)


def test_features_along_time_cost_no_parameters_and_along_passbands_do():
    plain = build_t2(T2Settings(heads=4), 20, 2).count_params()
    assert build_t2(T2Settings(heads=4, join="time"), 20, 2, 5).count_params() == plain
    along = build_t2(T2Settings(heads=4, join="passbands"), 20, 2, 5).count_params()
    assert along == plain + 5 * 32


@pytest.mark.parametrize("join", ["time", "passbands", "head"])
def test_features_change_the_answer_and_probabilities_sum_to_one(join):
    keras.utils.set_random_seed(1)
    model = build_t2(T2Settings(heads=4, join=join), 20, 2, 3, (np.ones(3), np.full(3, 4.0)))
    curve = np.random.default_rng(0).normal(size=(2, 20, 2)).astype(np.float32)
    features = np.array([[1.0, 1.0, 1.0], [9.0, -3.0, 1.0]], dtype=np.float32)
    first = model.predict([curve, features], verbose=0)
    second = model.predict([curve, features[::-1]], verbose=0)
    np.testing.assert_allclose(first.sum(axis=1), 1.0, atol=1e-5)
    assert np.abs(first - second).max() > 1e-3


def test_attention_is_that_of_keras():
    keras.utils.set_random_seed(2)
    x = np.random.default_rng(1).normal(size=(3, 7, 12)).astype(np.float32)
    ours, theirs = SelfAttention(heads=4), keras.layers.MultiHeadAttention(4, 3)
    ours(x), theirs(x, x)
    weights = []
    for name in ("query", "key", "value"):
        layer = getattr(ours, f"{name}_projection")
        kernel = np.asarray(layer.kernel)
        # Keras keeps (width, heads, size): the same columns, one head after the other.
        weights += [kernel.reshape(12, 4, 3), np.asarray(layer.bias).reshape(4, 3)]
    output = ours.output_projection
    weights += [np.asarray(output.kernel).reshape(4, 3, 12), np.asarray(output.bias)]
    theirs.set_weights(weights)
    np.testing.assert_allclose(np.asarray(ours(x)), np.asarray(theirs(x, x)), atol=1e-5)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ValueError, match="5 heads do not divide"):
        build_t2(T2Settings(heads=5), 20, 2)


def test_sinusoids():
    encoding = sinusoids(50, 8)
    assert encoding[0].tolist() == [0, 1] * 4
    assert encoding[3, 2] == pytest.approx(np.sin(3 / 10000 ** (2 / 8)))
    assert encoding[3, 3] == pytest.approx(np.cos(3 / 10000 ** (2 / 8)))


def test_atx_is_about_45_times_as_large_as_t2():
    ratio = build_atx(AtxSettings(), 100, 6, 2).count_params() / 13390
    assert 40 < ratio < 50


def test_lstm_classifies_and_scores_the_unknown():
    model = build_lstm(LstmSettings(units=8, dense=(16, 8)), 20, 2, 3)
    p = model.predict([np.zeros((2, 20, 2)), np.zeros((2, 3))], verbose=0)
    np.testing.assert_allclose(p.sum(axis=1), 1.0, atol=1e-5)
    assert class_99_score(np.array([[0.5, 0.5], [1.0, 0.0]])).tolist() == [0.25, 0.0]


def test_a_saved_network_comes_back(tmp_path):
    model = build_t2(T2Settings(heads=2, join="head"), 10, 2, 3, (np.zeros(3), np.ones(3)))
    inputs = [np.random.default_rng(0).normal(size=(4, 10, 2)), np.ones((4, 3))]
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(
        model.predict(inputs, verbose=0), again.predict(inputs, verbose=0), atol=1e-6
    )
