"""The Avro schemas that alerts were written with, and the reader schema of the output."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from fink_t2.alerts.decode import fit_alert
from fink_t2.alerts.frames import (
    CONFLUENT_MAGIC,
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
from fink_t2.alerts.wanted_fields import full_schema
from fink_t2.config import StreamConfig
from fink_t2.errors import AlertError
from fink_t2.surveys import Survey, get_survey

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class WriterSchema:
    """The schema of one kind of message, and how its messages are recognised.

    Attributes
    ----------
    prefix : bytes
        First bytes of the messages: magic bytes and metadata of an Avro container, or the zero
        byte and schema id of Confluent's wire format.
    schema : dict
        The writer's schema, reduced to what the reader schema can take from it.
    """

    prefix: bytes
    schema: Schema

    @property
    def is_container(self) -> bool:
        """Whether the messages are Avro containers."""
        return self.prefix.startswith(CONTAINER_MAGIC)


class WriterSchemas:
    """The writer schemas that the driver has met in the stream so far.

    Parameters
    ----------
    survey : Survey
        Whose alerts these are.
    reader : dict
        The schema to which all alerts are converted.
    limits : Limits
        Bounds on the size of a schema and on the number of schemas.
    source : SchemaSource, optional
        Where the schema ids of Confluent's wire format are looked up.

    Attributes
    ----------
    accepted : dict of bytes to WriterSchema
        The schemas that the JVM decodes, by their prefix.
    refused : dict of bytes to str
        Why the messages with a prefix are not decoded.
    """

    def __init__(
        self, survey: Survey, reader: Schema, limits: Limits, source: SchemaSource | None = None
    ) -> None:
        self.survey = survey
        self.reader = reader
        self.limits = limits
        self.source = source
        self.accepted: dict[bytes, WriterSchema] = {}
        self.refused: dict[bytes, str] = {}
        self._logged: set[str] = set()

    def add(self, prefix: bytes) -> None:
        """Read the schema of the messages that begin with ``prefix``, and accept or refuse it.

        Parameters
        ----------
        prefix : bytes
            First bytes of a message, from `fink_t2.alerts.frames.message_prefix`.

        Raises
        ------
        ConfigError
            If the schema registry does not answer.
        """
        if prefix in self.accepted or prefix in self.refused:
            return
        if len(self.accepted) >= self.limits.writer_schemas:
            reason = f"more than {self.limits.writer_schemas} schemas in this stream"
        else:
            try:
                self.accepted[prefix] = self._writer_schema(prefix)
                return
            except AlertError as error:
                reason = str(error)
        if len(self.refused) < self.limits.writer_schemas:
            self.refused[prefix] = reason
            LOG.warning("messages with this schema become dead letters: %s", reason)

    def _writer_schema(self, prefix: bytes) -> WriterSchema:
        if prefix.startswith(CONFLUENT_MAGIC):
            schema_id = read_schema_id(prefix)
            if self.source is None:
                raise AlertError(f"schema {schema_id} is needed, and no source of schemas is set")
            text = self.source.schema_text(schema_id)
        else:
            header = read_container_header(prefix + bytes(SYNC_LENGTH), self.limits)
            text = header.schema_text
        fitted = fit_alert(text, self.survey, self.reader, self.limits)
        self._log_once(text, "are not in the output", fitted.skipped)
        self._log_once(text, "have another type and are null", fitted.unreadable)
        return WriterSchema(prefix, fitted.schema)

    def _log_once(self, text: str, outcome: str, names: list[str]) -> None:
        """Log which fields of a schema the output lacks, unless it was logged before."""
        kept = [name for name in names if name.partition(".")[0] not in self.survey.cutouts]
        message = (
            f"schema {schema_name(text)!r}: {len(kept)} fields {outcome}: {', '.join(kept[:20])}"
        )
        if kept and message not in self._logged:
            self._logged.add(message)
            LOG.warning(message)


def reader_schema(
    config: StreamConfig, source: SchemaSource | None, keep: frozenset[str] = frozenset()
) -> Schema:
    """Return the schema of the alerts in the output, in which every field is nullable.

    Parameters
    ----------
    config : StreamConfig
        Configuration of the job: the survey, the extra fields, and what becomes of cutouts.
    source : SchemaSource, optional
        Where LSST's schemas are looked up; ZTF's comes with the package.
    keep : frozenset of str
        Cutouts that science modules need, although they are not written.
    """
    survey = get_survey(config.survey)
    if survey.schema_text is not None:
        schema = full_schema(survey)
    else:
        assert source is not None
        schema_id = config.alerts.reader_schema or source.newest()
        schema = lenient(parse_schema(source.schema_text(schema_id), config.limits))
    if config.output.cutouts == "drop":
        schema = without_fields(schema, frozenset(survey.cutouts) - keep)
    names = {field["name"] for field in schema["fields"]}
    extra = [
        {"name": name, "type": nullable(avro_type), "default": None}
        for name, avro_type in config.alerts.extra_fields.items()
        if name not in names
    ]
    return {**schema, "fields": [*schema["fields"], *extra]}
