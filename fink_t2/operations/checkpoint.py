"""Read Spark's checkpoint: the offsets at which a stream began and up to which it has read Kafka.

Spark writes ``offsets/N`` before batch N and ``commits/N`` after it; ``sources/0/0`` holds the
offsets at which the very first batch began. Each file has a line "v1", then lines of JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow.fs as pafs

from fink_t2.errors import FinkT2Error

#: (topic, partition) to offset.
Offsets = dict[tuple[str, int], int]


class CheckpointError(FinkT2Error):
    """There is no checkpoint, or it is not that of a Kafka stream."""


@dataclass(frozen=True)
class Progress:
    """How far a stream has read.

    Attributes
    ----------
    stream : str
        Identifier that Spark has given the stream.
    first : dict
        Offset at which each partition began.
    committed : dict
        Offset after the last message of each partition that is in a committed batch.
    planned : dict
        The same, with the batch that was begun last, whether committed or not.
    batch : int
        Number of the last committed batch, -1 if there is none.
    """

    stream: str
    first: Offsets
    committed: Offsets
    planned: Offsets
    batch: int


def open_folder(location: str) -> tuple[pafs.FileSystem, str]:
    """Return the file system of a folder, and the folder's path on it.

    Parameters
    ----------
    location : str
        A path, or a URI such as ``hdfs://head/tables``, as Spark takes them.
    """
    parts = urlsplit(location)
    if parts.scheme == "file":
        return pafs.LocalFileSystem(), unquote(parts.path)
    if parts.scheme:
        return pafs.FileSystem.from_uri(location)
    return pafs.LocalFileSystem(), str(Path(location).absolute())


def read_progress(checkpoint: str) -> Progress:
    """Read a checkpoint.

    Parameters
    ----------
    checkpoint : str
        The checkpoint folder of the configuration: a path or a URI.

    Raises
    ------
    CheckpointError
        If there is no checkpoint of a Kafka stream.
    """
    files, root = open_folder(checkpoint)

    def numbers(folder: str) -> list[int]:
        selector = pafs.FileSelector(f"{root}/{folder}", allow_not_found=True)
        try:
            infos = files.get_file_info(selector)
        except FileNotFoundError:  # pyarrow has looked twice, and the folder was made in between
            return []
        return sorted(int(info.base_name) for info in infos if info.base_name.isdigit())

    def lines(path: str) -> list[str]:
        with files.open_input_stream(f"{root}/{path}") as stream:
            text: str = stream.read().decode()
        return text.lstrip("\0").strip().splitlines()

    try:
        stream = str(json.loads(lines("metadata")[0])["id"])
    except (OSError, ValueError, KeyError, IndexError):
        raise CheckpointError(f"{checkpoint}: there is no checkpoint of a stream") from None
    begun, done = numbers("offsets"), numbers("commits")
    committed = max(set(begun) & set(done), default=-1)
    try:
        first = _offsets(lines("sources/0/0")[-1])
        reached = _offsets(lines(f"offsets/{committed}")[-1]) if committed >= 0 else dict(first)
        planned = _offsets(lines(f"offsets/{begun[-1]}")[-1]) if begun else dict(first)
    except (OSError, ValueError, AttributeError, IndexError, TypeError):
        raise CheckpointError(
            f"{checkpoint}: there are no Kafka offsets; the stream has not begun, or reads files"
        ) from None
    return Progress(stream, first, reached, planned, committed)


def _offsets(text: str) -> Offsets:
    # The file of the first offsets begins with its version: v1{"topic":{"0":12}}.
    by_topic: dict[str, Any] = json.loads(text[text.index("{") :])
    return {
        (topic, int(partition)): int(offset)
        for topic, partitions in by_topic.items()
        for partition, offset in partitions.items()
    }
