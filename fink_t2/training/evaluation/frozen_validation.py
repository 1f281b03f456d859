"""The frozen validation set: light curves on which models of different dates are compared."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np

from fink_t2.errors import FinkT2Error
from fink_t2.science.light_curves import LightCurves
from fink_t2.surveys import passbands_of
from fink_t2.training.examples.example_files import stored_array
from fink_t2.training.examples.labelled import Labelled

_CURVE_ARRAYS = tuple(
    field.name for field in dataclasses.fields(LightCurves) if field.name != "passbands"
)
_LABEL_ARRAYS = ("label_mask", "object_id", "source", "is_alert")


def save_validation(path: str | os.PathLike[str], labelled: Labelled) -> None:
    """Write labelled light curves into one ``.npz`` file.

    Light curves are stored, and not the input of a network, so that models with other grids,
    features or versions of the preprocessing can be evaluated on the same set.

    Parameters
    ----------
    path : path
        File to write; its folder is created if necessary.
    labelled : Labelled
        N light curves of one survey.
    """
    curves = labelled.light_curves
    arrays = {name: getattr(curves, name) for name in _CURVE_ARRAYS}
    arrays |= {name: np.asarray(getattr(labelled, name)) for name in _LABEL_ARRAYS}
    # Fixed-width text, because an array of objects can only be stored as a pickle.
    arrays = {name: a.astype(str) if a.dtype == object else a for name, a in arrays.items()}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as stream:
        np.savez_compressed(stream, survey=np.array(curves.passbands.survey), **arrays)


def load_validation(path: str | os.PathLike[str]) -> Labelled:
    """Read a file that `save_validation` wrote.

    Parameters
    ----------
    path : path
        The ``.npz`` file.

    Returns
    -------
    Labelled

    Raises
    ------
    FinkT2Error
        If the file is missing or damaged, or is not a validation set.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            curves = {name: arrays[name] for name in _CURVE_ARRAYS}
            labels = {name: stored_array(arrays, name) for name in _LABEL_ARRAYS}
            survey = str(arrays["survey"])
    except (OSError, ValueError, KeyError) as error:
        raise FinkT2Error(f"{path}: can't be read as a validation set ({error})") from None
    return Labelled(LightCurves(passbands=passbands_of(survey), **curves), **labels)
