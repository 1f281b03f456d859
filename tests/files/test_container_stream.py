"""Containers of any size become packets of one alert each, in bounded memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fink_t2.alerts.codecs import CODECS
from fink_t2.alerts.limits import Limits
from fink_t2.errors import AlertError
from fink_t2.files.container_stream import FILE_LIMITS, container_packets
from tests.conftest import CHECKOUT

SCHEMA = {
    "type": "record",
    "name": "alert",
    "namespace": "ztf",
    "fields": [{"name": "candid", "type": "long"}, {"name": "stamp", "type": "bytes"}],
}


def container(n: int, codec: str = "null", **options: Any) -> bytes:
    buffer = io.BytesIO()
    records = [{"candid": number, "stamp": bytes([number % 256]) * 100} for number in range(n)]
    fastavro.writer(buffer, SCHEMA, records, codec=codec, **options)
    return buffer.getvalue()


def candids(content: bytes, limits: Limits = FILE_LIMITS) -> list[int]:
    """Return the candid of every packet; each packet must hold one alert."""
    result = []
    for _, packet in container_packets("night.avro", io.BytesIO(content), limits):
        [alert] = list(fastavro.reader(io.BytesIO(packet)))
        assert isinstance(alert, dict)
        assert alert["stamp"] == bytes([alert["candid"] % 256]) * 100
        result.append(alert["candid"])
    return result


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("block", [1, 2000, 1 << 20])
def test_every_alert_comes_out_once(codec: str, block: int) -> None:
    assert candids(container(57, codec, sync_interval=block)) == list(range(57))


@pytest.mark.parametrize("codec", CODECS)
def test_a_packet_of_one_alert_keeps_its_bytes(codec: str) -> None:
    content = container(1, codec)
    assert list(container_packets("a.avro", io.BytesIO(content))) == [("a.avro", content)]


def test_real_packets_keep_their_bytes() -> None:
    for path in sorted((CHECKOUT / "data" / "alerts").rglob("*.avro"))[:5]:
        content = path.read_bytes()
        with path.open("rb") as stream:
            assert list(container_packets("x", stream)) == [("x", content)]


def test_memory_is_bounded_by_a_block(tmp_path: Path) -> None:
    class Endless(io.RawIOBase):
        """A container of 200,000 alerts, made while it is read."""

        def __init__(self) -> None:
            whole = container(50, sync_interval=1 << 20)
            header = len(container(0))
            self.block = whole[header:]
            self.parts: Iterator[bytes] = iter([whole[:header], *[self.block] * 4000])
            self.rest = b""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            if not self.rest:
                self.rest = next(self.parts, b"")
            size = min(len(buffer), len(self.rest))
            buffer[:size] = self.rest[:size]
            self.rest = self.rest[size:]
            return size

    tracemalloc.start()
    number = 0
    for _, packet in container_packets("endless.avro", io.BufferedReader(Endless())):
        number += len(packet) > 0
        if number == 2000:
            tracemalloc.reset_peak()
        if number == 20_000:
            break
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()


def test_damage_is_reported_after_the_alerts_before_it() -> None:
    content = container(10, sync_interval=1)
    damaged = content[:-5]
    packets = container_packets("night.avro", io.BytesIO(damaged))
    assert [next(packets)[0] for _ in range(9)] == [f"night.avro record {k}" for k in range(9)]
    with pytest.raises(AlertError, match="no sync marker behind block 9"):
        next(packets)


def test_damage_behind_the_first_alert_does_not_lose_it() -> None:
    content = container(2, sync_interval=1)
    packets = container_packets("night.avro", io.BytesIO(content[:-5]))
    assert next(packets)[0] == "night.avro record 0"
    with pytest.raises(AlertError):
        next(packets)


def test_a_block_that_claims_too_much_is_refused() -> None:
    content = container(3)
    header = len(container(0))
    hostile = content[:header] + b"\x06" + b"\xfe\xff\xff\xff\xff\xff\xff\x7f" + bytes(100)
    with pytest.raises(AlertError, match="says it has"):
        candids(hostile)


def test_an_empty_container_is_refused() -> None:
    with pytest.raises(AlertError, match="without a record"):
        candids(container(0))


@given(at=st.integers(0, 3000), byte=st.integers(0, 255), cut=st.integers(1, 3000))
def test_damaged_containers_raise_nothing_but_alert_errors(at: int, byte: int, cut: int) -> None:
    content = bytearray(container(12, "deflate", sync_interval=300))
    content[at % len(content)] = byte
    try:
        for _, packet in container_packets("x", io.BytesIO(bytes(content[:cut]))):
            assert packet
    except AlertError as error:
        assert str(error)  # noqa: PT017
