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
    """Identity of a model and description of the network's input.

    Attributes
    ----------
    name, version : str
        Name and version, which are the folders ``models/<name>/<version>``.
    survey : str
        Name of the survey, which determines the passbands.
    grid_length : int
        Number of times L at which light curves are interpolated.
    features : tuple of str
        Auxiliary features in the order of the network's input.
    """

    name: str
    version: str
    survey: str
    grid_length: int
    features: tuple[str, ...]

    def metadata(self) -> dict[str, Any]:
        """Return the metadata that `fink_t2.science.model_store.read_reference` checks."""
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
        Folder of the version; it is created if necessary.
    identity : ModelIdentity
        Identity of the model.
    model : keras.Model
        The Keras network from which the TFLite file was made, calibration included.
    tflite : bytes
        The content of the TFLite file.
    training : mapping
        Settings, provenance and results of the training, for the key "training" of
        ``metrics.json``.
    class_factors : mapping of str to float, optional
        Factors on the probabilities of the classes that the calibration has folded into the
        network.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODEL_FILE).write_bytes(tflite)
    # The state of the optimiser, which is twice the size of the weights, is not stored.
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
