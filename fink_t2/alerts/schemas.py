"""Avro schemas: checked, written out in one canonical form, and fitted to one reader schema.

Schemas of alerts come from outside, as part of the message. They are taken apart here, on the
driver, once each; what the JVM gets is written anew from the parts, so that it can't refuse it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fink_t2.alerts.limits import DEFAULT_LIMITS, Limits
from fink_t2.errors import AlertError

Schema = Any  # JSON: str, list or dict

PRIMITIVES = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
#: What a reader makes of a writer's type (Avro 1.11 specification, "Schema Resolution").
PROMOTIONS = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,200}")
LARGEST_FIXED = 65536


def parse_schema(text: str, limits: Limits = DEFAULT_LIMITS) -> Schema:
    """Read a schema and bring it into canonical form.

    Named types are written out where they are used, each record named for its place;
    comments, defaults, aliases and logical types are left out, since they do not change how
    data are encoded.

    Parameters
    ----------
    text : str
        JSON text of a record schema.
    limits : Limits
        Bounds on its size.

    Returns
    -------
    dict
        The canonical schema.

    Raises
    ------
    AlertError
        If it is no valid record schema, refers to itself, is larger than the limits, or holds
        arrays whose items take no bytes (their declared length would not be bounded by data).
    """
    if len(text) > limits.schema_bytes:
        raise AlertError(f"schema of {len(text)} characters, longer than {limits.schema_bytes}")
    try:
        raw = json.loads(text)
        schema, _ = _Canonical(limits).of(raw, "alert", "", ())
    except RecursionError:
        raise AlertError(f"schema nested deeper than {limits.schema_depth}") from None
    except ValueError as error:
        raise AlertError(f"schema is not JSON ({error})") from None
    if not (isinstance(schema, dict) and schema["type"] == "record"):
        raise AlertError("schema is not that of a record")
    return schema


def schema_name(text: str) -> str:
    """Return name and version of a schema as they help a person, "?" where it has none."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return "?"
    if not isinstance(raw, dict):
        return "?"
    parts = (raw.get("namespace"), raw.get("name"))
    name = ".".join(str(part)[:60] for part in parts if part) or "?"
    return f"{name} {str(raw['version'])[:20]}" if "version" in raw else name


