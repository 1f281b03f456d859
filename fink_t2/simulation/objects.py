"""Simulated objects: light curves of different lengths, with the true class and redshift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.classes import CLASSES
from fink_t2.science.passbands import PassbandSet
from fink_t2.simulation.arrays import Array, Indices
from fink_t2.surveys import passbands_of


@dataclass(frozen=True)
class SimulatedObjects:
    """A batch of n simulated objects with P measurements in total.

    Attributes
    ----------
    survey : str
        Name of the survey, "ztf" or "lsst".
    object_id : ndarray of str, shape (n,)
        Unique names of the objects.
    object_class : ndarray of int8, shape (n,)
        Index into `fink_t2.science.classes.CLASSES`; -1 for none of them.
    subtype : ndarray of str, shape (n,)
        Family of sources, such as "SNIIn" or "blazar".
    starts : ndarray of int64, shape (n + 1,)
        The measurements of object i are ``starts[i]:starts[i + 1]``, sorted in time.
    mjd : ndarray of float64, shape (P,)
        Times of the visits, MJD.
    passband : ndarray of int8, shape (P,)
        Indices into the passbands of the survey.
    flux, flux_error : ndarray of float64, shape (P,)
        Measured difference flux with its sign, FLUXCAL (zero point 27.5), and its quoted error.
    detected : ndarray of bool, shape (P,)
        Whether a source of either sign is detected in the difference image.
    limiting_magnitude : ndarray of float64, shape (P,)
        5-sigma limiting magnitude of the visit.
    redshift : ndarray of float64, shape (n,)
        True redshift; 0 in the Galaxy.
    photoz, photoz_error : ndarray of float64, shape (n,)
        Photometric redshift of the host galaxy and its error; NaN if there is none.
    reference_magnitude : ndarray of float64, shape (n,)
        Magnitude of the source in the reference image at 6300 Angstrom; NaN if it is not in it.
    """

    survey: str
    object_id: npt.NDArray[np.str_]
    object_class: npt.NDArray[np.int8]
    subtype: npt.NDArray[np.str_]
    starts: Indices
    mjd: Array
    passband: npt.NDArray[np.int8]
    flux: Array
    flux_error: Array
    detected: npt.NDArray[np.bool_]
    limiting_magnitude: Array
    redshift: Array
    photoz: Array
    photoz_error: Array
    reference_magnitude: Array

    def __len__(self) -> int:
        return len(self.object_class)

    @property
    def passbands(self) -> PassbandSet:
        """Passbands of the survey."""
        return passbands_of(self.survey)

    def class_names(self) -> npt.NDArray[np.str_]:
        """Return the class names of the objects, "other" for none of the 14, shape (n,)."""
        return np.array([*CLASSES, "other"])[self.object_class]

    def take(self, order: Indices) -> SimulatedObjects:
        """Return the objects at the given indices, in this order."""
        counts = np.diff(self.starts)[order]
        starts = np.concatenate([[0], np.cumsum(counts)])
        points = np.arange(starts[-1]) + np.repeat(self.starts[order] - starts[:-1], counts)
        columns = {
            name: getattr(self, name)[points if name in _POINT_COLUMNS else order]
            for name in (*_OBJECT_COLUMNS, *_POINT_COLUMNS)
        }
        return SimulatedObjects(survey=self.survey, starts=starts, **columns)


_OBJECT_COLUMNS = (
    "object_id",
    "object_class",
    "subtype",
    "redshift",
    "photoz",
    "photoz_error",
    "reference_magnitude",
)
_POINT_COLUMNS = ("mjd", "passband", "flux", "flux_error", "detected", "limiting_magnitude")


def concatenate(parts: list[SimulatedObjects]) -> SimulatedObjects:
    """Join batches of objects of the same survey into one."""
    offsets = np.cumsum([0] + [part.starts[-1] for part in parts])
    starts = np.concatenate(
        [[0], *(part.starts[1:] + offset for part, offset in zip(parts, offsets, strict=False))]
    )
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (*_OBJECT_COLUMNS, *_POINT_COLUMNS)
    }
    return SimulatedObjects(survey=parts[0].survey, starts=starts.astype(np.int64), **columns)
