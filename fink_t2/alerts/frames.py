"""The frame of a message: an Avro object container, or Confluent's wire format.

ZTF sends containers (Avro 1.11 specification, "Object Container Files"): magic bytes, a map of
metadata with schema and codec, a sync marker of 16 bytes, and blocks of (count, size, records,
marker). Rubin sends Confluent's wire format: a zero byte, the schema id as 4 bytes in big-endian
order, and a record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from fink_t2.alerts.codecs import CODECS, decompress
from fink_t2.alerts.limits import DEFAULT_LIMITS, Limits
from fink_t2.errors import AlertError

CONTAINER_MAGIC = b"Obj\x01"
SYNC_LENGTH = 16
CONFLUENT_MAGIC = b"\x00"
CONFLUENT_PREFIX_LENGTH = 5
#: Largest number of bytes of a variable-length integer of 64 bits.
LONGEST_INTEGER = 10


@dataclass(frozen=True)
class ContainerHeader:
    """The header of an Avro object container, which precedes the blocks.

    Attributes
    ----------
    prefix : bytes
        Magic bytes and metadata, which are the same in every container of one producer.
    schema_text : str
        Writer schema as JSON text.
    codec : str
        One of `fink_t2.alerts.codecs.CODECS`.
    sync : bytes
        The marker that ends every block.
    """

    prefix: bytes
    schema_text: str
    codec: str
    sync: bytes

    @property
    def length(self) -> int:
        """Offset of the first block."""
        return len(self.prefix) + SYNC_LENGTH


def is_container(message: bytes) -> bool:
    """Return whether a message begins like an Avro object container."""
    return message[: len(CONTAINER_MAGIC)] == CONTAINER_MAGIC


def is_confluent(message: bytes) -> bool:
    """Return whether a message begins like Confluent's wire format."""
    return message[:1] == CONFLUENT_MAGIC


