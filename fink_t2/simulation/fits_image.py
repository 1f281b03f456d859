"""Small images as gzipped FITS files, the way a survey sends cutouts."""

from __future__ import annotations

import gzip
import zlib

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


def from_gzipped_fits(stamp: bytes) -> npt.NDArray[np.float32]:
    """Return the image of a gzipped FITS file as `to_gzipped_fits` writes it.

    Parameters
    ----------
    stamp : bytes

    Returns
    -------
    ndarray of float32, shape (rows, columns)
    """
    content = zlib.decompress(stamp, wbits=zlib.MAX_WBITS | 16)
    cards = {}
    for position in range(0, len(content), _CARD):
        card = content[position : position + _CARD].decode("ascii")
        if card.startswith("END "):
            break
        cards[card[:8].strip()] = card[10:].split("/")[0].strip()
    start = -(-(position + _CARD) // _BLOCK) * _BLOCK
    rows, columns = int(cards["NAXIS2"]), int(cards["NAXIS1"])
    pixels = np.frombuffer(content, dtype=">f4", count=rows * columns, offset=start)
    return pixels.reshape(rows, columns).astype(np.float32)