class _Canonical:
    """Writes a schema out anew, counting as it goes."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.nodes = 0
        self.definitions: dict[str, tuple[dict[str, Any], str]] = {}

    def of(
        self, raw: Schema, place: str, namespace: str, around: tuple[str, ...]
    ) -> tuple[Schema, bool]:
        """Return the canonical schema, and whether a value of it may take no bytes at all."""
        self.nodes += 1
        if self.nodes > self.limits.schema_nodes:
            raise AlertError(f"schema with more than {self.limits.schema_nodes} fields and types")
        if place.count(".") + len(around) > self.limits.schema_depth:
            raise AlertError(f"schema nested deeper than {self.limits.schema_depth}")
        if isinstance(raw, list):
            return self._union(raw, place, namespace, around), False
        if isinstance(raw, str):
            return self._named(raw, place, namespace, around)
        if not isinstance(raw, dict) or "type" not in raw:
            raise AlertError(f"schema: {place} has no type")
        kind = raw["type"]
        if not isinstance(kind, str):
            return self.of(kind, place, namespace, around)
        if kind == "array":
            items, is_empty = self.of(raw.get("items"), place, namespace, (*around, "[]"))
            if is_empty:
                raise AlertError(f"schema: the items of {place} take no bytes")
            return {"type": "array", "items": items}, False
        if kind == "map":
            values, _ = self.of(raw.get("values"), place, namespace, (*around, "{}"))
            return {"type": "map", "values": values}, False
        if kind in ("record", "error", "enum", "fixed"):
            return self._definition(raw, place, namespace, around)
        return self._named(kind, place, namespace, around)

    def _named(
        self, name: str, place: str, namespace: str, around: tuple[str, ...]
    ) -> tuple[Schema, bool]:
        if name in PRIMITIVES:
            return name, name == "null"
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        found = self.definitions.get(full) or self.definitions.get(name)
        if found is None:
            raise AlertError(f"schema: {place} has the unknown type {name[:80]!r}")
        definition, its_namespace = found
        return self._definition(definition, place, its_namespace, around)

    def _union(
        self, raw: list[Schema], place: str, namespace: str, around: tuple[str, ...]
    ) -> Schema:
        branches: list[Schema] = []
        for number, branch in enumerate(raw):
            if isinstance(branch, list):
                raise AlertError(f"schema: {place} is a union within a union")
            several = sum(other != "null" for other in raw) > 1
            branches.append(
                self.of(branch, f"{place}_{number}" if several else place, namespace, around)[0]
            )
        plain = [b if isinstance(b, str) else b["type"] for b in branches if _is_unnamed(b)]
        if not branches or len(set(plain)) < len(plain):
            raise AlertError(f"schema: {place} is an empty union, or has one type twice")
        return branches

    def _definition(
        self, raw: dict[str, Any], place: str, namespace: str, around: tuple[str, ...]
    ) -> tuple[Schema, bool]:
        name = raw.get("name")
        if not isinstance(name, str):
            raise AlertError(f"schema: the {raw['type']} at {place} has no name")
        if "." in name:
            namespace = name.rpartition(".")[0]
        elif isinstance(raw.get("namespace"), str):
            namespace = raw["namespace"]
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if full in around:
            raise AlertError(f"schema: {full[:80]} refers to itself")
        self.definitions.setdefault(full, (raw, namespace))
        own_namespace, _, own_name = place.rpartition(".")
        named = {"name": own_name} | ({"namespace": own_namespace} if own_namespace else {})
        if raw["type"] == "fixed":
            size = raw.get("size")
            if type(size) is not int or not 0 <= size <= LARGEST_FIXED:
                raise AlertError(f"schema: fixed of size {size!r} at {place}")
            return {"type": "fixed", **named, "size": size}, size == 0
        if raw["type"] == "enum":
            symbols = raw.get("symbols")
            if (
                not isinstance(symbols, list)
                or not symbols
                or not all(isinstance(s, str) and NAME.fullmatch(s) for s in symbols)
                or len(set(symbols)) < len(symbols)
            ):
                raise AlertError(f"schema: enum at {place} has no valid symbols")
            return {"type": "enum", **named, "symbols": symbols}, False
        fields = []
        is_empty = True
        raw_fields = raw.get("fields")
        if not isinstance(raw_fields, list):
            raise AlertError(f"schema: record at {place} has no fields")
        for raw_field in raw_fields:
            field_name = raw_field.get("name") if isinstance(raw_field, dict) else None
            if not isinstance(field_name, str) or not NAME.fullmatch(field_name):
                raise AlertError(f"schema: {place} has a field without a valid name")
            its_type, empty = self.of(
                raw_field.get("type"), f"{place}.{field_name}", namespace, (*around, full)
            )
            is_empty &= empty
            fields.append({"name": field_name, "type": its_type})
        if len({f["name"] for f in fields}) < len(fields):
            raise AlertError(f"schema: {place} has two fields of one name")
        return {"type": "record", **named, "fields": fields}, is_empty


def _is_unnamed(schema: Schema) -> bool:
    return isinstance(schema, str) or schema["type"] in ("array", "map")


def lenient(schema: Schema) -> Schema:
    """Return a reader schema whose every field is nullable and null by default.

    With it, packets of older versions, which lack fields, and of newer ones, which have more,
    become rows of one form.

    Parameters
    ----------
    schema : dict
        Canonical schema.
    """
    if isinstance(schema, list):
        others = [lenient(branch) for branch in schema if branch != "null"]
        return ["null", *others] if "null" in schema else others
    if not isinstance(schema, dict):
        return schema
    if schema["type"] == "array":
        # Spark, and so Fink's own archive, writes arrays whose items are nullable.
        return {**schema, "items": nullable(lenient(schema["items"]))}
    if schema["type"] == "map":
        return {**schema, "values": nullable(lenient(schema["values"]))}
    if schema["type"] != "record":
        return schema
    fields = [
        {"name": f["name"], "type": nullable(lenient(f["type"])), "default": None}
        for f in schema["fields"]
    ]
    return {**schema, "fields": fields}


def nullable(schema: Schema) -> Schema:
    """Return the union of null and ``schema``, null first."""
    branches = schema if isinstance(schema, list) else [schema]
    return ["null", *(branch for branch in branches if branch != "null")]


def without_fields(schema: Schema, names: frozenset[str]) -> Schema:
    """Return a record schema without some of its top-level fields."""
    return {**schema, "fields": [f for f in schema["fields"] if f["name"] not in names]}


def with_newer_names(schema: Schema, names: Mapping[str, str], place: str = "") -> Schema:
    """Return a schema with fields renamed, unless their record has the new name, too.

    Parameters
    ----------
    schema : dict
        Canonical schema of a record, or of what is in it.
    names : mapping of str to str
        Dotted name of a field to its new name within its record. Arrays and unions on the way
        add no part to a dotted name.
    place : str
        Dotted name of what the schema is of; "" for the outermost record.
    """
    if isinstance(schema, list):
        return [with_newer_names(branch, names, place) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if schema["type"] == "array":
        return {**schema, "items": with_newer_names(schema["items"], names, place)}
    if schema["type"] != "record":
        return schema
    present = {one["name"] for one in schema["fields"]}
    fields = []
    for one in schema["fields"]:
        dotted = f"{place}.{one['name']}" if place else one["name"]
        newer = names.get(dotted, one["name"])
        fields.append(
            {
                "name": one["name"] if newer in present else newer,
                "type": with_newer_names(one["type"], names, dotted),
            }
        )
    return {**schema, "fields": fields}


@dataclass
class Fitted:
    """A writer's schema, made readable with one reader schema.

    Attributes
    ----------
    schema : dict
        The writer's schema; fields that the reader has with another type are renamed, so that
        they are skipped.
    readable : set of str
        Dotted names of the fields that the reader gets.
    skipped : list of str
        Dotted names of fields that the reader does not know.
    unreadable : list of str
        Dotted names of fields whose type the reader can't take.
    """

    schema: Schema = None
    readable: set[str] = field(default_factory=set)
    skipped: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def fit(writer: Schema, reader: Schema) -> Fitted:
    """Fit a writer's schema to a reader schema.

    Parameters
    ----------
    writer : dict
        Canonical schema of the data.
    reader : dict
        Result of `lenient`.

    Raises
    ------
    AlertError
        If not even the outermost types agree.
    """
    fitted = Fitted()
    schema = _fit(writer, reader, "", fitted)
    if schema is None:
        raise AlertError("schema is not that of an alert")
    fitted.schema = schema
    return fitted


def _fit(writer: Schema, reader: Schema, place: str, fitted: Fitted) -> Schema | None:
    """Return the writer's schema as the reader can take it; None where it can't."""
    if isinstance(writer, list):
        branches = [_fit(branch, reader, place, fitted) for branch in writer]
        return None if any(branch is None for branch in branches) else branches
    if isinstance(reader, list):
        found = (_fit(writer, branch, place, fitted) for branch in reader)
        return next((schema for schema in found if schema is not None), None)
    if isinstance(writer, str):
        is_readable = writer == reader or reader in PROMOTIONS.get(writer, ())
        return writer if is_readable else None
    if isinstance(reader, str) or writer["type"] != reader["type"]:
        return None
    if writer["type"] == "array":
        items = _fit(writer["items"], reader["items"], place, fitted)
        return None if items is None else {**writer, "items": items}
    if writer["type"] == "map":
        values = _fit(writer["values"], reader["values"], place, fitted)
        return None if values is None else {**writer, "values": values}
    if writer["type"] != "record":
        return writer if writer == reader else None
    wanted = {f["name"]: f["type"] for f in reader["fields"]}
    fields = []
    for its_field in writer["fields"]:
        name, its_type = its_field["name"], its_field["type"]
        its_place = f"{place}.{name}" if place else name
        if name not in wanted:
            fitted.skipped.append(its_place)
        else:
            schema = _fit(its_type, wanted[name], its_place, fitted)
            if schema is None:
                fitted.unreadable.append(its_place)
                name = f"{name}__other_type"
            else:
                fitted.readable.add(its_place)
                its_type = schema
        fields.append({"name": name, "type": its_type})
    return {**writer, "fields": fields}
