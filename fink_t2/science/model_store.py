"""Versioned model artefacts on disk: finding, checking and promoting them.

``models/<name>/<version>/`` holds ``model.tflite``, its metadata ``metrics.json``, the model card
and figures. ``models/<name>/current`` is a one-line file with the version in service, and
``models/<name>/history`` lists the versions that served before it, oldest first.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fink_t2.errors import ModelError, SurveyError
from fink_t2.resources import shipped_folder
from fink_t2.science.classes import CLASSES
from fink_t2.science.features import feature_names
from fink_t2.science.passbands import PassbandSet
from fink_t2.science.preprocessing import PREPROCESSING_VERSION

MODEL_FILE = "model.tflite"
METADATA_FILE = "metrics.json"
CURRENT_FILE = "current"
HISTORY_FILE = "history"


@dataclass(frozen=True)
class ModelReference:
    """One version of a model: the path of its network, and the input that it takes.

    Attributes
    ----------
    name, version : str
        Name and version, as in ``models/<name>/<version>``.
    tflite_path : str
        Path of the network, which LiteRT memory-maps.
    passbands : PassbandSet
        The passbands it takes, those of its survey.
    grid_length : int
        L, the number of times of an interpolated light curve.
    features : tuple of str
        Names of the auxiliary features that it takes, in the order of its input; may be empty.
    """

    name: str
    version: str
    tflite_path: str
    passbands: PassbandSet
    grid_length: int
    features: tuple[str, ...]

    @property
    def survey(self) -> str:
        """Name of the survey whose light curves it classifies."""
        return self.passbands.survey

    @property
    def label(self) -> str:
        """Name and version, as in the output column of every classified alert."""
        return f"{self.name}/{self.version}"


def default_models_folder() -> Path:
    """Return the folder of models: ``$FINK_T2_MODELS``, otherwise the one that fink_t2 ships.

    Raises
    ------
    ModelError
        If that does not exist.
    """
    named = os.environ.get("FINK_T2_MODELS")
    if named:
        return Path(named)
    folder = shipped_folder("models")
    if not folder.is_dir():
        raise ModelError(f"{folder}: no such folder of models; set FINK_T2_MODELS to yours")
    return folder


class ModelStore:
    """The models in a folder.

    Parameters
    ----------
    folder : path, optional
        Default: `default_models_folder`.
    passbands_of : callable
        Gives the passbands of a survey by its name, or raises `SurveyError`:
        `fink_t2.surveys.passbands_of`.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str] | None = None,
        *,
        passbands_of: Callable[[str], PassbandSet],
    ) -> None:
        self._passbands_of = passbands_of
        self.folder = Path(folder) if folder is not None else default_models_folder()

    def names(self) -> list[str]:
        """Return the names of the models that have at least one version."""
        return sorted(path.name for path in self.folder.iterdir() if self.versions(path.name))

    def versions(self, name: str) -> list[str]:
        """Return the versions of a model, oldest first."""
        paths = (self.folder / name).glob(f"*/{METADATA_FILE}")
        return sorted((path.parent.name for path in paths), key=_version_key)

    def current_version(self, name: str) -> str:
        """Return the version in service.

        Raises
        ------
        ModelError
            If the model has none.
        """
        path = self.folder / name / CURRENT_FILE
        try:
            version = path.read_text().strip()
        except OSError as error:
            raise ModelError(
                f"{path}: can't read which version of {name} serves ({error.strerror}); "
                f"'fink-t2 models promote {name} VERSION' sets it"
            ) from None
        if not version:
            raise ModelError(f"{path} is empty; it must name a version of {name}")
        return version

    def current(self, name: str) -> ModelReference:
        """Return the model in service, checked against this code.

        Raises
        ------
        ModelError
            If it is missing or does not fit.
        """
        return self.get(name, self.current_version(name))

    def get(self, name: str, version: str) -> ModelReference:
        """Return one version of a model, checked against this code.

        Raises
        ------
        ModelError
            If it is missing, its metadata is incomplete, or its preprocessing, passbands,
            classes or features are not this code's.
        """
        return read_reference(self.folder / name / version, self._passbands_of)

    def promote(self, name: str, version: str) -> str | None:
        """Put a version into service, atomically.

        Parameters
        ----------
        name, version : str
            Model and version.

        Returns
        -------
        str or None
            The version that served before.

        Raises
        ------
        ModelError
            If that version does not fit this code; the version in service is then kept.
        """
        self.get(name, version)
        path = self.folder / name / CURRENT_FILE
        before = path.read_text().strip() if path.exists() else None
        if before and before != version:
            # The history is written first: if the process is interrupted between the two, the
            # history ends with the version that still serves.
            self._write(name, HISTORY_FILE, [*self.history(name), before])
        self._write(name, CURRENT_FILE, [version])
        return before

    def history(self, name: str) -> list[str]:
        """Return the versions that served before the present one, oldest first."""
        path = self.folder / name / HISTORY_FILE
        return path.read_text().split() if path.exists() else []

    def rollback(self, name: str) -> str:
        """Put the version that served before the present one into service again, atomically.

        A second call goes back one version further, because the version that was rolled back is
        removed from the history.

        Returns
        -------
        str
            The version now in service.

        Raises
        ------
        ModelError
            If no version served before, or it does not fit this code; the version in service is
            then kept.
        """
        current = self.current_version(name)
        earlier = self.history(name)
        while earlier and earlier[-1] == current:
            earlier.pop()
        if not earlier:
            raise ModelError(f"no version of {name} served before {current}")
        version = earlier.pop()
        self.get(name, version)
        self._write(name, CURRENT_FILE, [version])
        self._write(name, HISTORY_FILE, earlier)
        return version

    def _write(self, name: str, file: str, lines: list[str]) -> None:
        """Replace a small file of a model, atomically."""
        path = self.folder / name / file
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{file}-")
        with os.fdopen(descriptor, "w") as stream:
            stream.writelines(line + "\n" for line in lines)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)


