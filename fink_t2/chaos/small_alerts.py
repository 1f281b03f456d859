"""Small alerts with the types of ZTF's: records, arrays, nullable fields, a few hundred bytes."""

from __future__ import annotations

import io
from typing import Any, Final

import fastavro

POINT_FIELDS: Final = [
    {"name": "jd", "type": "double"},
    {"name": "fid", "type": "int"},
    {"name": "magpsf", "type": ["null", "float"]},
    {"name": "sigmapsf", "type": ["null", "float"]},
    {"name": "isdiffpos", "type": ["null", "string"]},
]
SMALL_SCHEMA: Final[dict[str, Any]] = {
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


def small_alert(
    object_id: str, candid: int, candidate: dict[str, Any], history: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return an alert of `SMALL_SCHEMA`.

    Parameters
    ----------
    object_id : str
        Identifier of the object.
    candid : int
        Identifier of the alert.
    candidate : dict
        The newest point: jd, fid, magpsf, sigmapsf, isdiffpos.
    history : list of dict
        The earlier points.
    """
    return {
        "schemavsn": "4.02",
        "objectId": object_id,
        "candid": candid,
        "candidate": candidate,
        "prv_candidates": history,
        "cutoutScience": b"\x1f\x8b" + bytes(40),
    }


def datum(alert: dict[str, Any], schema: dict[str, Any] | None = None) -> bytes:
    """Return an alert in Avro's binary encoding, without schema.

    Parameters
    ----------
    alert : dict
        See `small_alert`.
    schema : dict, optional
        Schema to encode it with; default `SMALL_SCHEMA`.
    """
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema or SMALL_SCHEMA, alert)
    return out.getvalue()
