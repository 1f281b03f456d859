"""Avro schemas: validation, a canonical form, and conversion to a reader schema.

The schemas of alerts come from outside, as part of the messages. Each is parsed once on the driver
and written anew in a canonical form, which the JVM's parser accepts.
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
#: Types to which a reader can convert the type of a writer (Avro 1.11 specification, "Schema
#: Resolution").
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
    """Parse a schema and return its canonical form.

    The definitions of named types are inserted where they are used, and each is named after its
    path. Comments, defaults, aliases and logical types are removed, since they do not affect the
    encoding.

    Parameters
    ----------
    text : str
        JSON text of a record schema.
    limits : Limits
        Limits on its size, its depth and its number of fields.

    Returns
    -------
    dict
        The canonical schema.

    Raises
    ------
    AlertError
        If it is not a valid schema of a record, refers to itself, exceeds the limits, or contains
        arrays whose items have no bytes (the size of the data would not bound their length).
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
        raise AlertError("schema is not a schema of a record")
    return schema


def schema_name(text: str) -> str:
    """Return name and version of a schema for messages, or "?" if it has none."""
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
    """Converts a schema to the canonical form, and counts its fields and types."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.nodes = 0
        self.definitions: dict[str, tuple[dict[str, Any], str]] = {}

    def of(
        self, raw: Schema, path: str, namespace: str, enclosing: tuple[str, ...]
    ) -> tuple[Schema, bool]:
        """Return the canonical form of a schema, and whether its values may have no bytes.

        Parameters
        ----------
        raw : str, list or dict
            The schema as JSON.
        path : str
            Dotted name of what the schema describes.
        namespace : str
            Namespace of the enclosing definition.
        enclosing : tuple of str
            Names of the enclosing records, arrays and maps.
        """
        self.nodes += 1
        if self.nodes > self.limits.schema_nodes:
            raise AlertError(f"schema with more than {self.limits.schema_nodes} fields and types")
        if path.count(".") + len(enclosing) > self.limits.schema_depth:
            raise AlertError(f"schema nested deeper than {self.limits.schema_depth}")
        if isinstance(raw, list):
            return self._union(raw, path, namespace, enclosing), False
        if isinstance(raw, str):
            return self._named(raw, path, namespace, enclosing)
        if not isinstance(raw, dict) or "type" not in raw:
            raise AlertError(f"schema: {path} has no type")
        raw_type = raw["type"]
        if not isinstance(raw_type, str):
            return self.of(raw_type, path, namespace, enclosing)
        if raw_type == "array":
            items, is_empty = self.of(raw.get("items"), path, namespace, (*enclosing, "[]"))
            if is_empty:
                raise AlertError(f"schema: the items of {path} have no bytes")
            return {"type": "array", "items": items}, False
        if raw_type == "map":
            values, _ = self.of(raw.get("values"), path, namespace, (*enclosing, "{}"))
            return {"type": "map", "values": values}, False
        if raw_type in ("record", "error", "enum", "fixed"):
            return self._definition(raw, path, namespace, enclosing)
        return self._named(raw_type, path, namespace, enclosing)

    def _named(
        self, name: str, path: str, namespace: str, enclosing: tuple[str, ...]
    ) -> tuple[Schema, bool]:
        if name in PRIMITIVES:
            return name, name == "null"
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        named_type = self.definitions.get(full) or self.definitions.get(name)
        if named_type is None:
            raise AlertError(f"schema: {path} has the unknown type {name[:80]!r}")
        definition, definition_namespace = named_type
        return self._definition(definition, path, definition_namespace, enclosing)

    def _union(
        self, raw: list[Schema], path: str, namespace: str, enclosing: tuple[str, ...]
    ) -> Schema:
        branches: list[Schema] = []
        for number, branch in enumerate(raw):
            if isinstance(branch, list):
                raise AlertError(f"schema: {path} is a union within a union")
            several = sum(other != "null" for other in raw) > 1
            branches.append(
                self.of(branch, f"{path}_{number}" if several else path, namespace, enclosing)[0]
            )
        plain = [b if isinstance(b, str) else b["type"] for b in branches if _is_unnamed(b)]
        if not branches or len(set(plain)) < len(plain):
            raise AlertError(f"schema: {path} is an empty union, or has the same type twice")
        return branches

    def _definition(
        self, raw: dict[str, Any], path: str, namespace: str, enclosing: tuple[str, ...]
    ) -> tuple[Schema, bool]:
        name = raw.get("name")
        if not isinstance(name, str):
            raise AlertError(f"schema: the {raw['type']} at {path} has no name")
        if "." in name:
            namespace = name.rpartition(".")[0]
        elif isinstance(raw.get("namespace"), str):
            namespace = raw["namespace"]
        full = name if "." in name or not namespace else f"{namespace}.{name}"
        if full in enclosing:
            raise AlertError(f"schema: {full[:80]} refers to itself")
        self.definitions.setdefault(full, (raw, namespace))
        own_namespace, _, own_name = path.rpartition(".")
        named = {"name": own_name} | ({"namespace": own_namespace} if own_namespace else {})
        if raw["type"] == "fixed":
            size = raw.get("size")
            if type(size) is not int or not 0 <= size <= LARGEST_FIXED:
                raise AlertError(f"schema: fixed of size {size!r} at {path}")
            return {"type": "fixed", **named, "size": size}, size == 0
        if raw["type"] == "enum":
            symbols = raw.get("symbols")
            if (
                not isinstance(symbols, list)
                or not symbols
                or not all(isinstance(s, str) and NAME.fullmatch(s) for s in symbols)
                or len(set(symbols)) < len(symbols)
            ):
                raise AlertError(f"schema: enum at {path} has no valid symbols")
            return {"type": "enum", **named, "symbols": symbols}, False
        fields = []
        is_empty = True
        raw_fields = raw.get("fields")
        if not isinstance(raw_fields, list):
            raise AlertError(f"schema: record at {path} has no fields")
        for raw_field in raw_fields:
            field_name = raw_field.get("name") if isinstance(raw_field, dict) else None
            if not isinstance(field_name, str) or not NAME.fullmatch(field_name):
                raise AlertError(f"schema: {path} has a field without a valid name")
            field_type, empty = self.of(
                raw_field.get("type"), f"{path}.{field_name}", namespace, (*enclosing, full)
            )
            is_empty &= empty
            fields.append({"name": field_name, "type": field_type})
        if len({f["name"] for f in fields}) < len(fields):
            raise AlertError(f"schema: {path} has two fields of the same name")
        return {"type": "record", **named, "fields": fields}, is_empty


def _is_unnamed(schema: Schema) -> bool:
    return isinstance(schema, str) or schema["type"] in ("array", "map")


def lenient(schema: Schema) -> Schema:
    """Return a reader schema in which all fields are nullable and null by default.

    It reads packets of older versions, which lack fields, and of newer ones, which have others.

    Parameters
    ----------
    schema : dict
        Canonical schema, from `parse_schema`.
    """
    if isinstance(schema, list):
        others = [lenient(branch) for branch in schema if branch != "null"]
        return ["null", *others] if "null" in schema else others
    if not isinstance(schema, dict):
        return schema
    if schema["type"] == "array":
        # Spark, and therefore Fink's archive, writes arrays with nullable items.
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
    """Return the union of null and a schema, with null first."""
    branches = schema if isinstance(schema, list) else [schema]
    return ["null", *(branch for branch in branches if branch != "null")]


def without_fields(schema: Schema, names: frozenset[str]) -> Schema:
    """Return the schema of a record without the top-level fields of the given names."""
    return {**schema, "fields": [f for f in schema["fields"] if f["name"] not in names]}


def with_newer_names(schema: Schema, names: Mapping[str, str], path: str = "") -> Schema:
    """Return a schema in which fields are renamed, unless their record has the new name too.

    Parameters
    ----------
    schema : dict
        Canonical schema of a record or of a part of it.
    names : mapping of str to str
        New names of fields within their records, by dotted name. Arrays and unions do not
        contribute to a dotted name.
    path : str
        Dotted name of the part; "" for the record itself.
    """
    if isinstance(schema, list):
        return [with_newer_names(branch, names, path) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    if schema["type"] == "array":
        return {**schema, "items": with_newer_names(schema["items"], names, path)}
    if schema["type"] != "record":
        return schema
    present = {one["name"] for one in schema["fields"]}
    fields = []
    for one in schema["fields"]:
        dotted = f"{path}.{one['name']}" if path else one["name"]
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
    """A writer schema, modified so that a reader schema can read its data.

    Attributes
    ----------
    schema : dict
        The writer schema. Fields whose type the reader can't convert are renamed, so that they
        are skipped.
    readable : set of str
        Dotted names of the fields that are read.
    skipped : list of str
        Dotted names of the fields that the reader schema lacks.
    unreadable : list of str
        Dotted names of the fields whose type the reader can't convert.
    """

    schema: Schema = None
    readable: set[str] = field(default_factory=set)
    skipped: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def fit(writer: Schema, reader: Schema) -> Fitted:
    """Fit a writer schema to a reader schema.

    Parameters
    ----------
    writer : dict
        Canonical schema of the data, from `parse_schema`.
    reader : dict
        Reader schema, from `lenient`.

    Raises
    ------
    AlertError
        If the writer schema is not a schema of a record.
    """
    fitted = Fitted()
    schema = _fit(writer, reader, "", fitted)
    if schema is None:
        raise AlertError("schema is not a schema of an alert")
    fitted.schema = schema
    return fitted


def _fit(writer: Schema, reader: Schema, path: str, fitted: Fitted) -> Schema | None:
    """Return the modified writer schema, or None if the reader can't convert its type."""
    if isinstance(writer, list):
        branches = [_fit(branch, reader, path, fitted) for branch in writer]
        return None if any(branch is None for branch in branches) else branches
    if isinstance(reader, list):
        schemas = (_fit(writer, branch, path, fitted) for branch in reader)
        return next((schema for schema in schemas if schema is not None), None)
    if isinstance(writer, str):
        is_readable = writer == reader or reader in PROMOTIONS.get(writer, ())
        return writer if is_readable else None
    if isinstance(reader, str) or writer["type"] != reader["type"]:
        return None
    if writer["type"] == "array":
        items = _fit(writer["items"], reader["items"], path, fitted)
        return None if items is None else {**writer, "items": items}
    if writer["type"] == "map":
        values = _fit(writer["values"], reader["values"], path, fitted)
        return None if values is None else {**writer, "values": values}
    if writer["type"] != "record":
        return writer if writer == reader else None
    wanted = {f["name"]: f["type"] for f in reader["fields"]}
    fields = []
    for writer_field in writer["fields"]:
        name, field_type = writer_field["name"], writer_field["type"]
        field_path = f"{path}.{name}" if path else name
        if name not in wanted:
            fitted.skipped.append(field_path)
        else:
            schema = _fit(field_type, wanted[name], field_path, fitted)
            if schema is None:
                fitted.unreadable.append(field_path)
                name = f"{name}__other_type"
            else:
                fitted.readable.add(field_path)
                field_type = schema
        fields.append({"name": name, "type": field_type})
    return {**writer, "fields": fields}
