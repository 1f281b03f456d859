"""Decompress the blocks of Avro object containers, with a bound on what they may grow to.

The codecs are those of the Avro 1.11 specification ("Object Container Files, Required and
Optional Codecs"): null, deflate, bzip2, snappy, xz and zstandard. Spark writes snappy by
default.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from typing import Final, Protocol

import cramjam
from backports import zstd

from fink_t2.errors import AlertError

#: Avro's snappy blocks end with the CRC-32 of the uncompressed data, big-endian.
CHECKSUM_LENGTH: Final = 4
#: Largest dictionary, in bytes, that the xz decoder may allocate: that of preset 9 is 64 MiB.
XZ_MEMORY_LIMIT: Final = 128 * 1024 * 1024
#: Largest window, as a power of two, that the zstandard decoder may allocate (128 MiB).
ZSTANDARD_WINDOW_LOG: Final = 27


class _Decompressor(Protocol):
    """The interface that the standard library's decompressors share."""

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def decompress(codec: str, data: bytes, limit: int) -> bytes:
    """Decompress one block of an Avro object container.

    Parameters
    ----------
    codec : str
        One of `CODECS`.
    data : bytes
        The block as it stands in the file, without count, size and sync marker.
    limit : int
        Largest number of bytes that the result may have.

    Returns
    -------
    bytes
        The records one after the other.

    Raises
    ------
    AlertError
        If the block is damaged or cut short, or would grow beyond the limit. The limit is
        enforced while decompressing, so a hostile block allocates no more than that.
    """
    try:
        decompressed, is_complete = _DECODERS[codec](data, limit)
    except (zlib.error, OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise AlertError(f"{codec} block can't be decompressed ({error})") from None
    except (zstd.ZstdError, cramjam.DecompressionError, MemoryError) as error:
        raise AlertError(f"{codec} block can't be decompressed ({error})") from None
    if len(decompressed) > limit:
        raise AlertError(f"{codec} block decompresses to more than the limit of {limit} bytes")
    if not is_complete:
        raise AlertError(f"{codec} block can't be decompressed (it is cut short)")
    return decompressed


def _null(data: bytes, limit: int) -> tuple[bytes, bool]:
    del limit  # the block is in memory already
    return data, True


def _run(machine: _Decompressor, data: bytes, limit: int) -> tuple[bytes, bool]:
    decompressed = machine.decompress(data, limit + 1)
    return decompressed, machine.eof


def _deflate(data: bytes, limit: int) -> tuple[bytes, bool]:
    return _run(zlib.decompressobj(-zlib.MAX_WBITS), data, limit)


def _bzip2(data: bytes, limit: int) -> tuple[bytes, bool]:
    return _run(bz2.BZ2Decompressor(), data, limit)


def _xz(data: bytes, limit: int) -> tuple[bytes, bool]:
    return _run(lzma.LZMADecompressor(memlimit=XZ_MEMORY_LIMIT), data, limit)


def _snappy(data: bytes, limit: int) -> tuple[bytes, bool]:
    block, checksum = data[:-CHECKSUM_LENGTH], data[-CHECKSUM_LENGTH:]
    # The block begins with the length of the result, so the limit is checked beforehand.
    if cramjam.snappy.decompress_raw_len(block) > limit:
        return bytes(limit + 1), True
    decompressed = bytes(cramjam.snappy.decompress_raw(block))
    if zlib.crc32(decompressed) != int.from_bytes(checksum, "big"):
        raise ValueError("its checksum does not match")
    return decompressed, True


def _zstandard(data: bytes, limit: int) -> tuple[bytes, bool]:
    options = {int(zstd.DecompressionParameter.window_log_max): ZSTANDARD_WINDOW_LOG}
    return _run(zstd.ZstdDecompressor(options=options), data, limit)


_DECODERS: Final[dict[str, Callable[[bytes, int], tuple[bytes, bool]]]] = {
    "null": _null,
    "deflate": _deflate,
    "bzip2": _bzip2,
    "snappy": _snappy,
    "xz": _xz,
    "zstandard": _zstandard,
}

#: Names of the codecs that can be read, as they stand in a container's metadata.
CODECS: Final = tuple(_DECODERS)
