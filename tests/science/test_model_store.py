"""Which model serves: found, refused with a reason, switched atomically."""

import json

import pytest

from fink_t2.errors import ModelError
from fink_t2.science.classes import CLASSES
from fink_t2.science.model_store import ModelStore
from fink_t2.science.preprocessing import PREPROCESSING_VERSION
from fink_t2.surveys import passbands_of


@pytest.fixture
def store(tmp_path):
    for version in ("0.9.0", "0.10.0"):
        write_version(tmp_path, version)
    (tmp_path / "t2-test" / "current").write_text("0.9.0\n")
    return ModelStore(tmp_path, passbands_of=passbands_of)


def write_version(folder, version, **changes):
    metadata = {
        "name": "t2-test",
        "version": version,
        "survey": "ztf",
        "passbands": ["g", "r"],
        "classes": list(CLASSES),
        "features": ["log_span"],
        "grid_length": 100,
        "preprocessing_version": PREPROCESSING_VERSION,
    }
    metadata.update(changes)
    place = folder / "t2-test" / version
    place.mkdir(parents=True, exist_ok=True)
    (place / "metrics.json").write_text(json.dumps(metadata))
    (place / "model.tflite").write_bytes(b"not read here")


def test_names_versions_and_the_current_one(store):
    assert store.names() == ["t2-test"]
    assert store.versions("t2-test") == ["0.9.0", "0.10.0"]
    assert store.current("t2-test").label == "t2-test/0.9.0"


def test_promotion_switches_and_says_what_served_before(store):
    assert store.promote("t2-test", "0.10.0") == "0.9.0"
    assert store.current("t2-test").version == "0.10.0"
    assert not list((store.folder / "t2-test").glob(".current-*"))


def test_rolling_back_goes_back_step_by_step(store):
    write_version(store.folder, "0.11.0")
    for version in ("0.10.0", "0.11.0", "0.11.0"):
        store.promote("t2-test", version)
    assert store.history("t2-test") == ["0.9.0", "0.10.0"]
    assert store.rollback("t2-test") == "0.10.0"
    assert store.current_version("t2-test") == "0.10.0"
    assert store.rollback("t2-test") == "0.9.0"
    with pytest.raises(ModelError, match=r"no version of t2-test served before 0\.9\.0"):
        store.rollback("t2-test")


def test_a_version_that_no_longer_fits_is_not_rolled_back_to(store):
    store.promote("t2-test", "0.10.0")
    write_version(store.folder, "0.9.0", preprocessing_version="0")
    with pytest.raises(ModelError, match="preprocessing_version"):
        store.rollback("t2-test")
    assert store.current_version("t2-test") == "0.10.0"
    assert store.history("t2-test") == ["0.9.0"]


def test_a_version_that_does_not_fit_is_not_promoted(store):
    write_version(store.folder, "0.11.0", preprocessing_version="0")
    with pytest.raises(ModelError, match="preprocessing_version"):
        store.promote("t2-test", "0.11.0")
    assert store.current_version("t2-test") == "0.9.0"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"preprocessing_version": "0"}, "preprocessing_version"),
        ({"passbands": ["r", "g"]}, "passbands"),
        ({"classes": list(reversed(CLASSES))}, "classes"),
        ({"features": ["unheard_of"]}, "unheard_of"),
        ({"survey": "des"}, "des"),
        ({"grid_length": "long"}, "grid_length"),
    ],
)
def test_metadata_that_does_not_fit_is_refused_and_named(store, changes, named):
    write_version(store.folder, "0.9.0", **changes)
    with pytest.raises(ModelError, match=named):
        store.current("t2-test")


def test_missing_parts_are_named(store):
    with pytest.raises(ModelError, match=r"metrics\.json"):
        store.get("t2-test", "7.7.7")
    (store.folder / "t2-test" / "0.9.0" / "model.tflite").unlink()
    with pytest.raises(ModelError, match=r"model\.tflite"):
        store.current("t2-test")
    (store.folder / "t2-test" / "current").unlink()
    with pytest.raises(ModelError, match="current"):
        store.current("t2-test")


def test_metadata_that_is_no_object_is_refused(store):
    (store.folder / "t2-test" / "0.9.0" / "metrics.json").write_text("[1, 2]")
    with pytest.raises(ModelError, match="not a JSON object"):
        store.current("t2-test")


def test_damaged_metadata_is_refused(store):
    (store.folder / "t2-test" / "0.9.0" / "metrics.json").write_text("{")
    with pytest.raises(ModelError, match="JSON"):
        store.current("t2-test")
