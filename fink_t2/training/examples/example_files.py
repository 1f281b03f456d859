"""Files of examples, by which the steps of a retraining run hand them on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fink_t2.training.examples.examples import Examples

ARRAYS = ("grid", "features", "label_mask", "weight")

#: Name of the label masks in files that fink_t2 0.1.0 wrote.
FORMER_LABEL_MASK = "allowed"


def save_examples(path: str | os.PathLike[str], examples: Examples) -> None:
    """Write examples to an uncompressed ``.npz`` file.

    The file appears under its name only when it is complete.

    Parameters
    ----------
    path : path
        File to write; its folder is created if necessary.
    examples : Examples
        The examples.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"unfinished-{path.name}")
    np.savez(unfinished, **{name: getattr(examples, name) for name in ARRAYS})
    os.replace(unfinished, path)


def load_examples(path: str | os.PathLike[str]) -> Examples:
    """Read a file that `save_examples` wrote.

    Parameters
    ----------
    path : path
        The ``.npz`` file.

    Returns
    -------
    Examples
    """
    with np.load(path) as arrays:
        return Examples(**{name: stored_array(arrays, name) for name in ARRAYS})


def stored_array(arrays: Mapping[str, npt.NDArray[Any]], name: str) -> npt.NDArray[Any]:
    """Return an array of an ``.npz`` file by its present name.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        An opened ``.npz`` file.
    name : str
        Name of the array. "label_mask" is also found under its former name, "allowed".

    Raises
    ------
    KeyError
        If the file has no such array.
    """
    if name == "label_mask" and name not in arrays:
        return arrays[FORMER_LABEL_MASK]
    return arrays[name]
