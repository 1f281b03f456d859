"""What Spark's checkpoint says: from where, and how far, the stream has read Kafka.

Spark writes ``offsets/N`` before batch N and ``commits/N`` behind it; ``sources/0/0`` holds
where the very first batch began. Each is "v1" and then lines of JSON.
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
    """There is no checkpoint, or it is none of a Kafka stream."""


@dataclass(frozen=True)
class Progress:
    """How far a stream has come.

    Attributes
    ----------
    stream : str
        Identity of the stream.
    first : dict
        Offsets at which it began.
    committed : dict
        Offsets up to which, exclusive, batches are committed.
    planned : dict
        The same with the batch that was begun last, committed or not.
    batch : int
        The last committed batch, -1 if none.
    """

    stream: str
    first: Offsets
    committed: Offsets
    planned: Offsets
    batch: int


def open_folder(place: str) -> tuple[pafs.FileSystem, str]:
    """Return the file system and the path on it of a folder that Spark knows by ``place``."""
    parts = urlsplit(place)
    if parts.scheme == "file":
        return pafs.LocalFileSystem(), unquote(parts.path)
    if parts.scheme:
        return pafs.FileSystem.from_uri(place)
    return pafs.LocalFileSystem(), str(Path(place).absolute())


def read_progress(checkpoint: str) -> Progress:
    """Read a checkpoint.

    Parameters
    ----------
    checkpoint : str
        The folder that the configuration names.

    Raises
    ------
    CheckpointError
        If there is none of a Kafka stream.
    """
    files, root = open_folder(checkpoint)

    def numbers(folder: str) -> list[int]:
        selector = pafs.FileSelector(f"{root}/{folder}", allow_not_found=True)
        try:
            found = files.get_file_info(selector)
        except FileNotFoundError:  # made between the look and the question whether it is there
            return []
        return sorted(int(f.base_name) for f in found if f.base_name.isdigit())

    def lines(path: str) -> list[str]:
        with files.open_input_stream(f"{root}/{path}") as stream:
            text: str = stream.read().decode()
        return text.lstrip("\0").strip().splitlines()

    try:
        stream = str(json.loads(lines("metadata")[0])["id"])
    except (OSError, ValueError, KeyError, IndexError):
        raise CheckpointError(f"{checkpoint}: no checkpoint of a stream there") from None
    begun, done = numbers("offsets"), numbers("commits")
    committed = max(set(begun) & set(done), default=-1)
    try:
        first = _offsets(lines("sources/0/0")[-1])
        reached = _offsets(lines(f"offsets/{committed}")[-1]) if committed >= 0 else dict(first)
        planned = _offsets(lines(f"offsets/{begun[-1]}")[-1]) if begun else dict(first)
    except (OSError, ValueError, AttributeError, IndexError, TypeError):
        raise CheckpointError(
            f"{checkpoint}: holds no Kafka offsets; the stream has not begun, or reads files"
        ) from None
    return Progress(stream, first, reached, planned, committed)


def _offsets(text: str) -> Offsets:
    # The file of the first offsets has its version in front: v1{"topic":{"0":12}}.
    found: dict[str, Any] = json.loads(text[text.index("{") :])
    return {
        (topic, int(partition)): int(offset)
        for topic, partitions in found.items()
        for partition, offset in partitions.items()
    }
