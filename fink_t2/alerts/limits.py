"""Bounds on the resources that reading a message may use, since alerts come from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

AtLeastOne = Annotated[int, Ge(1)]


@dataclass(frozen=True)
class Limits:
    """Limits for one message; a message that exceeds one becomes a dead letter."""

    message_bytes: AtLeastOne = 10_000_000
    """Largest size of a message. ZTF packets have 40 to 75 KB, Rubin's 100 to 400 KB."""
    record_bytes: AtLeastOne = 20_000_000
    """Largest size of a compressed container's content after decompression."""
    records: AtLeastOne = 10_000
    """Largest number of records in one container."""
    items: AtLeastOne = 1_000_000
    """Largest number of items of one array or map, because the JVM allocates memory for as many
    as a message announces."""
    schema_bytes: AtLeastOne = 300_000
    """Largest size of a schema's text. ZTF's has 26 KB, Rubin's with all comments 60 KB."""
    schema_nodes: AtLeastOne = 20_000
    """Largest number of fields and types of a schema after expansion of its named types."""
    schema_depth: AtLeastOne = 32
    """Deepest nesting of a schema."""
    writer_schemas: AtLeastOne = 16
    """Largest number of different schemas in the life of one job. Each becomes part of the plan
    of every micro-batch: 64 large ones exhaust a driver of 1 GB."""


DEFAULT_LIMITS = Limits()
