"""The files inside a path: folders, tar and zip archives at any depth, decompressed.

Formats are recognised by their first bytes, so that a gzipped tar called ``night.dat`` is read
and a text file called ``night.tar`` is reported. Archives are streamed: neither an archive nor a
large file in it is held in memory.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from backports import zstd

from fink_t2.errors import AlertError

#: Called with an error that names what can't be read; reading goes on if the call returns.
OnBroken = Callable[[AlertError], None]

#: Archives within archives are opened to this depth; deeper ones are reported.
LARGEST_DEPTH: Final = 5
#: A member up to this size is kept in memory where random access is needed, a larger one in a
#: file in ``$TMPDIR``.
MEMORY_BYTES: Final = 64 * 1024 * 1024
#: Bytes that are enough to recognise every format.
HEAD_BYTES: Final = 512
TAR_MAGIC: Final = b"ustar"
TAR_MAGIC_OFFSET: Final = 257

#: First bytes of the compression formats, and how to decompress a stream of each.
COMPRESSIONS: Final[tuple[tuple[bytes, Callable[[IO[bytes]], IO[bytes]]], ...]] = (
    (b"\x1f\x8b", lambda stream: cast(IO[bytes], gzip.GzipFile(fileobj=stream))),
    (b"BZh", lambda stream: cast(IO[bytes], bz2.BZ2File(stream))),
    (b"\xfd7zXZ\x00", lambda stream: cast(IO[bytes], lzma.LZMAFile(stream))),  # noqa: SIM115
    (b"\x28\xb5\x2f\xfd", lambda stream: cast(IO[bytes], zstd.ZstdFile(stream))),
)
#: Suffixes that a compressed file has in addition to that of its format.
COMPRESSION_SUFFIXES: Final = (".gz", ".bz2", ".xz", ".zst")
ZIP_MAGICS: Final = (b"PK\x03\x04", b"PK\x05\x06")

#: What damaged compressed files and archives raise when they are read.
READ_ERRORS: Final = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,  # a zip file with an unknown method of compression
    RuntimeError,  # a zip file that needs a password
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
    tarfile.TarError,
    zipfile.BadZipFile,
    MemoryError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A file with its content, decompressed.

    Attributes
    ----------
    name : str
        The way to it, for messages: ``night.tar member 7/1.avro``.
    file_name : str
        Its own name, without the suffix of a compression.
    path : Path or None
        Where it lies, if it is an uncompressed file of its own.
    stream : BinaryIO
        The content, at its beginning; valid until the next member is asked for.
    """

    name: str
    file_name: str
    path: Path | None
    stream: BinaryIO

    def head(self) -> bytes:
        """Return the first `HEAD_BYTES` bytes; the stream stays where it is."""
        return cast(io.BufferedReader, self.stream).peek(HEAD_BYTES)[:HEAD_BYTES]

    def random_access(self) -> IO[bytes]:
        """Return the content as a file that can be searched, as Parquet and FITS readers need.

        The content is copied to memory, or to a temporary file where it is large. It may be
        called once, since the stream of a member of an archive is read by it.
        """
        if self.path is not None:
            return self.path.open("rb")
        copy = tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES)  # noqa: SIM115
        while chunk := self.stream.read(1 << 20):
            copy.write(chunk)
        copy.seek(0)
        return cast(IO[bytes], copy)


def archive_members(
    path: Path, on_broken: OnBroken, *, skip: Callable[[Path], bool] | None = None
) -> Iterator[Member]:
    """Iterate over the files of a path, those in archives included.

    Parameters
    ----------
    path : Path
        A file, or a folder, which is searched at any depth in the order of the names; symbolic
        links are followed. Names that begin with a dot or an underscore are left out in folders
        and archives, as Spark's and macOS's own files have them.
    on_broken : callable
        Called with an `AlertError` that names the file or member that can't be read.
    skip : callable, optional
        Told each file of a folder; those for which it returns True are left out.

    Yields
    ------
    Member
        Its stream is closed when the next member is asked for.

    Raises
    ------
    AlertError
        If the path is neither a file nor a folder.
    """
    if path.is_dir():
        files = [file for file in folder_files(path) if skip is None or not skip(file)]
    elif path.exists():
        files = [path]
    else:
        raise AlertError(f"{path} is neither a file nor a folder")
    for file in files:
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                raise OSError("it is not a regular file")
            with file.open("rb") as stream:
                yield from _members(str(file), file.name, file, stream, on_broken, 0)
        except AlertError:
            raise
        except OSError as error:
            on_broken(AlertError(f"{file} can't be read: {reason(error)}"))


