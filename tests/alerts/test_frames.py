"""Frames of messages: what fastavro writes is read, what is damaged has a reason."""

from __future__ import annotations

import io
import zlib
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_t2.alerts.frames import (
    check_frame,
    container_prefix,
    read_blocks,
    read_container_header,
    read_integer,
    read_schema_id,
    single_container,
    write_integer,
)
from fink_t2.alerts.limits import Limits
from fink_t2.errors import AlertError

SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "thing",
    "fields": [{"name": "word", "type": "string"}],
}
TEXT = '{"type": "record", "name": "thing", "fields": [{"name": "word", "type": "string"}]}'


def container(words: list[str], codec: str = "null", **options: Any) -> bytes:
    out = io.BytesIO()
    fastavro.writer(out, SCHEMA, [{"word": word} for word in words], codec=codec, **options)
    return out.getvalue()


def datum(word: str) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, SCHEMA, {"word": word})
    return out.getvalue()


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_read_as_fastavro_writes_them(value: int) -> None:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, "long", value)
    assert read_integer(out.getvalue() + b"more", 0) == (value, len(out.getvalue()))
    if value >= 0:
        assert write_integer(value) == out.getvalue()


@pytest.mark.parametrize("codec", ["null", "deflate"])
@given(st.lists(st.text(max_size=40), min_size=1, max_size=30))
def test_blocks_are_read_as_fastavro_writes_them(codec: str, words: list[str]) -> None:
    message = container(words, codec, sync_interval=40)  # several blocks
    header = read_container_header(message)
    blocks = list(read_blocks(message, header))
    assert sum(count for count, _ in blocks) == len(words)
    assert b"".join(data for _, data in blocks) == b"".join(map(datum, words))


@given(st.text(max_size=2000))
def test_fastavro_reads_a_container_of_ours(word: str) -> None:
    message = single_container(container_prefix(TEXT), datum(word))
    assert list(fastavro.reader(io.BytesIO(message))) == [{"word": word}]
    assert read_container_header(message).prefix == container_prefix(TEXT)


def test_a_map_in_sized_blocks_is_read() -> None:
    """Avro allows the metadata map to come in parts, each with its size in bytes in front."""
    parts = b""
    for key, value in (("avro.schema", TEXT), ("avro.codec", "null")):
        pair = b"".join(write_integer(len(p)) + p for p in (key.encode(), value.encode()))
        minus_one = b"\x01"
        parts += minus_one + write_integer(len(pair)) + pair
    message = b"Obj\x01" + parts + b"\x00" + bytes(16)
    assert read_container_header(message).schema_text == TEXT


GOOD = container(["a word"])
AT_BLOCK = read_container_header(GOOD).length
PREFIX = container_prefix(TEXT)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (None, "empty message"),
        (b"", "empty message"),
        (b"\x1f\x8b\x08\x00", "begins with bytes 1f 8b 08 00"),
        (GOOD * 40, "longer than the limit of 2000"),
    ],
)
def test_no_frame(message: bytes | None, reason: str) -> None:
    with pytest.raises(AlertError, match=reason):
        check_frame(message, Limits(message_bytes=2000))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (GOOD[:3], "not an Avro container"),
        (GOOD[:4], "ends within a number"),
        (GOOD[:60], "announces"),
        (GOOD[: AT_BLOCK - 4], "ends within the container's header"),
        (b"Obj\x01" + b"\xff" * 10, "more than 64 bits"),
        (b"Obj\x01" + write_integer(2**60), "entries"),
        (b"Obj\x01\x02" + write_integer(2**60), "announces 1152921504606846976 bytes"),
        (b"Obj\x01\x00" + bytes(16), "without a schema"),
        (PREFIX.replace(b"null", b"lzip") + bytes(16), "codec 'lzip' is not supported"),
        (PREFIX.replace(b"thing", b"th\xffng") + bytes(16), "not UTF-8"),
        (container_prefix(" " * 5000) + bytes(16), "schema of 5000 bytes"),
    ],
)
def test_damaged_headers(message: bytes, reason: str) -> None:
    with pytest.raises(AlertError, match=reason):
        read_container_header(message, Limits(schema_bytes=4000))


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (GOOD[:AT_BLOCK], "without a record"),
        (GOOD[:-20], "announces"),
        (GOOD[:-1], "no sync marker"),
        (GOOD[:-1] + b"?", "no sync marker"),
        (GOOD + b"\x02", "ends within a number"),
        (GOOD[:AT_BLOCK] + b"\x00\x00" + GOOD[-16:], "block with 0 records"),
        (GOOD[:AT_BLOCK] + write_integer(2**62) + b"\x00", "the limit is 100"),
        (GOOD[:AT_BLOCK] + b"\x02" + write_integer(2**60), "announces"),
        (GOOD[:AT_BLOCK] + b"\x02\x01", "announces -1 bytes"),
    ],
)
def test_damaged_blocks(message: bytes, reason: str) -> None:
    header = read_container_header(message)
    with pytest.raises(AlertError, match=reason):
        list(read_blocks(message, header, Limits(records=100)))


def deflated(data: bytes) -> bytes:
    header = read_container_header(container(["a"], "deflate"))
    machine = zlib.compressobj(wbits=-15)
    block = machine.compress(data) + machine.flush()
    return header.prefix + header.sync + b"\x02" + write_integer(len(block)) + block + header.sync


def test_a_bomb_is_not_inflated() -> None:
    bomb = deflated(bytes(50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(AlertError, match="more than the limit of 1000000"):
        list(read_blocks(bomb, read_container_header(bomb), Limits(record_bytes=1_000_000)))


def test_a_damaged_compressed_block_has_a_reason() -> None:
    header = read_container_header(deflated(b"words"))
    for block, reason in ((b"\xff\xff\xff", "can't be decompressed"), (b"\x4b", "cut short")):
        message = header.prefix + header.sync + b"\x02" + write_integer(len(block))
        message += block + header.sync
        with pytest.raises(AlertError, match=reason):
            list(read_blocks(message, header))


def test_schema_ids() -> None:
    assert read_schema_id(b"\x00\x00\x00\x02\xbf1234") == 703
    with pytest.raises(AlertError, match="ends within its schema id"):
        read_schema_id(b"\x00\x00\x00")
