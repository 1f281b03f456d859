"""Rubin-like alerts in schemas of our own words: the needed fields, in the form of two versions."""

from __future__ import annotations

import io
import json
from typing import Any

import fastavro

SOURCE = [
    ("diaSourceId", "long"),
    ("diaObjectId", ["null", "long"]),
    ("ssObjectId", ["null", "long"]),
    ("midpointMjdTai", "double"),
    ("band", ["null", "string"]),
    ("psfFlux", ["null", "float"]),
    ("psfFluxErr", ["null", "float"]),
]


def schema(version: int, extra: tuple[tuple[str, Any], ...] = ()) -> dict[str, Any]:
    """Return a schema; version 703 calls the id alertId and has no date of first detection."""
    namespace = f"lsst.v{version // 100}_{version % 100}"
    source = {
        "type": "record",
        "name": "diaSource",
        "fields": [{"name": name, "type": kind} for name, kind in SOURCE],
    }
    found = [("diaObjectId", "long")]
    if version >= 800:
        found.append(("firstDiaSourceMjdTai", ["null", "double"]))  # type: ignore[arg-type]
    thing = {
        "type": "record",
        "name": "diaObject",
        "fields": [{"name": name, "type": kind} for name, kind in found],
    }
    fields = [
        ("alertId" if version < 800 else "diaSourceId", "long"),
        ("diaSource", source),
        ("prvDiaSources", ["null", {"type": "array", "items": "diaSource"}]),
        ("diaObject", ["null", thing]),
        ("cutoutScience", ["null", "bytes"]),
        *extra,
    ]
    return {
        "type": "record",
        "name": "alert",
        "namespace": namespace,
        "fields": [{"name": name, "type": kind} for name, kind in fields],
    }


def alert(number: int = 1, points: int = 4, ss_object: int | None = None) -> dict[str, Any]:
    """Return an alert that fits every version."""

    def source(k: int) -> dict[str, Any]:
        return {
            "diaSourceId": 1000 * number + k,
            "diaObjectId": number,
            "ssObjectId": ss_object,
            "midpointMjdTai": 61000.0 + number - k,
            "band": "gr"[k % 2],
            "psfFlux": 1000.0 + 100.0 * k,
            "psfFluxErr": 50.0,
        }

    first = 61000.0 + number - points
    return {
        "alertId": 1000 * number,
        "diaSourceId": 1000 * number,
        "diaSource": source(0),
        "prvDiaSources": [source(k) for k in range(points, 0, -1)],
        "diaObject": {"diaObjectId": number, "firstDiaSourceMjdTai": first},
        "cutoutScience": b"SIMPLE",
    }


def framed(version: int, one: dict[str, Any]) -> bytes:
    """Return an alert in Confluent's wire format."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema(version)), one)
    return b"\x00" + version.to_bytes(4, "big") + out.getvalue()


def contained(version: int, alerts: list[dict[str, Any]]) -> bytes:
    """Return alerts in an Avro container."""
    out = io.BytesIO()
    fastavro.writer(out, fastavro.parse_schema(schema(version)), alerts)
    return out.getvalue()


def text(version: int) -> str:
    """Return a schema as JSON text."""
    return json.dumps(schema(version))