def check_frame(message: bytes | None, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Check that a message has a known frame and is not too long, and return it.

    Parameters
    ----------
    message : bytes or None
        The message as Kafka delivered it.
    limits : Limits, optional
        Limit on its length.

    Raises
    ------
    AlertError
        If the message is empty, too long, or has neither of the two frames.
    """
    if not message:
        raise AlertError("empty message")
    if len(message) > limits.message_bytes:
        raise AlertError(
            f"message of {len(message)} bytes, longer than the limit of {limits.message_bytes}"
        )
    if not (is_container(message) or is_confluent(message)):
        raise AlertError(
            "neither an Avro container nor Confluent's wire format: "
            f"begins with bytes {message[:4].hex(' ')}"
        )
    return message


def read_integer(data: bytes, offset: int) -> tuple[int, int]:
    """Read a variable-length integer in zigzag encoding.

    Parameters
    ----------
    data : bytes
        Data that contain the integer.
    offset : int
        Position of its first byte.

    Returns
    -------
    value, offset : int
        The integer, and the position after it.

    Raises
    ------
    AlertError
        If it is incomplete or has more than 64 bits.
    """
    value = 0
    for position in range(LONGEST_INTEGER):
        if offset + position >= len(data):
            raise AlertError(f"ends within a number at byte {offset} of {len(data)}")
        byte = data[offset + position]
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return (value >> 1) ^ -(value & 1), offset + position + 1
    raise AlertError(f"the number at byte {offset} has more than 64 bits")


def write_integer(value: int) -> bytes:
    """Return a non-negative integer in Avro's variable-length zigzag encoding."""
    value <<= 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_bytes(data: bytes, offset: int, name: str) -> tuple[bytes, int]:
    length, offset = read_integer(data, offset)
    if not 0 <= length <= len(data) - offset:
        raise AlertError(
            f"{name} at byte {offset} announces {length} bytes; {len(data) - offset} are there"
        )
    return data[offset : offset + length], offset + length


def read_container_header(message: bytes, limits: Limits = DEFAULT_LIMITS) -> ContainerHeader:
    """Read magic bytes, metadata and sync marker of a container.

    Parameters
    ----------
    message : bytes
        The container.
    limits : Limits, optional
        Limit on the length of the schema.

    Raises
    ------
    AlertError
        If the header is damaged, the schema is too long, or the codec is not supported.
    """
    if not is_container(message):
        raise AlertError(f"not an Avro container: begins with bytes {message[:4].hex(' ')}")
    offset = len(CONTAINER_MAGIC)
    metadata: dict[bytes, bytes] = {}
    while True:
        count, offset = read_integer(message, offset)
        if count == 0:
            break
        if count < 0:  # a block of the map that is preceded by its size in bytes
            _, offset = read_integer(message, offset)
            count = -count
        if count > len(message) - offset:
            raise AlertError(
                f"container metadata announces {count} entries, more than the message can have"
            )
        for _ in range(count):
            key, offset = _read_bytes(message, offset, "container metadata")
            metadata[key], offset = _read_bytes(message, offset, "container metadata")
    sync = message[offset : offset + SYNC_LENGTH]
    if len(sync) < SYNC_LENGTH:
        raise AlertError(f"ends within the container's header, at byte {len(message)}")
    codec = metadata.get(b"avro.codec", b"null").decode("ascii", "replace")
    if codec not in CODECS:
        raise AlertError(f"codec {codec!r} is not supported; those that are: {', '.join(CODECS)}")
    text = metadata.get(b"avro.schema")
    if text is None:
        raise AlertError("container without a schema")
    if len(text) > limits.schema_bytes:
        raise AlertError(
            f"schema of {len(text)} bytes, longer than the limit of {limits.schema_bytes}"
        )
    try:
        schema_text = text.decode()
    except UnicodeDecodeError as error:
        raise AlertError(f"the container's schema is not UTF-8 ({error.reason})") from None
    return ContainerHeader(message[:offset], schema_text, codec, sync)


def read_blocks(
    message: bytes, header: ContainerHeader, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[int, bytes]]:
    """Read and decompress the blocks of a container.

    Parameters
    ----------
    message : bytes
        The container.
    header : ContainerHeader
        Its header, from `read_container_header`.
    limits : Limits, optional
        Limits on the number of records and on the size of a decompressed block.

    Yields
    ------
    count : int
        Number of records in the block.
    data : bytes
        The decompressed records, concatenated.

    Raises
    ------
    AlertError
        If a block is cut short, does not end with the sync marker, or exceeds a limit.
    """
    offset, records = header.length, 0
    while offset < len(message):
        count, offset = read_integer(message, offset)
        records += count
        if count < 1 or records > limits.records:
            raise AlertError(f"block with {count} records; the limit is {limits.records}")
        data, offset = _read_bytes(message, offset, "block")
        if message[offset : offset + SYNC_LENGTH] != header.sync:
            raise AlertError(f"no sync marker after the block, at byte {offset}")
        offset += SYNC_LENGTH
        yield count, decompress(header.codec, data, limits.record_bytes)
    if records == 0:
        raise AlertError("container without a record")


def container_prefix(schema_text: str) -> bytes:
    """Return magic bytes and metadata of an uncompressed container with the given schema."""
    metadata = b""
    for key, value in (("avro.schema", schema_text), ("avro.codec", "null")):
        metadata += b"".join(
            write_integer(len(part)) + part for part in (key.encode(), value.encode())
        )
    return CONTAINER_MAGIC + write_integer(2) + metadata + write_integer(0)


def single_container(prefix: bytes, datum: bytes) -> bytes:
    """Return an uncompressed container with one record.

    Parameters
    ----------
    prefix : bytes
        Magic bytes and metadata, from `container_prefix`.
    datum : bytes
        The record in Avro's binary encoding.
    """
    sync = hashlib.sha256(prefix).digest()[:SYNC_LENGTH]
    return b"".join((prefix, sync, write_integer(1), write_integer(len(datum)), datum, sync))


def read_schema_id(message: bytes) -> int:
    """Return the schema id of a message in Confluent's wire format.

    Raises
    ------
    AlertError
        If the message ends before the end of the schema id.
    """
    if len(message) < CONFLUENT_PREFIX_LENGTH:
        raise AlertError(f"message of {len(message)} bytes ends within its schema id")
    return int.from_bytes(message[1:CONFLUENT_PREFIX_LENGTH], "big")


def message_prefix(message: bytes, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the first bytes of a message, which identify its writer schema.

    Parameters
    ----------
    message : bytes
        A message in Confluent's wire format or an Avro container.
    limits : Limits, optional
        Bounds on the size of a container's header.

    Returns
    -------
    bytes
        Magic bytes and metadata of a container, or the zero byte and schema id of Confluent's
        wire format: all that is the same in every message that one producer writes.

    Raises
    ------
    AlertError
        If the frame is damaged.
    """
    if message.startswith(CONFLUENT_MAGIC):
        read_schema_id(message)
        return message[:CONFLUENT_PREFIX_LENGTH]
    return read_container_header(message, limits).prefix
