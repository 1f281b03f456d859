"""The gate on real, tiny networks: promoted and kept back, each for its own reason."""

import json

import numpy as np
import pytest

pytestmark = pytest.mark.training
keras = pytest.importorskip("keras")

from fink_t2.cli import main  # noqa: E402
from fink_t2.errors import FinkT2Error  # noqa: E402
from fink_t2.science.classes import CLASSES  # noqa: E402
from fink_t2.science.light_curves import from_fluxes  # noqa: E402
from fink_t2.science.model_store import ModelStore  # noqa: E402
from fink_t2.surveys import ZTF, passbands_of  # noqa: E402
from fink_t2.training.evaluation.frozen_validation import load_validation, save_validation  # noqa: E402
from fink_t2.training.examples.labelled import Labelled, label_mask_of  # noqa: E402
from fink_t2.training.export.artefact import ModelIdentity, write_artefact  # noqa: E402
from fink_t2.training.export.tflite_export import export_tflite  # noqa: E402
from fink_t2.training.networks.t2 import T2Settings, build_t2  # noqa: E402
from fink_t2.training.retraining.gate import decide_and_promote, gate, write_decision  # noqa: E402
from fink_t2.training.retraining.settings import GateSettings  # noqa: E402

LENGTH = 10
LENIENT = GateSettings(largest_recall_loss=0.05, largest_disagreement=0.01, largest_latency=1000.0)

