"""The fields of an alert that classification needs, as reader schemas and as lists.

Names and types are those of the surveys' public schemas: ZTF alert packets 3.0 to 4.02, and
Rubin's alert packets 7 to 11.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

from fink_t2.alerts.schemas import Schema, lenient, parse_schema

#: Large, and never looked at here.
CUTOUTS: Final = frozenset({"cutoutScience", "cutoutTemplate", "cutoutDifference"})

_ZTF_POINT = {
    "jd": "double",
    "fid": "int",
    "magpsf": "float",
    "sigmapsf": "float",
    "isdiffpos": "string",
}
_ZTF_FORCED = {
    "jd": "double",
    "fid": "int",
    "forcediffimflux": "float",
    "forcediffimfluxunc": "float",
    "magzpsci": "float",
}
_LSST_POINT = {
    "midpointMjdTai": "double",
    "band": "string",
    "psfFlux": "float",
    "psfFluxErr": "float",
}

#: A nested dict is a record, a dict within a list an array of records.
WANTED: Final[dict[str, dict[str, Any]]] = {
    "ztf": {
        "schemavsn": "string",
        "objectId": "string",
        "candid": "long",
        "candidate": {**_ZTF_POINT, "jdstarthist": "double"},
        "prv_candidates": [_ZTF_POINT],
        "fp_hists": [_ZTF_FORCED],
        "roid": "int",
        "cdsxmatch": "string",
    },
    "lsst": {
        "diaSourceId": "long",
        "diaSource": {
            "diaSourceId": "long",
            "diaObjectId": "long",
            "ssObjectId": "long",
            **_LSST_POINT,
        },
        "prvDiaSources": [_LSST_POINT],
        "prvDiaForcedSources": [_LSST_POINT],
        "diaObject": {"diaObjectId": "long", "firstDiaSourceMjdTai": "double"},
        "cdsxmatch": "string",
    },
}

#: What fields of older schemas are called now: Rubin's alert has had the id of its source always.
NEWER_NAMES: Final[dict[str, dict[str, str]]] = {"ztf": {}, "lsst": {"alertId": "diaSourceId"}}

#: Without these an object is no alert of the survey, whatever else it has.
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "ztf": (
        "objectId",
        "candid",
        "candidate.jd",
        "candidate.fid",
        "candidate.magpsf",
        "candidate.sigmapsf",
    ),
    "lsst": (
        "diaSource.diaSourceId",
        "diaSource.midpointMjdTai",
        "diaSource.band",
        "diaSource.psfFlux",
        "diaSource.psfFluxErr",
    ),
}


@cache
def wanted_schema(survey: str) -> Schema:
    """Return the reader schema of just the needed fields, every one nullable."""
    return lenient(_record(WANTED[survey], "alert"))


@cache
def full_ztf_schema() -> Schema:
    """Return the reader schema of whole ZTF alerts: version 4.02, every field nullable."""
    text = files("fink_t2.surveys").joinpath("schemas/ztf_4.02.avsc").read_text()
    return lenient(parse_schema(text))


def _record(fields: dict[str, Any], place: str) -> Schema:
    namespace, _, name = place.rpartition(".")
    made = []
    for field_name, kind in fields.items():
        inner = f"{place}.{field_name}"
        if isinstance(kind, list):
            its_type: Schema = {"type": "array", "items": _record(kind[0], inner)}
        else:
            its_type = _record(kind, inner) if isinstance(kind, dict) else kind
        made.append({"name": field_name, "type": its_type})
    named = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"type": "record", **named, "fields": made}
