"""The writer schemas that the job has met, and the reader schema that its output has."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from fink_t2.alerts.decode import fit_alert
from fink_t2.alerts.frames import (
    CONFLUENT_MAGIC,
    CONFLUENT_PREFIX_LENGTH,
    CONTAINER_MAGIC,
    SYNC_LENGTH,
    read_container_header,
    read_schema_id,
)
from fink_t2.alerts.limits import Limits
from fink_t2.alerts.schema_sources import SchemaSource
from fink_t2.alerts.schemas import (
    Schema,
    lenient,
    nullable,
    parse_schema,
    schema_name,
    without_fields,
)
from fink_t2.alerts.wanted_fields import CUTOUTS, full_ztf_schema
from fink_t2.config import StreamConfig
from fink_t2.errors import AlertError

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Writer:
    """One form in which alerts arrive.

    Attributes
    ----------
    prefix : bytes
        How its messages begin: a container's magic and metadata, or Confluent's zero byte
        and schema id.
    schema : dict
        The writer's schema, fitted to the reader's.
    """

    prefix: bytes
    schema: Schema

    @property
    def is_container(self) -> bool:
        """Whether its messages are Avro containers."""
        return self.prefix.startswith(CONTAINER_MAGIC)


class Writers:
    """What the driver knows of the writers in the stream; grows as it meets them.

    Parameters
    ----------
    survey : str
        "ztf" or "lsst".
    reader : dict
        The one schema to which all alerts are brought.
    limits : Limits
        Bounds on schemas and on their number.
    source : SchemaSource, optional
        Where Confluent schema ids are looked up.
    """

    def __init__(
        self, survey: str, reader: Schema, limits: Limits, source: SchemaSource | None = None
    ) -> None:
        self.survey = survey
        self.reader = reader
        self.limits = limits
        self.source = source
        self.known: dict[bytes, Writer] = {}
        self.refused: dict[bytes, str] = {}
        self._noted: set[str] = set()

    def learn(self, prefix: bytes) -> None:
        """Meet the form of messages that begin with ``prefix``: know it, or know why not.

        Raises
        ------
        ConfigError
            If the schema registry does not answer.
        """
        if prefix in self.known or prefix in self.refused:
            return
        if len(self.known) >= self.limits.writer_schemas:
            reason = f"more than {self.limits.writer_schemas} schemas in this stream"
        else:
            try:
                self.known[prefix] = self._writer(prefix)
                return
            except AlertError as error:
                reason = str(error)
        if len(self.refused) < self.limits.writer_schemas:
            self.refused[prefix] = reason
            LOG.warning("alerts of this form go to dead letters: %s", reason)

    def _writer(self, prefix: bytes) -> Writer:
        if prefix.startswith(CONFLUENT_MAGIC):
            schema_id = read_schema_id(prefix)
            if self.source is None:
                raise AlertError(f"schema {schema_id} is needed, and no source of schemas is set")
            text = self.source.schema_text(schema_id)
        else:
            header = read_container_header(prefix + bytes(SYNC_LENGTH), self.limits)
            text = header.schema_text
        fitted = fit_alert(text, self.survey, self.reader, self.limits)
        self._note(text, "are not in the output", fitted.skipped)
        self._note(text, "have another type and are null", fitted.unreadable)
        return Writer(prefix, fitted.schema)

    def _note(self, text: str, what: str, names: list[str]) -> None:
        """Log once what of a schema the output does not have."""
        kept = [name for name in names if name.partition(".")[0] not in CUTOUTS]
        note = f"schema {schema_name(text)!r}: {len(kept)} fields {what}: {', '.join(kept[:20])}"
        if kept and note not in self._noted:
            self._noted.add(note)
            LOG.warning(note)


def prefix_of(message: bytes, limits: Limits) -> bytes:
    """Return by what a message's writer is known; see `Writer.prefix`.

    Raises
    ------
    AlertError
        If the frame is damaged.
    """
    if message.startswith(CONFLUENT_MAGIC):
        read_schema_id(message)
        return message[:CONFLUENT_PREFIX_LENGTH]
    return read_container_header(message, limits).prefix


def reader_schema(config: StreamConfig, source: SchemaSource | None) -> Schema:
    """Return the schema of the alerts in the output, every field nullable.

    Parameters
    ----------
    config : StreamConfig
        Says survey, extra fields, and whether cutouts are wanted.
    source : SchemaSource, optional
        LSST: has the schemas.
    """
    if config.survey == "ztf":
        schema = full_ztf_schema()
    else:
        assert source is not None
        schema_id = config.alerts.reader_schema or source.newest()
        schema = lenient(parse_schema(source.schema_text(schema_id), config.limits))
    if config.output.cutouts == "drop":
        schema = without_fields(schema, CUTOUTS)
    has = {field["name"] for field in schema["fields"]}
    extra = [
        {"name": name, "type": nullable(kind), "default": None}
        for name, kind in config.alerts.extra_fields.items()
        if name not in has
    ]
    schema = {**schema, "fields": [*schema["fields"], *extra]}
    return schema
