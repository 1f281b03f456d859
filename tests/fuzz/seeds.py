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

CHECKOUT = Path(__file__).resolve().parents[2]
ALERTS = CHECKOUT / "data" / "alerts"
#: Shipped packets that are taken apart; more of them would not be more varied.
SEEDS = 12

POINT_FIELDS = [
    {"name": "jd", "type": "double"},
    {"name": "fid", "type": "int"},
    {"name": "magpsf", "type": ["null", "float"]},
    {"name": "sigmapsf", "type": ["null", "float"]},
    {"name": "isdiffpos", "type": ["null", "string"]},
]

#: The smallest schema of which every form that ZTF's has is a part.
SMALL_SCHEMA: dict[str, Any] = {
    "type": "record",
    "name": "alert",
    "namespace": "ztf",
    "version": "4.02",
    "fields": [
        {"name": "schemavsn", "type": "string"},
        {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {"name": "candidate", "type": {"type": "record", "name": "c", "fields": POINT_FIELDS}},
        {
            "name": "prv_candidates",
            "type": [
                "null",
                {
                    "type": "array",
                    "items": {"type": "record", "name": "p", "fields": POINT_FIELDS},
                },
            ],
        },
        {"name": "cutoutScience", "type": ["null", "bytes"]},
    ],
}


def small_alert(points: int = 3, object_id: str = "ZTF18abcdefg") -> dict[str, Any]:
    """Return an alert of `SMALL_SCHEMA` with so many points in its history."""
    one = {"jd": 2460000.5, "fid": 1, "magpsf": 18.5, "sigmapsf": 0.1, "isdiffpos": "t"}
    history = [{**one, "jd": 2460000.5 - k, "fid": 1 + k % 2} for k in range(1, points + 1)]
    return {
        "schemavsn": "4.02",
        "objectId": object_id,
        "candid": 1_234_567_890,
        "candidate": one,
        "prv_candidates": history,
        "cutoutScience": b"\x1f\x8b" + bytes(40),
    }


def datum(alert: dict[str, Any], schema: dict[str, Any] | None = None) -> bytes:
    """Return an alert, binary-encoded."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema or SMALL_SCHEMA, alert)
    return out.getvalue()


def container(alerts: list[dict[str, Any]], codec: str = "null") -> bytes:
    """Return a container of `SMALL_SCHEMA` as fastavro writes it."""
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(SMALL_SCHEMA), alerts, codec=codec)
    return out.getvalue()


@cache
def packets() -> tuple[bytes, ...]:
    """Return sound ZTF messages: a few shipped ones, and small ones of each form."""
    shipped = [path.read_bytes() for path in sorted(ALERTS.glob("*.avro"))[:SEEDS]]
    small = [
        container([small_alert()]),
        container([small_alert(0)]),
        container([small_alert(60)], "deflate"),
        container([small_alert(), small_alert(5), small_alert(1)]),
        container([small_alert(2), small_alert(2)], "deflate"),
    ]
    return (*shipped, *small)


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
