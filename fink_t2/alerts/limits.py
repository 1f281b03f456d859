"""How much of a message is looked at before it is given up: alerts come from outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on what one message may make a reader do.

    Attributes
    ----------
    message_bytes : int
        Longest message; ZTF packets have 40-75 KB, Rubin's 100-400 KB.
    record_bytes : int
        Longest record after inflating a compressed container.
    records : int
        Most records in one container.
    items : int
        Most items of one array or map; the JVM makes room for as many as are promised.
    schema_bytes : int
        Longest schema text; ZTF's has 26 KB, Rubin's with all comments 60 KB.
    schema_nodes : int
        Most fields and types of a schema once its named types are written out.
    schema_depth : int
        Deepest nesting of a schema.
    writer_schemas : int
        Most different schemas in the life of one job; alerts of further ones become dead
        letters. Each is part of every batch's plan: 64 large ones exhaust a driver of 1 GB.
    """

    message_bytes: int = 10_000_000
    record_bytes: int = 20_000_000
    records: int = 10_000
    items: int = 1_000_000
    schema_bytes: int = 300_000
    schema_nodes: int = 20_000
    schema_depth: int = 32
    writer_schemas: int = 16


DEFAULT_LIMITS = Limits()
