"""Passbands of a survey: their names, order and effective wavelengths."""

from __future__ import annotations

from dataclasses import dataclass

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
        Name of the survey.
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
