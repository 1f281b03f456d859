"""DEFLATE compression (LZ77 and Huffman coding) of stored models."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from pathlib import Path


def deflate(data: bytes) -> bytes:
    """Compress the content of a file, such as a TFLite file."""
    return zlib.compress(data, 9)


def inflate(data: bytes) -> bytes:
    """Decompress the result of `deflate`."""
    return zlib.decompress(data)


def deflate_folder(folder: str | os.PathLike[str]) -> bytes:
    """Compress a folder, such as a SavedModel, into a zip archive.

    Parameters
    ----------
    folder : path
        The folder, which is compressed with all its subfolders.

    Returns
    -------
    bytes
        The archive.
    """
    folder = Path(folder)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as stream:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                # The date is fixed, so that the same model gives the same bytes.
                entry = zipfile.ZipInfo(str(path.relative_to(folder)))
                entry.compress_type = zipfile.ZIP_DEFLATED
                stream.writestr(entry, path.read_bytes(), compresslevel=9)
    return archive.getvalue()


def inflate_folder(data: bytes, folder: str | os.PathLike[str]) -> None:
    """Write the files of the result of `deflate_folder` into a folder."""
    with zipfile.ZipFile(io.BytesIO(data)) as stream:
        stream.extractall(folder)


def folder_size(folder: str | os.PathLike[str]) -> int:
    """Return the total size in bytes of all files in a folder and its subfolders."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
