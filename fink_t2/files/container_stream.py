"""Read an Avro object container of any size as packets of one alert each.

A night of alerts in one container is as ordinary as a packet of one alert. The container is
read block by block, so that memory is bounded by its largest block, whatever its size.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import IO, Final

from fink_t2.alerts.codecs import decompress
from fink_t2.alerts.decode import read_records
from fink_t2.alerts.frames import (
    LONGEST_INTEGER,
    SYNC_LENGTH,
    ContainerHeader,
    container_prefix,
    read_container_header,
    read_integer,
    single_container,
    write_integer,
)
from fink_t2.alerts.limits import Limits
from fink_t2.alerts.schemas import parse_schema
from fink_t2.errors import AlertError

#: Bounds for files. A file may hold far more than a Kafka message, block by block.
FILE_LIMITS: Final = Limits(
    message_bytes=64 * 1024 * 1024, record_bytes=256 * 1024 * 1024, records=1 << 40
)
#: A container's header is read in steps of this many bytes, up to twice the largest schema.
HEADER_STEP: Final = 64 * 1024


def container_packets(
    name: str, stream: IO[bytes], limits: Limits = FILE_LIMITS
) -> Iterator[tuple[str, bytes]]:
    """Split a container into packets of one alert each.

    Parameters
    ----------
    name : str
        Name of the file, for messages.
    stream : file
        The container, at its beginning.
    limits : Limits
        Bounds: on a block as it stands in the file (``message_bytes``), decompressed
        (``record_bytes``), and on the schema.

    Yields
    ------
    name : str
        ``name``, with the number of the record where there are several.
    packet : bytes
        The container's own bytes if it holds one alert; else an uncompressed container of one
        record, with the same schema.

    Raises
    ------
    AlertError
        At the first damage, which it names with the number of the record; the alerts before it
        have been yielded.
    """
    header, pending = _read_header(stream, limits)
    blocks = _blocks(header, pending, stream, limits)
    first = next(blocks, None)
    if first is None:
        raise AlertError("container without a record")
    damage = None
    try:
        second = next(blocks, None)
    except AlertError as error:
        second, damage = None, error
    if first[0] == 1 and second is None and damage is None:
        yield name, single_block_container(header, *first)
        return
    ahead = [first] if second is None else [first, second]
    yield from _split(name, header, itertools.chain(ahead, blocks), limits)
    if damage is not None:
        raise damage


def _split(
    name: str, header: ContainerHeader, blocks: Iterable[tuple[int, bytes]], limits: Limits
) -> Iterator[tuple[str, bytes]]:
    """Yield every record of the blocks as a container of its own."""
    writer = parse_schema(header.schema_text, limits)
    prefix = container_prefix(header.schema_text)
    record = 0
    for count, data in blocks:
        records = decompress(header.codec, data, limits.record_bytes)
        begin = 0
        try:
            for _, end in read_records(records, count, writer):
                yield f"{name} record {record}", single_container(prefix, records[begin:end])
                record, begin = record + 1, end
        except AlertError as error:
            raise AlertError(f"record {record}: {error}") from None


def single_block_container(header: ContainerHeader, count: int, data: bytes) -> bytes:
    """Return a container with one block, as it stood in the file.

    Parameters
    ----------
    header : ContainerHeader
        The container's header.
    count : int
        Number of records in the block.
    data : bytes
        The block, compressed if the header's codec says so.
    """
    return b"".join(
        (header.prefix, header.sync, write_integer(count), write_integer(len(data)), data,
         header.sync)
    )  # fmt: skip


def _read_header(stream: IO[bytes], limits: Limits) -> tuple[ContainerHeader, bytes]:
    """Return the header, and the bytes behind it that have been read already."""
    content = b""
    while True:
        chunk = stream.read(HEADER_STEP)
        content += chunk
        try:
            header = read_container_header(content, limits)
        except AlertError:
            if not chunk or len(content) > 2 * limits.schema_bytes + HEADER_STEP:
                raise
        else:
            return header, content[header.length :]


class _Reader:
    """Reads exact numbers of bytes, first from what has been read ahead."""

    def __init__(self, pending: bytes, stream: IO[bytes]) -> None:
        self._pending = pending
        self._stream = stream

    def take(self, size: int) -> bytes:
        """Return ``size`` bytes, fewer at the end of the file."""
        while len(self._pending) < size:
            chunk = self._stream.read(max(size - len(self._pending), HEADER_STEP))
            if not chunk:
                break
            self._pending += chunk
        taken, self._pending = self._pending[:size], self._pending[size:]
        return taken

    def integer(self) -> int | None:
        """Return the next number; None at the end of the file."""
        content = self.take(LONGEST_INTEGER)
        if not content:
            return None
        value, length = read_integer(content, 0)
        self._pending = content[length:] + self._pending
        return value


def _blocks(
    header: ContainerHeader, pending: bytes, stream: IO[bytes], limits: Limits
) -> Iterator[tuple[int, bytes]]:
    """Yield each block's number of records and its bytes as they stand in the file."""
    reader = _Reader(pending, stream)
    number = 0
    while (count := reader.integer()) is not None:
        size = reader.integer()
        if count < 1 or count > limits.records or size is None:
            raise AlertError(f"block {number} with {count} records is damaged")
        if not 0 <= size <= limits.message_bytes:
            raise AlertError(
                f"block {number} says it has {size} bytes; the limit is {limits.message_bytes}"
            )
        data = reader.take(size)
        sync = reader.take(SYNC_LENGTH)
        if len(data) < size or sync != header.sync:
            raise AlertError(f"no sync marker behind block {number}")
        yield count, data
        number += 1
