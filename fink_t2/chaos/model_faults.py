"""Faults of models: a model is replaced, or damaged, under load."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds

from fink_t2.chaos.errors import ChaosError
from fink_t2.chaos.messages import alert
from fink_t2.chaos.scene import Scene
from fink_t2.classifier import classify_light_curve
from fink_t2.science.classes import CLASSES
from fink_t2.science.model_store import METADATA_FILE, MODEL_FILE, ModelStore, default_models_folder
from fink_t2.surveys import passbands_of

NAME = "t2-ztf"
FIRST, OTHER, DAMAGED = "1", "2", "3"
#: Largest difference of a probability computed here from that in the table.
TOLERANCE = 1e-4


def model_swapped(scene: Scene) -> None:
    """Another model, a damaged one and the first one again are promoted while alerts flow.

    Every row must name the model that made it: its probabilities are compared with those that
    the named model gives here.
    """
    store = _store(scene.folder / "models")
    settings = {"model.name": NAME, "model.folder": str(store.folder)}
    with scene.under_load(settings=settings):
        with scene.recovery():
            store.promote(NAME, OTHER)
            _publish_until(scene, lambda event: event.get("model") == f"{NAME}/{OTHER}")
        store.promote(NAME, DAMAGED)
        _publish_until(scene, lambda event: "is refused" in event["event"])
        store.promote(NAME, FIRST)
        _publish_until(scene, lambda event: f"{NAME}/{FIRST} takes over" in event["event"])
    _check_labels(scene, store)


def _store(folder: Path) -> ModelStore:
    """Return a store of the shipped model, one with other probabilities, and a damaged one."""
    shipped = Path(
        ModelStore(default_models_folder(), passbands_of=passbands_of).current(NAME).tflite_path
    ).parent
    metadata = json.loads((shipped / METADATA_FILE).read_text())
    for version in (FIRST, OTHER, DAMAGED):
        (folder / NAME / version).mkdir(parents=True)
        shutil.copyfile(shipped / MODEL_FILE, folder / NAME / version / MODEL_FILE)
        changed = metadata | {"version": version}
        if version == OTHER:  # the same network, with its features in another order
            changed["features"] = metadata["features"][::-1]
        (folder / NAME / version / METADATA_FILE).write_text(json.dumps(changed))
    damaged = folder / NAME / DAMAGED / MODEL_FILE
    damaged.write_bytes(damaged.read_bytes()[:1000])
    store = ModelStore(folder, passbands_of=passbands_of)
    store.promote(NAME, FIRST)
    return store


def _publish_until(scene: Scene, is_expected: Callable[[dict[str, Any]], bool]) -> None:
    """Let alerts flow until the job has logged an expected event."""
    n_seen = len(scene.job.events())
    publishing = scene.publishing(scene.alerts // 2, scene.rate)
    scene.wait_until(
        lambda: any(map(is_expected, scene.job.events()[n_seen:])), "the swap is logged"
    )
    publishing.join()


def _check_labels(scene: Scene, store: ModelStore) -> None:
    """Classify every alert of the table again, with the model that its row names."""
    table = ds.dataset(Path(scene.config.output.path, "alerts"), format="parquet").to_table(
        columns=["candid", "t2", "t2_status", "t2_model"]
    )
    models = set()
    for row in table.to_pylist():
        if row["t2_status"] != "ok":
            continue
        models.add(row["t2_model"])
        version = row["t2_model"].rpartition("/")[2]
        published = alert(row["candid"])
        points = [published["candidate"], *published["prv_candidates"]]
        jd, fid, magpsf, sigmapsf = (
            [point[name] for point in points] for name in ("jd", "fid", "magpsf", "sigmapsf")
        )
        expected = classify_light_curve(
            jd, fid, magpsf, sigmapsf, model=str(store.folder / NAME / version)
        )
        stored = dict(row["t2"])
        if not np.allclose(
            [stored[name] for name in CLASSES],
            [expected[name] for name in CLASSES],
            atol=TOLERANCE,
        ):
            raise ChaosError(f"alert {row['candid']} was not classified by {row['t2_model']}")
    if models != {f"{NAME}/{FIRST}", f"{NAME}/{OTHER}"}:
        raise ChaosError(f"expected alerts of both sound models, found those of {sorted(models)}")
