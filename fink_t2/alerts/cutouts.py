"""The cutouts of a batch of alerts as images, which are decoded on access."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from fink_t2.alerts.fits_stamp import read_stamp

#: Names of the cutouts, and of the fields of ZTF's and Rubin's alerts that contain them.
CUTOUT_FIELDS: Final = {
    "science": "cutoutScience",
    "template": "cutoutTemplate",
    "difference": "cutoutDifference",
}

Image = npt.NDArray[np.float32]


class Stamps(Sequence[Image | None]):
    """One cutout of each of N alerts.

    ``stamps[k]`` is the image of alert k, an array of float32 of shape (rows, columns), or None
    where the alert has none. It is decoded at each access. ZTF's stamps have 63 x 63 pixels,
    fewer at the edge of a detector; Rubin's differ in size from alert to alert.

    Parameters
    ----------
    contents : iterable of bytes or None
        FITS files, gzipped or not.

    Raises
    ------
    AlertError
        At the access, if that stamp can't be read.
    """

    def __init__(self, contents: Iterable[bytes | None]) -> None:
        self._contents = list(contents)

    def __len__(self) -> int:
        return len(self._contents)

    def __getitem__(self, number: int) -> Image | None:  # type: ignore[override]
        content = self._contents[number]
        return None if content is None else read_stamp(bytes(content))

    def __iter__(self) -> Iterator[Image | None]:
        return (self[k] for k in range(len(self)))

    def select(self, chosen: Iterable[int]) -> Stamps:
        """Return the cutouts of the alerts at the given indices, in this order."""
        return Stamps([self._contents[k] for k in chosen])
