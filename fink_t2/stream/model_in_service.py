"""The model that classifies now; a promotion is taken up between two micro-batches."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from pyspark import SparkFiles
from pyspark.sql import SparkSession

from fink_t2.classifier import load_classifier
from fink_t2.errors import ModelError
from fink_t2.science.model_store import ModelReference, ModelStore
from fink_t2.surveys import passbands_of

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class SharedFile(os.PathLike[str]):
    """A file that Spark has brought to every machine, found anew on each."""

    name: str

    def __fspath__(self) -> str:
        return SparkFiles.get(self.name)

    def __str__(self) -> str:
        return self.name


class ModelInService:
    """Follows ``models/<name>/current``.

    Parameters
    ----------
    spark : SparkSession
        Brings the model's file to the workers.
    survey : str
        Whose alerts it will classify.
    folder : str
        Folder of models; "" for those that come with the package.
    name : str
        Name of the model.

    Raises
    ------
    ModelError
        If there is no model that can serve: the job does not start then.
    """

    def __init__(self, spark: SparkSession, survey: str, folder: str, name: str) -> None:
        self._spark = spark
        self._survey = survey
        self._name = name
        self._store = ModelStore(folder or None, passbands_of=passbands_of)
        self._scratch = tempfile.TemporaryDirectory(prefix="fink_t2-model-")
        self._problem = ""
        self.refusals = 0
        self._version = self._store.current_version(self._name)
        self._shared = self._share(self._version)

    def current(self) -> ModelReference:
        """Return the model for the next micro-batch.

        A newly promoted model that can't serve is refused, logged and counted, and the one
        before goes on.
        """
        try:
            version = self._store.current_version(self._name)
            if version != self._version:
                self._shared = self._share(version)
                LOG.warning("%s takes over from version %s", self._shared.label, self._version)
                self._version = version
            self._problem = ""
        except ModelError as error:
            if str(error) != self._problem:  # once, not in every micro-batch
                self._problem = str(error)
                self.refusals += 1
                LOG.error("%s goes on, the new model is refused: %s", self._shared.label, error)
        return self._shared

    def _share(self, version: str) -> ModelReference:
        """Check a model by loading it here, and send its file to the workers."""
        reference = self._store.get(self._name, version)
        if reference.survey != self._survey:
            raise ModelError(
                f"{reference.label} is a model for {reference.survey}, not for {self._survey}"
            )
        load_classifier(reference)
        # Files of one application need different names, and all are called model.tflite. Another
        # module may run another model of the same name from another folder.
        folder = zlib.crc32(os.fsencode(self._store.folder))
        name = f"{reference.name}-{reference.version}-{folder:08x}.tflite"
        copy = Path(self._scratch.name, name)
        shutil.copyfile(reference.tflite_path, copy)
        self._spark.sparkContext.addFile(str(copy))
        return replace(reference, tflite_path=SharedFile(name))  # type: ignore[arg-type]
