"""Labelled light curves, the common form of all data sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.classes import CLASSES
from fink_t2.science.light_curves import LightCurves

#: Classes of objects that vary for years. For a catalogued star or active nucleus of unknown
#: type each of them counts as correct, because none misleads a search for transients.
VARIABLE_CLASSES = ("EB", "Mira", "M-dwarf", "AGN", "RRL", "mu-Lens-Single")

#: Classes of single events: all classes that are not `VARIABLE_CLASSES`.
TRANSIENT_CLASSES = tuple(name for name in CLASSES if name not in VARIABLE_CLASSES)


@dataclass(frozen=True)
class Labelled:
    """N labelled light curves.

    Attributes
    ----------
    light_curves : LightCurves
        The light curves.
    label_mask : ndarray of bool, shape (N, 14)
        True for every class that is correct. A row has a single True if the class is known,
        and several if less is known (a variable star of a type outside the 14 classes).
    object_id : ndarray of str, shape (N,)
        Name of the object. All examples of an object are on the same side of every split.
    source : ndarray of str, shape (N,)
        Name of the data set.
    is_alert : ndarray of bool, shape (N,)
        True for the points of a single alert, False for a whole light curve.
    """

    light_curves: LightCurves
    label_mask: npt.NDArray[np.bool_]
    object_id: npt.NDArray[np.str_]
    source: npt.NDArray[np.str_]
    is_alert: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.light_curves)

    def select(self, keep: npt.ArrayLike) -> Labelled:
        """Return some of the examples.

        Parameters
        ----------
        keep : array_like
            Boolean mask of shape (N,), or indices, whose order is kept.
        """
        keep = np.asarray(keep)
        chosen = np.flatnonzero(keep) if keep.dtype == bool else keep.astype(np.int64)
        return Labelled(
            self.light_curves.select(chosen),
            self.label_mask[chosen],
            self.object_id[chosen],
            self.source[chosen],
            self.is_alert[chosen],
        )

    def labels(self) -> npt.NDArray[np.int64]:
        """Return the class index of each example, -1 where the class is not known."""
        return class_indices(self.label_mask)


def class_indices(label_mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Return the class index of each row, -1 where several classes are correct.

    Parameters
    ----------
    label_mask : ndarray of bool, shape (N, 14)
        True for every class that is correct.

    Returns
    -------
    ndarray of int64, shape (N,)
        Indices into `fink_t2.science.classes.CLASSES`, or -1.
    """
    return np.where(label_mask.sum(axis=1) == 1, label_mask.argmax(axis=1), -1)


def label_mask_of(names: Sequence[str | None]) -> npt.NDArray[np.bool_]:
    """Return the label masks of named classes.

    Parameters
    ----------
    names : sequence of str or None
        Each one of the 14 classes. Any other value stands for a variable object of another
        type, for which all of `VARIABLE_CLASSES` are correct.

    Returns
    -------
    ndarray of bool, shape (N, 14)
        True for every class that is correct.
    """
    label_mask = np.zeros((len(names), len(CLASSES)), dtype=bool)
    variable = [CLASSES.index(name) for name in VARIABLE_CLASSES]
    position: dict[str | None, int | list[int]] = {n: index for index, n in enumerate(CLASSES)}
    for row, name in enumerate(names):
        label_mask[row, position.get(name, variable)] = True
    return label_mask


def concatenate(parts: Sequence[Labelled]) -> Labelled:
    """Join data sets of one survey.

    Parameters
    ----------
    parts : sequence of Labelled
        The data sets, at least one.

    Returns
    -------
    Labelled
        Their examples in order.

    Raises
    ------
    ValueError
        If there is no data set, or if they are of different surveys.
    """
    if not parts:
        raise ValueError("no data set to join")
    curves = [part.light_curves for part in parts]
    if len({curve.passbands.survey for curve in curves}) != 1:
        raise ValueError("light curves of different surveys can't be joined")
    lengths = np.concatenate([np.diff(curve.starts) for curve in curves])

    def join(name: str) -> npt.NDArray[np.float64]:
        return np.concatenate([getattr(curve, name) for curve in curves])

    return Labelled(
        LightCurves(
            passbands=curves[0].passbands,
            starts=np.concatenate(([0], np.cumsum(lengths))).astype(np.int64),
            time=join("time"),
            flux=join("flux"),
            flux_error=join("flux_error"),
            passband=join("passband").astype(np.int8),
            last_limit=join("last_limit"),
            first_seen=join("first_seen"),
            photoz=join("photoz"),
            photoz_error=join("photoz_error"),
            rejected=join("rejected").astype(np.int64),
        ),
        np.concatenate([part.label_mask for part in parts]),
        np.concatenate([part.object_id for part in parts]),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.is_alert for part in parts]),
    )