def read_reference(
    folder: str | os.PathLike[str], passbands_of: Callable[[str], PassbandSet]
) -> ModelReference:
    """Read a model's metadata and check that this code can serve it.

    Parameters
    ----------
    folder : path
        One version's folder.
    passbands_of : callable
        See `ModelStore`.

    Raises
    ------
    ModelError
        See `ModelStore.get`.
    """
    folder = Path(folder)
    path = folder / METADATA_FILE
    try:
        metadata = json.loads(path.read_text())
    except OSError as error:
        raise ModelError(f"{path}: can't read the model's metadata ({error.strerror})") from None
    except ValueError as error:
        raise ModelError(f"{path}: not valid JSON ({error})") from None

    if not isinstance(metadata, dict):
        raise ModelError(f"{path}: not a JSON object")

    def take(key: str, expected_type: type) -> Any:
        value = metadata.get(key)
        if not isinstance(value, expected_type):
            raise ModelError(f"{path}: {key!r} is missing or not a {expected_type.__name__}")
        return value

    try:
        passbands = passbands_of(take("survey", str))
    except SurveyError as error:
        raise ModelError(f"{path}: {error}") from None
    known_features = feature_names(passbands.names)
    features = tuple(take("features", list))
    for key, value, expected in (
        ("preprocessing_version", take("preprocessing_version", str), PREPROCESSING_VERSION),
        ("passbands", tuple(take("passbands", list)), passbands.names),
        ("classes", tuple(take("classes", list)), CLASSES),
    ):
        if value != expected:
            raise ModelError(
                f"{path}: {key} is {value!r}, this code has {expected!r}; retrain the model "
                "or install the version of fink_t2 that made it"
            )
    unknown = [feature for feature in features if feature not in known_features]
    if unknown:
        raise ModelError(f"{path}: features {unknown} are not known to this code")
    tflite = folder / MODEL_FILE
    if not tflite.is_file():
        raise ModelError(f"{tflite}: no such file; the model is incomplete")
    return ModelReference(
        name=take("name", str),
        version=take("version", str),
        tflite_path=str(tflite),
        passbands=passbands,
        grid_length=take("grid_length", int),
        features=features,
    )


def _version_key(version: str) -> tuple[Any, ...]:
    """Return a key that sorts "0.10.0" after "0.9.0", and parts that are no numbers last."""
    return tuple(
        (0, int(part), "") if part.isdigit() else (1, 0, part) for part in version.split(".")
    )
