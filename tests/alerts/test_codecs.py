"""Every codec of Avro's specification is read, and none lets a block grow without a bound."""

from __future__ import annotations

import io
from contextlib import suppress

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_t2.alerts.codecs import CODECS, decompress
from fink_t2.alerts.frames import read_blocks, read_container_header
from fink_t2.errors import AlertError

SCHEMA = {
    "type": "record",
    "name": "blob",
    "fields": [{"name": "content", "type": "bytes"}],
}
LIMIT = 100_000


def block(codec: str, content: bytes) -> bytes:
    """Return a compressed block as fastavro writes it."""
    buffer = io.BytesIO()
    fastavro.writer(buffer, SCHEMA, [{"content": content}], codec=codec)
    container = buffer.getvalue()
    header = read_container_header(container)
    fastavro_blocks = list(fastavro.block_reader(io.BytesIO(container)))
    assert len(fastavro_blocks) == 1
    size_at = container.index(header.sync, len(header.prefix)) + len(header.sync)
    body = container[size_at : -len(header.sync)]
    offset = 0
    for _ in range(2):  # count and size
        while body[offset] & 0x80:
            offset += 1
        offset += 1
    return body[offset:]


@pytest.mark.parametrize("codec", CODECS)
def test_records_of_every_codec_are_read(codec: str) -> None:
    buffer = io.BytesIO()
    records = [{"content": bytes([number]) * 5000} for number in range(3)]
    fastavro.writer(buffer, SCHEMA, records, codec=codec)
    container = buffer.getvalue()
    header = read_container_header(container)
    assert header.codec == codec
    [(count, data)] = list(read_blocks(container, header))
    assert count == 3
    expected = io.BytesIO()
    for record in records:
        fastavro.schemaless_writer(expected, SCHEMA, record)
    assert data == expected.getvalue()


@pytest.mark.parametrize("codec", CODECS[1:])
def test_a_block_that_grows_beyond_the_limit_is_refused(codec: str) -> None:
    small = block(codec, bytes(LIMIT - 10))
    assert len(decompress(codec, small, LIMIT)) <= LIMIT
    with pytest.raises(AlertError, match="more than the limit"):
        decompress(codec, block(codec, bytes(LIMIT)), LIMIT)


@pytest.mark.parametrize("codec", CODECS[1:])
def test_a_block_that_is_cut_short_is_refused(codec: str) -> None:
    whole = block(codec, bytes(range(256)) * 8)
    for length in (0, 1, len(whole) // 2, len(whole) - 8):
        with pytest.raises(AlertError, match=codec):
            decompress(codec, whole[:length], LIMIT)


@given(codec=st.sampled_from(CODECS[1:]), data=st.binary(max_size=200))
def test_random_bytes_raise_nothing_but_alert_errors(codec: str, data: bytes) -> None:
    with suppress(AlertError):
        assert len(decompress(codec, data, LIMIT)) <= LIMIT
