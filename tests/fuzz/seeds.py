"""Sound messages from which hostile ones are made."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import fastavro

from fink_t2.alerts.frames import container_prefix, single_container
from fink_t2.chaos.small_alerts import SMALL_SCHEMA, small_alert

CHECKOUT = Path(__file__).resolve().parents[2]
ALERTS = CHECKOUT / "data" / "alerts"
#: Shipped packets that are taken apart; more of them would not be more varied.
SEEDS = 12


def seed_alert(points: int = 3, object_id: str = "ZTF18abcdefg") -> dict[str, Any]:
    """Return a sound alert with so many points in its history."""
    one = {"jd": 2460000.5, "fid": 1, "magpsf": 18.5, "sigmapsf": 0.1, "isdiffpos": "t"}
    history = [{**one, "jd": 2460000.5 - k, "fid": 1 + k % 2} for k in range(1, points + 1)]
    return small_alert(object_id, 1_234_567_890, one, history)


def container(alerts: list[dict[str, Any]], codec: str = "null") -> bytes:
    """Return a container of `SMALL_SCHEMA` as fastavro writes it."""
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(SMALL_SCHEMA), alerts, codec=codec)
    return out.getvalue()


@cache
def shipped_packets() -> tuple[bytes, ...]:
    """Return a few of the shipped ZTF messages."""
    return tuple(path.read_bytes() for path in sorted(ALERTS.glob("*.avro"))[:SEEDS])


@cache
def packets() -> tuple[bytes, ...]:
    """Return sound ZTF messages: shipped ones, and small ones of each form."""
    small = [
        container([seed_alert()]),
        container([seed_alert(0)]),
        container([seed_alert(60)], "deflate"),
        container([seed_alert(), seed_alert(5), seed_alert(1)]),
        container([seed_alert(2), seed_alert(2)], "deflate"),
    ]
    return (*shipped_packets(), *small)


def schema_json() -> str:
    """Return `SMALL_SCHEMA` as text."""
    return json.dumps(SMALL_SCHEMA)


def real_packets(shared: Path) -> Iterator[bytes]:
    """Return real ZTF messages of the reference data, of schemas 3.x and 4.x."""
    for folder in ("ztf_v3", "ztf_v4", "ztf_sequence"):
        for path in sorted((shared / "data" / "alerts" / folder).glob("*.avro"))[:6]:
            yield path.read_bytes()


def framed_small(data: bytes) -> bytes:
    """Return a record, sound or not, in the very frame that `container` gives a sound one.

    A job that has met the frame hands the record straight to the JVM.
    """
    return single_container(container_prefix(schema_json()), data)
