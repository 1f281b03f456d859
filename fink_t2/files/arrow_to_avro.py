"""An Avro schema that says the same as an Arrow schema: how alerts of Parquet become packets."""

from __future__ import annotations

import re
from typing import Any, Final

import pyarrow as pa

from fink_t2.errors import AlertError

AVRO_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def avro_schema(schema: pa.Schema, namespace: str) -> dict[str, Any]:
    """Return the Avro schema of a table's rows, a record named ``alert`` in ``namespace``.

    A record inside is named by the way to it, as in ZTF's own packets: ``ztf.alert.candidate``.
    What Arrow lets be null is a union with null, whose default is null.

    Raises
    ------
    AlertError
        Where a name is none in Avro, or a type has no counterpart; the message names the column.
    """
    return _record(list(schema), "alert", namespace)


def _record(fields: list[pa.Field], name: str, namespace: str) -> dict[str, Any]:
    inside = f"{namespace}.{name}"
    return {
        "type": "record",
        "name": name,
        "namespace": namespace,
        "fields": [_field(field, inside) for field in fields],
    }


def _field(field: pa.Field, namespace: str) -> dict[str, Any]:
    if not AVRO_NAME.fullmatch(field.name):
        raise AlertError(f"column {namespace}.{field.name} has a name that Avro does not allow")
    described: dict[str, Any] = {"name": field.name, "type": _type(field, namespace)}
    if field.nullable:
        described["default"] = None
    return described


def _type(field: pa.Field, namespace: str, name: str | None = None) -> Any:
    """Return the Avro type of a field; ``name`` is what a record in it is called."""
    avro = _not_null_type(field, namespace, name or field.name)
    if not field.nullable or avro == "null":
        return avro
    return ["null", avro]


def _not_null_type(field: pa.Field, namespace: str, name: str) -> Any:
    arrow = field.type
    if pa.types.is_struct(arrow):
        return _record(list(arrow), name, namespace)
    if (
        pa.types.is_list(arrow)
        or pa.types.is_large_list(arrow)
        or pa.types.is_fixed_size_list(arrow)
    ):
        items = _type(arrow.value_field, namespace, name)
        # A list that is empty in every row has no type of its own in Parquet. Items that take
        # no bytes are refused by readers that fear a count of billions, as ours does.
        return {"type": "array", "items": ["null", "boolean"] if items == "null" else items}
    if pa.types.is_map(arrow) and pa.types.is_string(arrow.key_type):
        return {"type": "map", "values": _type(arrow.item_field, namespace, name)}
    for matches, avro in SCALARS:
        if matches(arrow):
            return avro
    raise AlertError(f"column {namespace}.{name} has type {arrow}, which Avro does not have")


SCALARS: Final[tuple[tuple[Any, Any], ...]] = (
    (pa.types.is_null, "null"),
    (pa.types.is_boolean, "boolean"),
    (lambda arrow: pa.types.is_integer(arrow) and arrow.bit_width < 32, "int"),
    (pa.types.is_int32, "int"),
    (pa.types.is_integer, "long"),
    (lambda arrow: pa.types.is_float16(arrow) or pa.types.is_float32(arrow), "float"),
    (pa.types.is_float64, "double"),
    (lambda arrow: pa.types.is_string(arrow) or pa.types.is_large_string(arrow), "string"),
    (lambda arrow: pa.types.is_binary(arrow) or pa.types.is_large_binary(arrow), "bytes"),
    (
        lambda arrow: pa.types.is_timestamp(arrow) and arrow.tz is not None,
        {"type": "long", "logicalType": "timestamp-micros"},
    ),
    (pa.types.is_timestamp, {"type": "long", "logicalType": "local-timestamp-micros"}),
    (pa.types.is_date32, {"type": "int", "logicalType": "date"}),
)
