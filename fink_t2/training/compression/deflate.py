"""DEFLATE (LZ77 and Huffman coding) of a stored model."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from pathlib import Path


def deflate(data: bytes) -> bytes:
    """Compress the content of one file, such as a flatbuffer."""
    return zlib.compress(data, 9)


def inflate(data: bytes) -> bytes:
    """Undo `deflate`."""
    return zlib.decompress(data)


def deflate_folder(folder: str | os.PathLike[str]) -> bytes:
    """Compress a folder, such as a SavedModel, into a zip archive.

    Parameters
    ----------
    folder : path
        All files below it are taken, in the order of their names.
    """
    folder = Path(folder)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as stream:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                # A fixed date: the same model gives the same bytes.
                entry = zipfile.ZipInfo(str(path.relative_to(folder)))
                entry.compress_type = zipfile.ZIP_DEFLATED
                stream.writestr(entry, path.read_bytes(), compresslevel=9)
    return archive.getvalue()


def inflate_folder(data: bytes, folder: str | os.PathLike[str]) -> None:
    """Undo `deflate_folder`: write its files below a folder."""
    with zipfile.ZipFile(io.BytesIO(data)) as stream:
        stream.extractall(folder)


def folder_size(folder: str | os.PathLike[str]) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
