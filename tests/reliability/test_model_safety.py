"""A model that can't serve is refused in one line, at the start and at a swap."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fink_t2.classifier import Classifier
from fink_t2.errors import ModelError
from fink_t2.science.inference import TfliteNetwork
from fink_t2.science.model_store import METADATA_FILE, MODEL_FILE, ModelStore, default_models_folder
from fink_t2.surveys import passbands_of

NAME = "t2-ztf"


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A store of its own with a copy of the shipped model in service as version 1."""
    shipped = ModelStore(default_models_folder(), passbands_of=passbands_of)
    source = Path(shipped.current(NAME).tflite_path).parent
    for version in ("1", "2"):
        folder = tmp_path / "models" / NAME / version
        folder.mkdir(parents=True)
        shutil.copyfile(source / MODEL_FILE, folder / MODEL_FILE)
        metadata = json.loads((source / METADATA_FILE).read_text()) | {"version": version}
        (folder / METADATA_FILE).write_text(json.dumps(metadata))
    (tmp_path / "models" / NAME / "current").write_text("1\n")
    return ModelStore(tmp_path / "models", passbands_of=passbands_of)


def folder_of(store: ModelStore, version: str) -> Path:
    return store.folder / NAME / version


def change(folder: Path, **values: Any) -> None:
    path = folder / METADATA_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def lose_network(folder: Path) -> None:
    (folder / MODEL_FILE).unlink()


def truncate_network(folder: Path) -> None:
    path = folder / MODEL_FILE
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty_network(folder: Path) -> None:
    (folder / MODEL_FILE).write_bytes(b"")


def put_text_for_network(folder: Path) -> None:
    (folder / MODEL_FILE).write_text("no network\n" * 1000)


def put_nan_into_weights(folder: Path) -> None:
    """Overwrite every long run of plausible float32 weights with NaN."""
    path = folder / MODEL_FILE
    data = bytearray(path.read_bytes())
    numbers = np.frombuffer(bytes(data[: len(data) // 4 * 4]), dtype="<f4")
    with np.errstate(invalid="ignore"):
        is_weight = (np.abs(numbers) > 1e-6) & (np.abs(numbers) < 10)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_weight.astype(np.int8), [0]))))
    runs = [(begin, end) for begin, end in edges.reshape(-1, 2) if end - begin >= 30]
    assert runs
    for begin, end in runs:
        data[4 * begin : 4 * end] = np.full(end - begin, np.nan, "<f4").tobytes()
    path.write_bytes(bytes(data))


def wrong_shape(folder: Path) -> None:
    change(folder, grid_length=77)


def wrong_preprocessing(folder: Path) -> None:
    change(folder, preprocessing_version="0")


def wrong_classes(folder: Path) -> None:
    change(folder, classes=["SNIa", "AGN"])


def wrong_survey(folder: Path) -> None:
    change(folder, survey="lsst")


def no_json(folder: Path) -> None:
    (folder / METADATA_FILE).write_text('{"name":')


def no_metadata(folder: Path) -> None:
    (folder / METADATA_FILE).unlink()


SPOILT: list[Callable[[Path], None]] = [
    lose_network,
    truncate_network,
    empty_network,
    put_text_for_network,
    put_nan_into_weights,
    wrong_shape,
    wrong_preprocessing,
    wrong_classes,
    wrong_survey,
    no_json,
    no_metadata,
]


def load(store: ModelStore, version: str) -> Classifier:
    return Classifier(store.get(NAME, version))


def test_the_copy_itself_can_serve(store: ModelStore) -> None:
    assert load(store, "1").reference.label == f"{NAME}/1"


@pytest.mark.parametrize("spoil", SPOILT)
def test_a_spoilt_model_is_refused_in_one_line(
    store: ModelStore, spoil: Callable[[Path], None]
) -> None:
    spoil(folder_of(store, "1"))
    with pytest.raises(ModelError) as refusal:
        load(store, "1")
    text = str(refusal.value)
    assert "\n" not in text
    assert str(store.folder) in text


@pytest.mark.parametrize("part", [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999])
def test_a_network_cut_anywhere_ends_no_process(
    store: ModelStore, part: float, tmp_path: Path
) -> None:
    """In a process of its own: a crash of the interpreter would end the test too."""
    data = Path(folder_of(store, "1"), MODEL_FILE).read_bytes()
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(data[: int(part * len(data))])
    code = (
        "import sys\nfrom fink_t2.errors import ModelError\n"
        "from fink_t2.science.inference import TfliteNetwork\n"
        "try:\n    TfliteNetwork(sys.argv[1])\nexcept ModelError:\n    sys.exit(42)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(cut)], check=False, capture_output=True)
    assert ran.returncode == 42, ran.stderr


def test_promotion_of_a_spoilt_model_leaves_the_old_one(store: ModelStore) -> None:
    for spoil in (wrong_preprocessing, lose_network, no_json):
        spoil(folder_of(store, "2"))
        with pytest.raises(ModelError):
            store.promote(NAME, "2")
        assert store.current_version(NAME) == "1"


def test_no_model_is_ever_unpickled() -> None:
    """Models are TFLite and JSON; nothing in the package loads code from data."""
    package = Path(sys.modules["fink_t2"].__file__ or "").parent
    for path in package.rglob("*.py"):
        text = path.read_text()
        for word in (
            "pickle.load",
            "joblib.load",
            "allow_pickle=True",
            "marshal.load",
            "yaml.load(",
        ):
            assert word not in text, path


@pytest.mark.end_to_end
def test_a_spoilt_model_at_a_swap_leaves_the_old_one_serving(
    store: ModelStore, caplog: pytest.LogCaptureFixture
) -> None:
    from fink_t2.alerts.limits import Limits
    from fink_t2.stream.model_in_service import ModelInService
    from fink_t2.stream.session import start_session

    logging.getLogger("fink_t2").propagate = True  # the job's own log line goes elsewhere
    spark = start_session(
        {"spark.master": "local[1]", "spark.ui.enabled": "false"}, Limits(), "model safety"
    )
    try:
        service = ModelInService(spark, "ztf", str(store.folder), NAME)
        assert service.current().label == f"{NAME}/1"
        current = store.folder / NAME / "current"
        whole = {
            file: (folder_of(store, "2") / file).read_bytes()
            for file in (MODEL_FILE, METADATA_FILE)
        }
        for number, spoil in enumerate(SPOILT, start=1):
            spoil(folder_of(store, "2"))
            current.write_text("2\n")
            caplog.clear()
            assert service.current().label == f"{NAME}/1", spoil.__name__
            assert service.refusals == number
            assert service.current().label == f"{NAME}/1"
            assert service.refusals == number, "one refusal, though asked for in every batch"
            assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 1
            current.write_text("1\n")
            assert service.current().label == f"{NAME}/1"
            for file, data in whole.items():
                (folder_of(store, "2") / file).write_bytes(data)
        current.write_text("2\n")
        assert service.current().label == f"{NAME}/2"
        assert TfliteNetwork(service.current().tflite_path).light_curve_shape[1] == 2
    finally:
        spark.stop()
