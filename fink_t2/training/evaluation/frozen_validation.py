"""The frozen validation set: light curves kept as they are, to compare models of all times."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import numpy as np

from fink_t2.errors import FinkT2Error
from fink_t2.science.light_curves import LightCurves
from fink_t2.science.passbands import passbands_of
from fink_t2.training.examples.labelled import Labelled

_CURVE_ARRAYS = tuple(
    field.name for field in dataclasses.fields(LightCurves) if field.name != "passbands"
)
_LABEL_ARRAYS = ("allowed", "object_id", "source", "is_alert")


def save_validation(path: str | os.PathLike[str], labelled: Labelled) -> None:
    """Write labelled light curves into one ``.npz`` file.

    Light curves, not what a network takes: models with other grids or features, or a later
    preprocessing, are measured on the same set.

    Parameters
    ----------
    path : path
        File to write; its folder is made.
    labelled : Labelled
        N light curves of one survey.
    """
    curves = labelled.light_curves
    arrays = {name: getattr(curves, name) for name in _CURVE_ARRAYS}
    arrays |= {name: np.asarray(getattr(labelled, name)) for name in _LABEL_ARRAYS}
    # Fixed-width text: an array of objects could only be stored as executable pickle.
    arrays = {name: a.astype(str) if a.dtype == object else a for name, a in arrays.items()}
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as stream:
        np.savez_compressed(stream, survey=np.array(curves.passbands.survey), **arrays)


def load_validation(path: str | os.PathLike[str]) -> Labelled:
    """Read what `save_validation` wrote.

    Raises
    ------
    FinkT2Error
        If the file is missing, damaged, or no such set.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            curves = {name: arrays[name] for name in _CURVE_ARRAYS}
            labels = {name: arrays[name] for name in _LABEL_ARRAYS}
            survey = str(arrays["survey"])
    except (OSError, ValueError, KeyError) as error:
        raise FinkT2Error(f"{path}: can't be read as a validation set ({error})") from None
    return Labelled(LightCurves(passbands=passbands_of(survey), **curves), **labels)
