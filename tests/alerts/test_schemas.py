"""Schemas from outside: brought into one form without changing what the data say, or refused."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import fastavro
import pytest

from fink_t2.alerts.frames import read_blocks, read_container_header
from fink_t2.alerts.limits import Limits
from fink_t2.alerts.schemas import (
    fit,
    lenient,
    parse_schema,
    schema_name,
    with_newer_names,
    without_fields,
)
from fink_t2.alerts.wanted_fields import full_schema
from fink_t2.errors import AlertError
from fink_t2.surveys import ZTF
from tests.conftest import CHECKOUT


def record(*fields: tuple[str, Any], name: str = "alert") -> dict[str, Any]:
    named = [{"name": field, "type": kind} for field, kind in fields]
    return {"type": "record", "name": name, "fields": named}


def packets(*folders: Path) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.glob("*.avro"))]


def check_packet(path: Path) -> None:
    """The canonical schema reads what the original does; the reader schema the same fields."""
    message = path.read_bytes()
    header = read_container_header(message)
    ((_, data),) = read_blocks(message, header)
    (expected,) = fastavro.reader(io.BytesIO(message))
    canonical = parse_schema(header.schema_text)
    assert fastavro.schemaless_reader(io.BytesIO(data), canonical, None) == expected
    fitted = fit(canonical, full_schema(ZTF))
    assert not fitted.unreadable
    found = fastavro.schemaless_reader(io.BytesIO(data), fitted.schema, full_schema(ZTF))
    assert has_all_of(found, expected)


def has_all_of(found: Any, expected: Any) -> bool:
    """Whether the one has all fields of the other; it may have more, which are None."""
    if isinstance(expected, dict):
        more = {key for key, value in found.items() if value is not None} - expected.keys()
        return not more and all(has_all_of(found[key], value) for key, value in expected.items())
    if isinstance(expected, list):
        return all(has_all_of(a, b) for a, b in zip(found, expected, strict=True))
    return bool(found == expected)


def test_our_packets_keep_their_meaning() -> None:
    for path in packets(CHECKOUT / "data" / "alerts")[::30]:
        check_packet(path)


def test_real_packets_keep_their_meaning(shared: Path) -> None:
    alerts = shared / "data" / "alerts"
    for path in packets(alerts / "ztf_v3", alerts / "ztf_v4", alerts / "ztf_sequence"):
        check_packet(path)


def test_named_types_are_written_out_by_their_names_and_namespaces() -> None:
    schema = {
        "type": "record",
        "name": "survey.v7.alert",
        "fields": [
            {"name": "now", "type": record(("x", "int"), name="point")},
            {"name": "before", "type": ["null", {"type": "array", "items": "survey.v7.point"}]},
            {"name": "again", "type": "point", "doc": "in the same namespace", "default": None},
            {"name": "when", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        ],
    }
    canonical = parse_schema(json.dumps(schema))
    value = {"now": {"x": 1}, "before": [{"x": 2}, {"x": 3}], "again": {"x": 4}, "when": 5}
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(canonical), value)
    assert fastavro.schemaless_reader(io.BytesIO(out.getvalue()), canonical, None) == value
    names = [f["type"] for f in canonical["fields"]]
    assert names[2]["namespace"] == "alert"
    assert names[2]["name"] == "again"
    assert names[3] == "long"


def doubling(depth: int) -> str:
    """Each of its types holds the one before twice: 2^depth fields once written out."""
    kind: Any = record(("x", "int"), name="t0")
    fields: list[tuple[str, Any]] = [("f0", kind)]
    for k in range(1, depth):
        pair = record(("a", f"t{k - 1}"), ("b", f"t{k - 1}"), name=f"t{k}")
        fields.append((f"f{k}", pair))
    return json.dumps(record(*fields))


def nested(depth: int) -> str:
    kind: Any = "int"
    for k in range(depth):
        kind = record(("x", kind), name=f"t{k}")
    return json.dumps(kind)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "deeper|not JSON"),
        ('"int"', "not a schema of a record"),
        ("17", "has no type"),
        (json.dumps(record(("x", "what"))), "unknown type 'what'"),
        (json.dumps(record(("x", ["null", "alert"]))), "refers to itself"),
        (json.dumps(record(("x", {"type": "array", "items": "null"}))), "have no bytes"),
        (
            json.dumps(record(("x", {"type": "array", "items": record(name="empty")}))),
            "have no bytes",
        ),
        (
            json.dumps(
                record(("x", {"type": "array", "items": {"type": "fixed", "name": "f", "size": 0}}))
            ),
            "have no bytes",
        ),
        (json.dumps(record(("x", {"type": "fixed", "name": "f", "size": 2**31}))), "fixed of size"),
        (json.dumps(record(("x", {"type": "enum", "name": "e", "symbols": []}))), "no valid sym"),
        (json.dumps(record(("x", []))), "empty union"),
        (json.dumps(record(("x", ["int", "int"]))), "the same type twice"),
        (json.dumps(record(("x", [["int"]]))), "union within a union"),
        (json.dumps(record(("x", "int"), ("x", "int"))), "two fields of the same name"),
        (json.dumps(record(("a.b", "int"))), "without a valid name"),
        (json.dumps({"type": "record", "fields": []}), "no name"),
        (json.dumps({"type": "record", "name": "r"}), "no fields"),
        (doubling(40), "more than 500 fields"),
        (nested(60), "nested deeper"),
        (json.dumps(record(("x", "int"))) + " " * 20_000, "longer than 20000"),
    ],
)
def test_unsound_schemas_are_refused(text: str, reason: str) -> None:
    limits = Limits(schema_nodes=500, schema_bytes=20_000)
    if text.startswith("[["):
        limits = Limits()
    with pytest.raises(AlertError, match=reason):
        parse_schema(text, limits)


def read_with(writer: dict[str, Any], reader: dict[str, Any], value: dict[str, Any]) -> Any:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(json.dumps(writer))), value)
    fitted = fit(parse_schema(json.dumps(writer)), lenient(parse_schema(json.dumps(reader))))
    found = fastavro.schemaless_reader(
        io.BytesIO(out.getvalue()), fitted.schema, lenient(parse_schema(json.dumps(reader)))
    )
    return found, fitted


def test_older_and_newer_writers_fit_one_reader() -> None:
    reader = record(("id", "long"), ("mag", ["null", "float"]), ("history", ["null", "string"]))
    older, fitted = read_with(record(("id", "int")), reader, {"id": 3})
    assert older == {"id": 3, "mag": None, "history": None}
    assert fitted.readable == {"id"}
    newer, fitted = read_with(
        record(("more", "string"), ("id", "long"), ("mag", ["float", "null"])),
        reader,
        {"more": "?", "id": 3, "mag": 18.5},
    )
    assert newer == {"id": 3, "mag": 18.5, "history": None}
    assert fitted.skipped == ["more"]


def test_a_field_of_another_type_is_null_and_named() -> None:
    reader = record(("id", "long"), ("point", record(("x", "float"), ("y", "float"), name="p")))
    writer = record(("id", "long"), ("point", record(("x", "string"), ("y", "float"), name="p")))
    found, fitted = read_with(writer, reader, {"id": 3, "point": {"x": "far", "y": 2.0}})
    assert found == {"id": 3, "point": {"x": None, "y": 2.0}}
    assert fitted.unreadable == ["point.x"]
    assert fitted.readable == {"id", "point", "point.y"}


def test_array_items_and_map_values_that_differ_are_not_read() -> None:
    reader = record(
        ("a", {"type": "array", "items": "float"}), ("m", {"type": "map", "values": "int"})
    )
    writer = record(
        ("a", {"type": "array", "items": "string"}), ("m", {"type": "map", "values": "string"})
    )
    found, fitted = read_with(writer, reader, {"a": ["x"], "m": {"k": "v"}})
    assert found == {"a": None, "m": None}
    assert fitted.unreadable == ["a", "m"]


def test_nullable_items_of_arrays_are_read() -> None:
    """Spark writes arrays so, and with it Fink."""
    point = record(("x", "int"), name="p")
    reader = record(("history", {"type": "array", "items": point}))
    writer = record(("history", ["null", {"type": "array", "items": [point, "null"]}]))
    found, _ = read_with(writer, reader, {"history": [{"x": 1}, None, {"x": 2}]})
    assert found == {"history": [{"x": 1}, None, {"x": 2}]}


def test_newer_names() -> None:
    old = parse_schema(json.dumps(record(("alertId", "long"), ("x", "int"))))
    new = with_newer_names(old, {"alertId": "diaSourceId"})
    assert [f["name"] for f in new["fields"]] == ["diaSourceId", "x"]
    both = parse_schema(json.dumps(record(("alertId", "long"), ("diaSourceId", "long"))))
    assert with_newer_names(both, {"alertId": "diaSourceId"}) == both


def test_the_full_reader_schema_takes_nothing_for_granted() -> None:
    schema = full_schema(ZTF)
    names = [f["name"] for f in schema["fields"]]
    assert set(names) > set(ZTF.cutouts)
    assert all(f["type"][0] == "null" and f["default"] is None for f in schema["fields"])
    left = [f["name"] for f in without_fields(schema, frozenset(ZTF.cutouts))["fields"]]
    assert left == [name for name in names if name not in ZTF.cutouts]


def test_names_for_people() -> None:
    assert schema_name('{"namespace": "ztf", "name": "alert", "version": "3.3"}') == "ztf.alert 3.3"
    for text in ("[]", "{", "{}", "[" * 100_000):
        assert schema_name(text) == "?"
