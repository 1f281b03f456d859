"""Write a model into the folder of its version: the network and its metadata."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from fink_t2.science.classes import CLASSES
from fink_t2.science.model_store import METADATA_FILE, MODEL_FILE
from fink_t2.science.preprocessing import PREPROCESSING_VERSION
from fink_t2.surveys import passbands_of

KERAS_FILE = "model.keras"
CARD_FILE = "card.md"


@dataclass(frozen=True)
class ModelIdentity:
    """What a network is and how its input is made.

    Attributes
    ----------
    name, version : str
        As in ``models/<name>/<version>``.
    survey : str
        Which passbands it takes.
    grid_length : int
        L, times per light curve.
    features : tuple of str
        Auxiliary features it takes, in the order of its input.
    """

    name: str
    version: str
    survey: str
    grid_length: int
    features: tuple[str, ...]

    def metadata(self) -> dict[str, Any]:
        """Return what `fink_t2.science.model_store.read_reference` checks."""
        return {
            "name": self.name,
            "version": self.version,
            "survey": self.survey,
            "passbands": list(passbands_of(self.survey).names),
            "classes": list(CLASSES),
            "grid_length": self.grid_length,
            "features": list(self.features),
            "preprocessing_version": PREPROCESSING_VERSION,
        }


def write_artefact(
    folder: str | os.PathLike[str],
    identity: ModelIdentity,
    model: keras.Model,
    tflite: bytes,
    training: Mapping[str, Any],
    class_factors: Mapping[str, float] | None = None,
) -> None:
    """Write ``model.tflite``, ``model.keras`` and ``metrics.json``.

    Parameters
    ----------
    folder : path
        The version's folder; made where it is missing.
    identity : ModelIdentity
        What the network is.
    model : keras.Model
        The Keras parent, uncompressed or clustered; calibrated.
    tflite : bytes
        The exported network.
    training : mapping
        How it was made: data, seed, settings, losses. Stands in ``metrics.json`` as
        "training".
    class_factors : mapping of str to float, optional
        Factors on classes' probabilities that calibration folded in, for the class mix of
        real alerts.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL_FILE).write_bytes(tflite)
    # A copy without the optimizer's state, which is twice the size of the weights.
    bare = keras.models.clone_model(model)
    bare.set_weights(model.get_weights())
    bare.save(folder / KERAS_FILE)
    metadata = {
        **identity.metadata(),
        "parameters": model.count_params(),
        "tflite_bytes": len(tflite),
        "class_factors": dict(class_factors or {}),
        "training": dict(training),
    }
    (folder / METADATA_FILE).write_text(json.dumps(metadata, indent=1) + "\n")
