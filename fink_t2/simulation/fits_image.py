"""Small images as gzipped FITS files, the form in which surveys send cutouts."""

from __future__ import annotations

import gzip

import numpy as np
import numpy.typing as npt
from astropy.io import fits

#: A FITS file consists of blocks of this length, bytes.
BLOCK_LENGTH = 2880


def to_gzipped_fits(image: npt.NDArray[np.float32], unit: str = "DN") -> bytes:
    """Return an image as a gzipped FITS file with 32-bit pixels.

    The header has the cards of a ZTF cutout and no others, unlike that of an astropy HDU. The same
    image gives the same bytes.

    Parameters
    ----------
    image : ndarray of float32, shape (rows, columns)
        The image.
    unit : str
        Unit of the pixels.
    """
    rows, columns = image.shape
    cards = [("SIMPLE", True), ("BITPIX", -32), ("NAXIS", 2), ("NAXIS1", columns), ("NAXIS2", rows)]
    header = fits.Header([*cards, ("BUNIT", unit)]).tostring().encode("ascii")
    pixels = image.astype(">f4").tobytes()
    return gzip.compress(header + pixels + bytes(-len(pixels) % BLOCK_LENGTH), 9, mtime=0)
