"""Small images as gzipped FITS files, the way a survey sends cutouts."""

from __future__ import annotations

import gzip

import numpy as np
import numpy.typing as npt

_CARD, _BLOCK = 80, 2880


def to_gzipped_fits(image: npt.NDArray[np.float32], unit: str = "DN") -> bytes:
    """Return an image as a gzipped single-HDU FITS file, the same bytes for the same image.

    FITS standard 4.0 (Pence et al.), 32-bit floating point, big-endian; the header has the cards
    of a ZTF cutout.

    Parameters
    ----------
    image : ndarray of float32, shape (rows, columns)
    unit : str
        Unit of the pixels.
    """
    rows, columns = image.shape
    cards = [
        f"{'SIMPLE':8}= {'T':>20}",
        f"{'BITPIX':8}= {-32:>20}",
        f"{'NAXIS':8}= {2:>20}",
        f"{'NAXIS1':8}= {columns:>20}",
        f"{'NAXIS2':8}= {rows:>20}",
        f"{'BUNIT':8}= '{unit:8}'",
        "END",
    ]
    header = "".join(card.ljust(_CARD) for card in cards).encode("ascii")
    data = image.astype(">f4").tobytes()
    padded = header.ljust(-(-len(header) // _BLOCK) * _BLOCK)
    padded += data.ljust(-(-len(data) // _BLOCK) * _BLOCK, b"\0")
    return gzip.compress(padded, 9, mtime=0)
