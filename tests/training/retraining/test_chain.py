"""The steps of a retraining run, one after another, on a tiny configuration."""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

keras = pytest.importorskip("keras")
pytest.importorskip("tensorflow")

from fink_t2.cli import main  # noqa: E402
from fink_t2.science.model_store import ModelStore  # noqa: E402
from fink_t2.surveys import passbands_of  # noqa: E402

pytestmark = pytest.mark.training

TINY = """
name = "t2-ztf"
grid_length = 20
[simulation]
objects = 600
alerts_per_object = 1
eventless_curves = 30
[t2]
width = 16
heads = 2
feed_forward = 32
join = "head"
[pretrain]
epochs = 2
batch_size = 64
schedule = "cosine"
learning_rate = 0.003
[export]
examples = 200
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("retrain")
    (folder / "tiny.toml").write_text(TINY)
    (folder / "models").mkdir()
    arguments = ["retrain", "--config", str(folder / "tiny.toml"), "--run", str(folder / "run")]
    arguments += ["--models", str(folder / "models")]
    assert main(arguments) == 0
    return folder, arguments


def test_the_chain_makes_a_model_and_decides(finished):
    folder, _ = finished
    candidate = folder / "models" / "t2-ztf" / "0.1.0"
    for name in ("model.tflite", "model.keras", "card.md", "metrics.json", "gate.json"):
        assert (candidate / name).stat().st_size > 0
    decision = json.loads((candidate / "gate.json").read_text())
    if decision["promoted"]:
        assert (
            ModelStore(folder / "models", passbands_of=passbands_of).current_version("t2-ztf")
            == "0.1.0"
        )
    else:
        assert decision["reasons"]


def test_metadata_and_card_name_configuration_and_code(finished):
    folder, _ = finished
    candidate = folder / "models" / "t2-ztf" / "0.1.0"
    training = json.loads((candidate / "metrics.json").read_text())["training"]
    made_by = training["provenance"]
    assert made_by["configuration"] == str(folder / "tiny.toml")
    assert made_by["configuration_sha256"] == hashlib.sha256(TINY.encode()).hexdigest()
    for step in ("data", "train", "cross_validate", "compress"):
        assert training[step]["provenance"] == made_by
    card = (candidate / "card.md").read_text()
    assert f"fink-t2 retrain --config {folder / 'tiny.toml'}\n" in card
    assert made_by["configuration_sha256"] in card
    assert "does not reproduce" not in card


def test_a_finished_run_does_nothing_again(finished, capsys):
    folder, arguments = finished
    before = (folder / "run" / "trained.keras").stat().st_mtime
    assert main(arguments) == 0
    assert capsys.readouterr().out.count("done already") == 6
    assert (folder / "run" / "trained.keras").stat().st_mtime == before


def test_networks_are_compared_on_what_none_has_seen(finished, capsys):
    folder, _ = finished
    arguments = ["compare", "--config", str(folder / "tiny.toml"), "--objects", "300"]
    arguments += ["--networks", "t2", "lstm", "--seeds", "2", "--epochs", "1"]
    assert main(arguments) == 0
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    losses = {row.split("|")[1].strip(): row.split("|")[4].split("/") for row in rows[1:]}
    for name in ("t2", "lstm"):
        first, second = map(float, losses[name])
        assert first != second
        assert 1.0 < first < 4.0
    assert main([*arguments, "--networks", "rnn"]) != 0
    assert "known: t2, atx, lstm" in capsys.readouterr().err


def test_a_budget_ends_the_training_with_the_best_so_far(finished, tmp_path):
    folder, _ = finished
    (tmp_path / "long.toml").write_text(TINY.replace("epochs = 2", "epochs = 500"))
    run = tmp_path / "run"
    shutil.copytree(folder / "run", run)
    for name in ("train.json", "pretrained.keras", "trained.keras"):
        (run / name).unlink()
    shutil.rmtree(run / "checkpoint", ignore_errors=True)
    arguments = ["retrain", "--config", str(tmp_path / "long.toml"), "--run", str(run)]
    assert main([*arguments, "--budget", "1s", "--until", "train"]) == 0
    assert 1 <= json.loads((run / "train.json").read_text())["pretrain_epochs"] < 20
    assert (run / "trained.keras").is_file()


def test_a_step_that_was_interrupted_is_done_again(finished, capsys):
    folder, arguments = finished
    (folder / "run" / "compress.json").unlink()
    assert main([*arguments, "--until", "compress"]) == 0
    assert "train: done already" in capsys.readouterr().out
    assert (folder / "models" / "t2-ztf" / "0.2.0" / "model.tflite").is_file()


def test_training_leaves_logs_that_tensorboard_reads(finished):
    tf = pytest.importorskip("tensorflow")
    folder, _ = finished
    events = list((folder / "run" / "logs" / "pretrain").glob("events*"))
    assert events
    tags = set()
    for record in tf.data.TFRecordDataset(str(events[0])):
        event = tf.compat.v1.Event.FromString(record.numpy())
        tags |= {value.tag for value in event.summary.value}
    assert {"loss", "val_flat_log_loss"} <= tags


REPLICAS = """
import numpy as np, keras, tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
from fink_t2.training.examples.examples import Examples
from fink_t2.training.optimisation.fit import FitSettings, fit
from fink_t2.training.networks.t2 import T2Settings, build_t2
from fink_t2.training.optimisation.replicas import replicated
from fink_t2.surveys import passbands_of
generator = np.random.default_rng(0)
label = generator.integers(0, 14, 256)
examples = Examples(
    generator.normal(size=(256, 10, 2)).astype("float32") + label[:, None, None] / 5,
    np.zeros((256, 0), "float32"), np.eye(14, dtype=bool)[label], np.ones(256, "float32"),
)
for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
    with replicated(devices) as replicas:
        keras.utils.set_random_seed(1)
        model = build_t2(T2Settings(width=8, heads=2, feed_forward=16, dropout=0.0), 10, 2)
        # The same batch over all replicas: half of it on each of two.
        settings = FitSettings(epochs=4, batch_size=64 // replicas, learning_rate=0.003)
        history = fit(model, examples, [], settings, replicas=replicas)
    print("LOSS", replicas, history["loss"][-1])
"""


def test_two_replicas_train_as_one_does():
    done = subprocess.run(
        [sys.executable, "-c", REPLICAS],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("LOSS")]
    assert [line[1] for line in lines] == ["1", "2"]
    one, two = (float(line[2]) for line in lines)
    assert np.isfinite(one)
    assert two == pytest.approx(one, rel=0.01)