#: Networks that say the same of every light curve, by the logits of two classes.
OPINIONS = {
    "0.1.0": {},  # uniform: log-loss ln 14
    "0.2.0": {"SNIa": 4.0, "AGN": 3.9},  # knows which classes there are, says SNIa
    "0.3.0": {"SNIa": 3.9, "AGN": 4.0},  # a hair worse or better, but says AGN
    "0.4.0": {"SNIa": -3.0, "AGN": -3.0},  # worse than uniform
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Artefacts of all opinions, made once; tests copy the folder."""
    folder = tmp_path_factory.mktemp("models")
    network = build_t2(T2Settings(width=8, heads=2, feed_forward=8), LENGTH, len(ZTF.passbands))
    for version, opinion in OPINIONS.items():
        layer = network.get_layer("logits")
        bias = np.zeros(14, np.float32)
        for name, value in opinion.items():
            bias[CLASSES.index(name)] = value
        layer.set_weights([np.zeros_like(np.asarray(layer.kernel)), bias])
        write_artefact(
            folder / "t2-test" / version,
            ModelIdentity("t2-test", version, "ztf", LENGTH, ()),
            network,
            export_tflite(network, 4),
            {"made_by": "a test"},
        )
    return folder


@pytest.fixture
def store(models, tmp_path):
    import shutil

    shutil.copytree(models, tmp_path / "models")
    return ModelStore(tmp_path / "models", passbands_of=passbands_of)


@pytest.fixture(scope="module")
def validation():
    """60 curves, 30 SNIa and 30 AGN."""
    n, points = 60, 6
    generator = np.random.default_rng(2)
    names = ["SNIa", "AGN"] * (n // 2)
    curves = from_fluxes(
        ZTF.passbands,
        np.arange(n + 1) * points,
        59000.0 + np.tile(np.arange(points) * 3.0, n),
        np.tile([0, 1], n * points // 2),
        generator.uniform(500, 5000, n * points),
        np.full(n * points, 50.0),
    )
    return Labelled(
        curves,
        label_mask_of(names),
        np.array([f"object {i}" for i in range(n)]),
        np.full(n, "test"),
        np.full(n, True),
    )


def failed(decision):
    return [check.name for check in decision.checks if not check.passed]


def test_a_better_candidate_is_promoted_and_the_decision_written(store, validation):
    store.promote("t2-test", "0.1.0")
    decision = decide_and_promote(store, "t2-test", "0.2.0", validation, LENIENT)
    assert decision.promoted, decision.text()
    assert store.current_version("t2-test") == "0.2.0"
    written = json.loads((store.folder / "t2-test" / "0.2.0" / "gate.json").read_text())
    assert written["promoted"] is True
    assert written["serving"] == "t2-test/0.1.0"
    by_name = {check["name"]: check for check in written["checks"]}
    # Uniform: ln 14. The other: -ln of 1 / (1 + e^-0.1 + 12 e^-4) and its like, averaged.
    total = 12 + np.exp(4.0) + np.exp(3.9)
    expected = -(np.log(np.exp(4.0) / total) + np.log(np.exp(3.9) / total)) / 2
    assert by_name["log-loss"]["limit"] == pytest.approx(np.log(14), abs=1e-4)
    assert by_name["log-loss"]["value"] == pytest.approx(expected, abs=1e-4)


def test_a_worse_candidate_is_kept_and_the_reason_written(store, validation):
    store.promote("t2-test", "0.1.0")
    decision = decide_and_promote(store, "t2-test", "0.4.0", validation, LENIENT)
    assert failed(decision) == ["log-loss"]
    assert store.current_version("t2-test") == "0.1.0"
    written = json.loads((store.folder / "t2-test" / "0.4.0" / "gate.json").read_text())
    assert written["promoted"] is False
    assert "t2-test/0.1.0 has" in written["reasons"][0]
    # An equal candidate does not beat the one in service either.
    assert failed(gate(store.folder / "t2-test" / "0.1.0", store.current("t2-test"),
                       validation, LENIENT)) == ["log-loss"]  # fmt: skip


def test_a_class_must_not_lose_its_recall_for_a_better_loss(store, validation):
    """More SNIa that are easily right; but all AGN are lost."""
    store.promote("t2-test", "0.3.0")
    candidate = store.folder / "t2-test" / "0.2.0"
    decision = gate(candidate, store.current("t2-test"), validation, LENIENT)
    assert "recall" in failed(decision)
    assert any("recall of AGN falls most, from 1.000 to 0.000" in r for r in decision.reasons())
    generous = GateSettings(1.0, 0.01, 1000.0)
    assert "recall" not in failed(gate(candidate, store.current("t2-test"), validation, generous))


def change_metadata(store, version, **changes):
    path = store.folder / "t2-test" / version / "metrics.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_the_class_mix_of_real_alerts_is_not_held_against_a_model(store, validation):
    """A model calibrated for ten thousand times as many SNIa is judged as if it were not."""
    store.promote("t2-test", "0.1.0")
    folder = store.folder / "t2-test" / "0.2.0"
    keras_file = folder / "model.keras"
    network = keras.models.load_model(keras_file, compile=False)
    layer = network.get_layer("logits")
    kernel, bias = layer.get_weights()
    bias[CLASSES.index("SNIa")] += np.log(1e4)
    layer.set_weights([kernel, bias])
    network.save(keras_file)
    (folder / "model.tflite").write_bytes(export_tflite(network, 4))
    without = gate(folder, store.current("t2-test"), validation, LENIENT)
    assert failed(without) == ["log-loss"]
    change_metadata(store, "0.2.0", class_factors={"SNIa": 1e4})
    assert gate(folder, store.current("t2-test"), validation, LENIENT).promoted


def test_no_target_that_is_met_on_real_light_curves_is_given_up(store, validation):
    store.promote("t2-test", "0.1.0")
    folder = store.folder / "t2-test" / "0.2.0"
    change_metadata(store, "0.1.0", held_out={"alerts_accuracy": 0.80, "flat_transient": 0.6})
    assert gate(folder, store.current("t2-test"), validation, LENIENT).promoted
    change_metadata(store, "0.2.0", held_out={"alerts_accuracy": 0.78, "flat_transient": 0.7})
    assert gate(folder, store.current("t2-test"), validation, LENIENT).promoted
    change_metadata(store, "0.2.0", held_out={"alerts_accuracy": 0.77, "flat_transient": 0.4})
    decision = gate(folder, store.current("t2-test"), validation, LENIENT)
    assert failed(decision) == ["real light curves"]
    assert "alerts: accuracy 0.770" in decision.reasons()[0]


def test_few_examples_of_a_class_do_not_decide(store, validation):
    store.promote("t2-test", "0.3.0")
    few = validation.select(np.r_[0:60:2, 1:21:2])  # 30 SNIa, 10 AGN
    decision = gate(store.folder / "t2-test" / "0.2.0", store.current("t2-test"), few, LENIENT)
    assert "recall" not in failed(decision)


def test_the_first_model_has_nothing_to_beat(store, validation):
    decision = decide_and_promote(store, "t2-test", "0.4.0", validation, LENIENT)
    assert decision.promoted
    assert decision.serving is None
    assert store.current_version("t2-test") == "0.4.0"


def test_slow_candidates_and_other_preprocessing_are_kept_back(store, validation):
    folder = store.folder / "t2-test" / "0.2.0"
    slow = gate(folder, None, validation, GateSettings(0.05, 0.01, 1e-9))
    assert failed(slow) == ["latency"]
    metadata = json.loads((folder / "metrics.json").read_text())
    metadata["preprocessing_version"] = "0"
    (folder / "metrics.json").write_text(json.dumps(metadata))
    decision = decide_and_promote(store, "t2-test", "0.2.0", validation, LENIENT)
    assert failed(decision) == ["fits this code"]
    assert "preprocessing_version is '0'" in decision.reasons()[0]
    assert not (store.folder / "t2-test" / "current").exists()


def test_the_exported_network_must_agree_with_its_parent(store, validation):
    folder = store.folder / "t2-test" / "0.2.0"
    other = store.folder / "t2-test" / "0.1.0"
    (folder / "model.tflite").write_bytes((other / "model.tflite").read_bytes())
    assert failed(gate(folder, None, validation, LENIENT)) == ["TFLite agrees with Keras"]
    (folder / "model.keras").unlink()
    decision = gate(folder, None, validation, LENIENT)
    assert "model.keras, with which to compare, is missing" in decision.reasons()[0]
    write_decision(decision, folder)
    assert main(["models", "show", "t2-test/0.2.0", "--models", str(store.folder)]) == 0


def test_the_frozen_validation_set_survives_the_disk(validation, tmp_path):
    path = tmp_path / "set" / "validation.npz"
    save_validation(path, validation)
    loaded = load_validation(path)
    np.testing.assert_array_equal(loaded.light_curves.flux, validation.light_curves.flux)
    np.testing.assert_array_equal(loaded.label_mask, validation.label_mask)
    np.testing.assert_array_equal(loaded.object_id, validation.object_id)
    assert loaded.light_curves.passbands == ZTF.passbands
    path.write_bytes(b"no such thing")
    with pytest.raises(FinkT2Error, match="validation set"):
        load_validation(path)
