"""Passbands of the surveys: their names, order and effective wavelengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class PassbandSet:
    """The passbands of one survey, in a fixed order.

    The index of a passband is its position in `names`. Light curves store this index, and
    column ``m`` of an interpolated grid belongs to the passband with index ``m``.

    Attributes
    ----------
    survey : str
        Name of the survey ("ztf" or "lsst").
    names : tuple of str
        Passband names, blue to red.
    wavelengths : tuple of float
        Effective wavelengths in Angstrom, in the order of `names`.
    """

    survey: str
    names: tuple[str, ...]
    wavelengths: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.names)

    def wavelength_array(self) -> npt.NDArray[np.float64]:
        """Return the effective wavelengths in Angstrom, shape (M,)."""
        return np.asarray(self.wavelengths, dtype=np.float64)

    def index(self, name: str) -> int:
        """Return the index of a passband.

        Raises
        ------
        ValueError
            If the survey has no passband of that name.
        """
        try:
            return self.names.index(name)
        except ValueError:
            raise ValueError(
                f"{self.survey} has no passband {name!r}; it has {', '.join(self.names)}"
            ) from None


#: ZTF's g and r. The i band is left out because public alerts seldom contain it.
ZTF: Final = PassbandSet("ztf", ("g", "r"), (4804.79, 6436.92))
LSST: Final = PassbandSet(
    "lsst",
    ("u", "g", "r", "i", "z", "y"),
    (3670.69, 4826.85, 6223.24, 7545.98, 8590.90, 9710.28),
)

SURVEYS: Final[dict[str, PassbandSet]] = {"ztf": ZTF, "lsst": LSST}


def passbands_of(survey: str) -> PassbandSet:
    """Return the passbands of a survey.

    Raises
    ------
    ValueError
        If the survey is not known.
    """
    try:
        return SURVEYS[survey]
    except KeyError:
        raise ValueError(
            f"unknown survey {survey!r}; known surveys: {', '.join(SURVEYS)}"
        ) from None