def folder_files(folder: Path) -> list[Path]:
    """Return the visible files below a folder, sorted by name; symbolic links are followed.

    A link that leads back to a folder on its own way is followed only once.
    """
    files: list[Path] = []
    seen: set[tuple[int, int]] = set()
    for root, folders, names in os.walk(folder, followlinks=True):
        identity = os.stat(root)
        if (identity.st_dev, identity.st_ino) in seen:
            folders.clear()
            continue
        seen.add((identity.st_dev, identity.st_ino))
        folders[:] = sorted(name for name in folders if is_visible(name))
        files += [Path(root, name) for name in names if is_visible(name)]
    return sorted(files)


def is_visible(name: str) -> bool:
    """Tell whether a file or folder is data by its name, rather than a program's own record."""
    return not name.startswith((".", "_"))


def decompressed_name(name: str) -> str:
    """Return a file's name without the suffix of a compression."""
    lower = name.lower()
    for suffix in COMPRESSION_SUFFIXES:
        if lower.endswith(suffix) and len(lower) > len(suffix):
            return name[: -len(suffix)]
    if lower.endswith(".tgz"):
        return f"{name[:-4]}.tar"
    return name


def reason(error: BaseException) -> str:
    """Return the reason of an error in one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    text = str(error).strip().splitlines()
    return text[0][:300] if text else type(error).__name__


def _members(
    name: str, file_name: str, path: Path | None, raw: IO[bytes], on_broken: OnBroken, depth: int
) -> Iterator[Member]:
    """Yield a file, or the files in it if it is an archive."""
    with ExitStack() as opened:
        try:
            stream = _buffered(raw)
            for _ in range(LARGEST_DEPTH):
                decompress = _compression(stream.peek(HEAD_BYTES))
                if decompress is None:
                    break
                stream = _buffered(opened.enter_context(decompress(stream)))
                file_name, path = decompressed_name(file_name), None
            head = stream.peek(HEAD_BYTES)
        except READ_ERRORS as error:
            on_broken(AlertError(f"{name} can't be read: {reason(error)}"))
            return
        # The oldest tar format has no magic, so there the name decides, as for a damaged zip file.
        lower = file_name.lower()
        is_tar = head[TAR_MAGIC_OFFSET:].startswith(TAR_MAGIC) or lower.endswith(".tar")
        is_zip = head.startswith(ZIP_MAGICS) or lower.endswith(".zip")
        if not (is_tar or is_zip):
            yield Member(name, file_name, path, cast(BinaryIO, stream))
        elif depth >= LARGEST_DEPTH:
            on_broken(AlertError(f"{name} is an archive nested deeper than {LARGEST_DEPTH}"))
        elif is_tar:
            yield from _tar_members(name, stream, on_broken, depth)
        else:
            member = Member(name, file_name, path, cast(BinaryIO, stream))
            yield from _zip_members(name, member, on_broken, depth)


def _buffered(stream: IO[bytes]) -> io.BufferedReader:
    if isinstance(stream, io.BufferedReader):
        return stream
    return io.BufferedReader(cast(io.RawIOBase, stream), buffer_size=1 << 16)


def _compression(head: bytes) -> Callable[[IO[bytes]], IO[bytes]] | None:
    return next((open_ for magic, open_ in COMPRESSIONS if head.startswith(magic)), None)


def _tar_members(name: str, stream: IO[bytes], on_broken: OnBroken, depth: int) -> Iterator[Member]:
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for entry in tar:
                tar.members = []  # type: ignore[attr-defined]  # else it keeps each it has seen
                if not (entry.isfile() and _is_visible_member(entry.name)):
                    continue
                content = tar.extractfile(entry)
                assert content is not None  # as isfile() says
                member_name = f"{name} member {entry.name}"
                yield from _members(
                    member_name, Path(entry.name).name, None, content, on_broken, depth + 1
                )
    except AlertError:
        raise
    except READ_ERRORS as error:
        on_broken(AlertError(f"{name} can't be read as a tar file: {reason(error)}"))


def _zip_members(name: str, member: Member, on_broken: OnBroken, depth: int) -> Iterator[Member]:
    try:
        with member.random_access() as file, zipfile.ZipFile(file) as archive:
            for entry in archive.infolist():
                if entry.is_dir() or not _is_visible_member(entry.filename):
                    continue
                member_name = f"{name} member {entry.filename}"
                try:
                    content = archive.open(entry)
                except READ_ERRORS as error:
                    on_broken(AlertError(f"{member_name} can't be read: {reason(error)}"))
                    continue
                with content:
                    yield from _members(
                        member_name, Path(entry.filename).name, None, content, on_broken, depth + 1
                    )
    except AlertError:
        raise
    except READ_ERRORS as error:
        on_broken(AlertError(f"{name} can't be read as a zip file: {reason(error)}"))


def _is_visible_member(name: str) -> bool:
    return all(is_visible(part) for part in Path(name).parts if part not in ("..", "/"))
