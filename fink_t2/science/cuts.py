"""Quality cuts: which alerts are classified, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from fink_t2.science.light_curves import LightCurves
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO


class Status(IntEnum):
    """Result of the cuts. The output contains its name in lower case."""

    OK = 0
    TOO_FEW_POINTS = 1
    ONE_BAND = 2
    HISTORY_TOO_LONG = 3
    SOLAR_SYSTEM = 4
    CATALOGUED_STAR = 5
    BAD_PHOTOMETRY = 6

    @property
    def text(self) -> str:
        """Name of the status in the output."""
        return self.name.lower()


STATUS_TEXTS: Final[tuple[str, ...]] = tuple(status.text for status in Status)

#: What can be done about an alert that was not classified, by its status in the output.
STATUS_REMEDIES: Final[dict[str, str]] = {
    "too_few_points": "too few detections at different times; forced photometry may add some",
    "one_band": "detections in one passband only; forced photometry may add others",
    "history_too_long": "first detected too long ago; --no-catalogue-cuts classifies these, too",
    "solar_system": "known solar-system objects; --no-catalogue-cuts classifies these, too",
    "catalogued_star": "catalogued as stars; --no-catalogue-cuts classifies these, too",
    "bad_photometry": "arrays of different lengths, or measurements outside the plausible range",
}

#: Fink's ``roid`` value for an object that the Minor Planet Center knows.
KNOWN_SOLAR_SYSTEM_OBJECT: Final = 3

#: SIMBAD main types of alerts that are classified: no known counterpart, or an extragalactic
#: one. The CDS cross-match and Fink have used several spellings, all of which are listed.
EXTRAGALACTIC_TYPES: Final[frozenset[str]] = frozenset(
    {
        # No known counterpart, or a transient.
        "", "Unknown", "Fail", "Transient", "gammaBurst",
        "SN", "SN*", "Candidate_SN*", "SN*_Candidate",
        # Galaxies, single or in pairs, groups and clusters.
        "Galaxy", "galaxy", "G", "EmG", "EmissionG", "BlueCompG", "BlueCompactG", "StarburstG",
        "SBG", "LSB_G", "LowSurfBrghtG", "LSB", "HII_G", "HIIG", "H2G", "High_z_G", "HzG",
        "RadioG", "rG", "PartofG", "PartOfG", "IG", "InteractingG", "BClG", "BrightestCG",
        "GinPair", "PairG", "GinGroup", "GroupG", "GrG", "GinCl", "GiC", "GiG", "GiP", "ClG",
        "GtowardsCl", "GtowardsGroup", "LensedImage", "LensedG", "LensedQ", "Radio", "X",
        # Active galaxies, which are one of the 14 classes.
        "AGN", "AGN_Candidate", "Possible_AGN", "QSO", "QSO_Candidate", "Possible_QSO",
        "Seyfert", "Seyfert_1", "Seyfert_2", "Seyfert1", "Seyfert2", "Sy1", "Sy2", "SyG",
        "LINER", "LIN", "Blazar", "Blazar_Candidate", "Possible_Blazar",
        "BLLac", "BLL", "BLLac_Candidate", "Possible_BLLac",
    }
)  # fmt: skip


@dataclass(frozen=True)
class CutSettings:
    """Thresholds of the quality cuts."""

    minimum_points: int = 2
    """Smallest number of valid points of a light curve, in all passbands together."""
    minimum_passbands: int = 2
    """Smallest number of passbands with at least one point."""
    maximum_history_days: float = 90.0
    """Longest time between the earliest detection ever and the alert, days."""


def apply_cuts(
    light_curves: LightCurves,
    settings: CutSettings,
    *,
    jd: npt.ArrayLike | None = None,
    jdstarthist: npt.ArrayLike | None = None,
    roid: npt.ArrayLike | None = None,
    cdsxmatch: npt.ArrayLike | None = None,
) -> npt.NDArray[np.int8]:
    """Determine the status of every alert.

    The cuts are those of the published Fink module (arXiv:2303.08951). A catalogue column
    that is not given makes no cut. Where several cuts apply, the solar system takes precedence
    over the catalogued star, then comes the length of the history, then the light curve itself.

    Parameters
    ----------
    light_curves : LightCurves
        N light curves.
    settings : CutSettings
        Thresholds of the cuts.
    jd, jdstarthist : array_like, shape (N,), optional
        Julian Date of the alert and of the earliest detection ever at its position. The date
        of the alert defaults to that of the last point of the light curve.
    roid : array_like of int, shape (N,), optional
        Fink's solar-system flag, which is 3 for a known object.
    cdsxmatch : array_like of str, shape (N,), optional
        SIMBAD main type of the nearest catalogued object.

    Returns
    -------
    ndarray of int8, shape (N,)
        Values of `Status`.
    """
    n_curves = len(light_curves)
    counts = light_curves.points_per_passband()
    n_points = counts.sum(axis=1)
    status = np.full(n_curves, Status.OK, dtype=np.int8)

    too_few = (n_points < settings.minimum_points) | ~_has_two_times(light_curves)
    few_bands = (counts > 0).sum(axis=1) < settings.minimum_passbands
    # Each of the following assignments overrides the earlier ones.
    status[few_bands] = Status.ONE_BAND
    status[too_few] = Status.TOO_FEW_POINTS
    status[too_few & (light_curves.rejected > 0)] = Status.BAD_PHOTOMETRY
    if jdstarthist is not None:
        begin = np.asarray(jdstarthist, dtype=np.float64)
        if jd is None:
            end = np.full(n_curves, np.nan)
            has_points = n_points > 0
            end[has_points] = light_curves.time[light_curves.starts[1:][has_points] - 1]
            end += JULIAN_DATE_OF_MJD_ZERO
        else:
            end = np.asarray(jd, dtype=np.float64)
        with np.errstate(invalid="ignore"):
            status[end - begin > settings.maximum_history_days] = Status.HISTORY_TOO_LONG
    if cdsxmatch is not None:
        types = ["" if value is None or value != value else str(value) for value in cdsxmatch]  # type: ignore[union-attr]
        is_star = np.array([value not in EXTRAGALACTIC_TYPES for value in types], dtype=bool)
        status[is_star] = Status.CATALOGUED_STAR
    if roid is not None:
        with np.errstate(invalid="ignore"):
            known = np.asarray(roid, dtype=np.float64) == KNOWN_SOLAR_SYSTEM_OBJECT
        status[known] = Status.SOLAR_SYSTEM
    return status


def _has_two_times(light_curves: LightCurves) -> npt.NDArray[np.bool_]:
    """Return whether each curve has points at two or more different times, shape (N,)."""
    first, end = light_curves.starts[:-1], light_curves.starts[1:]
    result = np.zeros(len(light_curves), dtype=bool)
    several = end - first > 1
    result[several] = light_curves.time[end[several] - 1] > light_curves.time[first[several]]
    return result
