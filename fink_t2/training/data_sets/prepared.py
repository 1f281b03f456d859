"""Examples that ``fink-t2 prepare`` has written: a limited number of each class is read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.dataset

from fink_t2.errors import LightCurveError
from fink_t2.science.classes import CLASSES
from fink_t2.science.preprocessing import PREPROCESSING_VERSION
from fink_t2.surveys import passbands_of
from fink_t2.training.examples.examples import Examples
from fink_t2.training.examples.labelled import label_mask_of
from fink_t2.training.examples.splits import split_numbers

EXAMPLES_FOLDER = "examples"
DESCRIPTION_FILE = "prepared.json"

#: Fraction of the objects for training, as published for t2 on PLAsTiCC; the others are for tests.
TRAINING_SHARE = 0.7


def read_prepared(
    folder: str | os.PathLike[str],
    survey: str,
    grid_length: int,
    per_class: int,
    seed: int,
    test: bool = False,
) -> Examples:
    """Draw examples of every class at random.

    Parameters
    ----------
    folder : path
        Folder that `fink_t2.training.data_sets.plasticc_spark.prepare_plasticc` wrote.
    survey : str
        Survey of the network.
    grid_length : int
        Number of times L of the network's input.
    per_class : int
        Largest number of examples of a class.
    seed : int
        Seed of the split by object and of the draw.
    test : bool
        Whether to draw from the objects for tests instead of those for training.

    Returns
    -------
    Examples
        Examples with weights of one.

    Raises
    ------
    LightCurveError
        If the folder is incomplete, or was prepared for another survey, grid length or
        version of the preprocessing.
    """
    folder = Path(folder)
    _check(folder, survey, grid_length)
    files = pyarrow.dataset.dataset(folder / EXAMPLES_FOLDER, format="parquet")
    names = files.to_table(columns=["objectId", "t2class"])
    object_id = names["objectId"].to_numpy().astype(str)
    classes = names["t2class"].to_numpy().astype(str)
    is_training = split_numbers(object_id, seed) < TRAINING_SHARE
    rows = _draw(classes, is_training != test, per_class, seed)
    chosen = files.take(rows, columns=["t2class", "grid", "features"])
    n_bands = len(passbands_of(survey))
    return Examples(
        _stack(chosen["grid"]).reshape(len(rows), grid_length, n_bands),
        _stack(chosen["features"]),
        label_mask_of(chosen["t2class"].to_pylist()),
        np.ones(len(rows), dtype=np.float32),
    )


def _check(folder: Path, survey: str, grid_length: int) -> None:
    path = folder / DESCRIPTION_FILE
    try:
        description = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise LightCurveError(
            f"{path}: can't be read ({error}); 'fink-t2 prepare' writes it last"
        ) from None
    required = {
        "survey": survey,
        "grid_length": grid_length,
        "preprocessing_version": PREPROCESSING_VERSION,
    }
    for name, value in required.items():
        if description.get(name) != value:
            raise LightCurveError(
                f"{path}: {name} is {description.get(name)!r} instead of {value!r}; "
                "run 'fink-t2 prepare' again"
            )


def _draw(
    classes: npt.NDArray[np.str_], eligible: npt.NDArray[np.bool_], per_class: int, seed: int
) -> npt.NDArray[np.int64]:
    """Return the indices of the drawn rows in increasing order."""
    generator = np.random.default_rng([seed, 7])
    drawn = []
    for name in CLASSES:
        rows = np.flatnonzero(eligible & (classes == name))
        drawn.append(generator.permutation(rows)[:per_class])
    return np.sort(np.concatenate(drawn)).astype(np.int64)


def _stack(column: pyarrow.ChunkedArray) -> npt.NDArray[np.float32]:
    """Return N lists of equal length as an array of shape (N, length)."""
    flat = np.asarray(column.combine_chunks().flatten(), dtype=np.float32)
    return flat.reshape(len(column), -1)
