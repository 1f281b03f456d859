"""Read a cutout: one small image in a FITS file, gzipped (ZTF) or not (Rubin).

This is the part of the FITS standard that the surveys' cutouts use (Pence et al. 2010, A&A 524,
A42, sections 3.1 to 5.3): the image in the primary header and data unit. Nothing else of a file
is read, such as the variance plane and the point spread function that Rubin appends. The stream's
workers therefore need no FITS library, and a damaged or hostile stamp can't exhaust their memory.
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
import numpy.typing as npt

from fink_t2.errors import AlertError

CARD: Final = 80
BLOCK: Final = 2880
GZIP_MAGIC: Final = b"\x1f\x8b"
#: Largest stamp that is decompressed: an image of 2000 x 2000 32-bit pixels.
MOST_BYTES: Final = 16 * 2**20
#: ``BITPIX`` to the type of a pixel (FITS standard, table 8).
PIXEL_TYPES: Final = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
KEYWORDS: Final = frozenset(
    {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BSCALE", "BZERO", "BLANK"}
)


def read_stamp(stamp: bytes, most_bytes: int = MOST_BYTES) -> npt.NDArray[np.float32]:
    """Return the image of a cutout.

    Parameters
    ----------
    stamp : bytes
        A FITS file, gzipped or not.
    most_bytes : int
        Size, decompressed, beyond which a stamp is refused.

    Returns
    -------
    ndarray of float32, shape (NAXIS2, NAXIS1)
        The image in the unit of the file (``BUNIT``), scaled by ``BSCALE`` and ``BZERO``.
        Undefined pixels are NaN.

    Raises
    ------
    AlertError
        If the stamp is no FITS file with a two-dimensional primary image, is truncated, or is
        larger than `most_bytes`.
    """
    content = _decompressed(stamp, most_bytes) if stamp.startswith(GZIP_MAGIC) else stamp
    if len(content) > most_bytes:
        raise AlertError(f"the FITS stamp has more than {most_bytes} bytes")
    cards, data_begin = _read_header(content)
    if cards.get("SIMPLE") != "T":
        raise AlertError("the stamp is no FITS file: it does not begin with 'SIMPLE = T'")
    if _integer(cards, "NAXIS") != 2:
        raise AlertError(f"the FITS stamp has NAXIS = {cards['NAXIS']}; an image has 2")
    bits, columns, rows = (_integer(cards, name) for name in ("BITPIX", "NAXIS1", "NAXIS2"))
    if bits not in PIXEL_TYPES:
        raise AlertError(f"the FITS stamp has BITPIX = {bits}, which the standard does not define")
    expected = rows * columns * abs(bits) // 8
    if rows < 0 or columns < 0 or expected > len(content) - data_begin:
        raise AlertError(
            f"the FITS stamp of {columns} x {rows} pixels has "
            f"{max(len(content) - data_begin, 0)} bytes of data instead of {expected}"
        )
    pixels = np.frombuffer(content, PIXEL_TYPES[bits], rows * columns, data_begin)
    image = pixels.reshape(rows, columns)
    scale, zero = _real(cards, "BSCALE", 1.0), _real(cards, "BZERO", 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        if bits < 0 and (scale, zero) == (1.0, 0.0):
            return image.astype(np.float32)
        values = image * scale + zero
        if bits > 0 and "BLANK" in cards:
            values = np.where(image == _integer(cards, "BLANK"), np.nan, values)
        return np.asarray(values, dtype=np.float32)


def _decompressed(stamp: bytes, most_bytes: int) -> bytes:
    decompressor = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = decompressor.decompress(stamp, most_bytes + 1)
    except zlib.error as error:
        raise AlertError(f"the stamp can't be decompressed ({error})") from None
    if not decompressor.eof and len(content) <= most_bytes:
        raise AlertError("the stamp can't be decompressed (it is truncated)")
    return content


def _read_header(content: bytes) -> tuple[dict[str, str], int]:
    """Return the values of `KEYWORDS` as text, and where the data begin."""
    cards: dict[str, str] = {}
    for begin in range(0, len(content) - CARD + 1, CARD):
        card = content[begin : begin + CARD]
        keyword = card[:8].rstrip().decode("ascii", "replace")
        if keyword == "END":
            return cards, -(-(begin + CARD) // BLOCK) * BLOCK
        if keyword in KEYWORDS and card[8:10] == b"= ":
            cards[keyword] = card[10:].partition(b"/")[0].strip().decode("ascii", "replace")
    raise AlertError("the stamp is no FITS file: its header has no END")


def _integer(cards: dict[str, str], keyword: str) -> int:
    try:
        return int(cards[keyword])
    except (KeyError, ValueError):
        raise AlertError(
            f"the FITS stamp has {keyword} = {cards.get(keyword, '')!r}, not an integer"
        ) from None


def _real(cards: dict[str, str], keyword: str, default: float) -> float:
    if keyword not in cards:
        return default
    try:
        return float(cards[keyword].upper().replace("D", "E"))
    except ValueError:
        raise AlertError(
            f"the FITS stamp has {keyword} = {cards[keyword]!r}, not a number"
        ) from None
