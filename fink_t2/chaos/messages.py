"""Messages whose fate can be followed: small ZTF alerts, each with a candid of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, Final

import fastavro

from fink_t2.alerts.frames import container_prefix, single_container

POINT: Final = [
    {"name": "jd", "type": "double"},
    {"name": "fid", "type": "int"},
    {"name": "magpsf", "type": ["null", "float"]},
    {"name": "sigmapsf", "type": ["null", "float"]},
    {"name": "isdiffpos", "type": ["null", "string"]},
]
SCHEMA: Final[dict[str, Any]] = {
    "type": "record",
    "name": "alert",
    "namespace": "ztf",
    "fields": [
        {"name": "schemavsn", "type": "string"},
        {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {"name": "candidate", "type": {"type": "record", "name": "c", "fields": POINT}},
        {
            "name": "prv_candidates",
            "type": {"type": "array", "items": {"type": "record", "name": "p", "fields": POINT}},
        },
    ],
}
PREFIX: Final = container_prefix(json.dumps(SCHEMA))
#: One message in so many can't be read.
BROKEN_ONE_IN: Final = 20
#: One alert in so many has a history too short to be classified.
SHORT_ONE_IN: Final = 7
FIRST_NIGHT: Final = 2460000.5
NIGHTS: Final = 3


def messages(first: int, count: int) -> Iterator[tuple[bytes, bool]]:
    """Yield messages number ``first`` and on, and whether each can be read."""
    parsed = fastavro.parse_schema(SCHEMA)
    for number in range(first, first + count):
        if number % BROKEN_ONE_IN == BROKEN_ONE_IN - 1:
            yield b"no alert " + str(number).encode(), False
            continue
        out = io.BytesIO()
        fastavro.schemaless_writer(out, parsed, alert(number))
        yield single_container(PREFIX, out.getvalue()), True


def alert(number: int) -> dict[str, Any]:
    """Return an alert with a rising light curve; ``number`` is its candid."""
    points = 1 if number % SHORT_ONE_IN == 0 else 8
    now = FIRST_NIGHT + number % NIGHTS + 0.3
    history = [
        {
            "jd": now - k,
            "fid": 1 + k % 2,
            "magpsf": 18.0 + 0.1 * k + 0.001 * (number % 100),
            "sigmapsf": 0.05,
            "isdiffpos": "t",
        }
        for k in range(points)
    ]
    return {
        "schemavsn": "4.02",
        "objectId": f"ZTF26chaos{number % 500}",
        "candid": number,
        "candidate": history[0],
        "prv_candidates": history[1:],
    }
