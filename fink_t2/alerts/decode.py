"""Decode the fields of alert packets that classification needs, in Python.

This decoder is used for files on one machine, and by tests as a reference for the decoding in the
JVM, which the streaming job uses (`fink_t2.stream.decode`).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import fastavro
from fastavro.schema import SchemaParseException, UnknownType

from fink_t2.alerts.frames import (
    CONFLUENT_PREFIX_LENGTH,
    check_frame,
    is_container,
    read_blocks,
    read_container_header,
    read_schema_id,
)
from fink_t2.alerts.limits import DEFAULT_LIMITS, Limits
from fink_t2.alerts.schema_sources import SchemaSource
from fink_t2.alerts.schemas import Fitted, Schema, fit, parse_schema, schema_name, with_newer_names
from fink_t2.alerts.wanted_fields import newer_names, older_names, wanted_schema
from fink_t2.errors import AlertError
from fink_t2.surveys import Survey, get_survey
from fink_t2.surveys.values import first_value

#: Exceptions of fastavro for data that do not match their schema.
DATA_ERRORS = (
    EOFError,
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    AttributeError,
    StopIteration,
    fastavro.read.SchemaResolutionError,
)


def decode_alert(
    message: bytes,
    survey: str | Survey,
    schemas: SchemaSource | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Any]:
    """Decode a message that contains one alert.

    Parameters
    ----------
    message : bytes
        Avro container, or record in Confluent's wire format.
    survey : str or Survey
        Survey that issued the alert.
    schemas : SchemaSource, optional
        Where the schema ids of Confluent's wire format are looked up.
    limits : Limits
        Limits on the size of the message, its schema and its records.

    Returns
    -------
    dict
        The fields of `fink_t2.alerts.wanted_fields.wanted_fields`; None where the alert lacks one.

    Raises
    ------
    AlertError
        If the message can't be decoded or contains several alerts.
    """
    alerts = list(decode_alerts(message, survey, schemas, limits))
    if len(alerts) != 1:
        raise AlertError(f"message contains {len(alerts)} alerts instead of one")
    return alerts[0]


def decode_alerts(
    message: bytes,
    survey: str | Survey,
    schemas: SchemaSource | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[dict[str, Any]]:
    """Decode all alerts of a message or file; see `decode_alert`.

    Yields
    ------
    dict
        The next alert.

    Raises
    ------
    AlertError
        If the next alert can't be decoded.
    """
    survey = get_survey(survey)
    message = check_frame(message, limits)
    if is_container(message):
        header = read_container_header(message, limits)
        text = header.schema_text
        blocks = read_blocks(message, header, limits)
    else:
        if schemas is None:
            raise AlertError(
                f"schema {read_schema_id(message)} is needed, and no source of schemas is set"
            )
        text = schemas.schema_text(read_schema_id(message))
        blocks = iter([(1, message[CONFLUENT_PREFIX_LENGTH:])])
    writer = alert_schema(text, survey, limits)
    for count, data in blocks:
        for alert, _ in read_records(data, count, writer, wanted_schema(survey)):
            check_required(alert, survey)
            yield alert


@lru_cache(maxsize=64)
def alert_schema(text: str, survey: Survey, limits: Limits = DEFAULT_LIMITS) -> Schema:
    """Return a writer schema, checked and fitted to the fields that classification needs.

    Parameters
    ----------
    text : str
        The writer schema as JSON text.
    survey : Survey
        Survey that issued the alerts.
    limits : Limits
        Limits on the size of the schema.

    Raises
    ------
    AlertError
        If the schema is not valid or lacks a required field.
    """
    return fit_alert(text, survey, wanted_schema(survey), limits).schema


def fit_alert(text: str, survey: Survey, reader: Schema, limits: Limits = DEFAULT_LIMITS) -> Fitted:
    """Check a writer schema and fit it to a reader schema.

    Parameters
    ----------
    text : str
        The writer schema as JSON text.
    survey : Survey
        Survey that issued the alerts.
    reader : dict
        The reader schema.
    limits : Limits
        Limits on the size of the writer schema.

    Raises
    ------
    AlertError
        If the writer schema is not valid or lacks a required field.
    """
    writer = with_newer_names(parse_schema(text, limits), newer_names(survey))
    fitted = fit(writer, reader)
    check_has_required(fitted, text, survey)
    return fitted


def check_has_required(fitted: Fitted, text: str, survey: Survey) -> None:
    """Check that a writer schema has the required fields of a survey.

    Parameters
    ----------
    fitted : Fitted
        The writer schema, fitted to a reader schema.
    text : str
        The writer schema as JSON text, for the message.
    survey : Survey
        Survey that issued the alerts.

    Raises
    ------
    AlertError
        If a required field is missing or has a type that can't be read. The message names the
        schema and the fields.
    """
    lacking = [name for name in survey.required_fields if name not in fitted.readable]
    if lacking:
        raise AlertError(f"schema {schema_name(text)!r} has no readable {', '.join(lacking)}")


def check_required(alert: dict[str, Any], survey: Survey) -> None:
    """Check that the required fields of an alert are not null.

    Parameters
    ----------
    alert : dict
        The decoded alert.
    survey : Survey
        Survey that issued it.

    Raises
    ------
    AlertError
        If a required field is null; the message names it.
    """
    for name in survey.required_fields:
        if first_value(alert, (name, *older_names(survey).get(name, ()))) is None:
            raise AlertError(f"{name} is null")


def read_records(
    data: bytes, count: int, writer: Schema, reader: Schema | None = None
) -> Iterator[tuple[dict[str, Any], int]]:
    """Read the records of a block.

    Parameters
    ----------
    data : bytes
        The decompressed records, concatenated.
    count : int
        Number of records.
    writer : dict
        Schema with which they were written.
    reader : dict, optional
        Schema with which they are read; default: that of the writer.

    Yields
    ------
    record : dict
        The next record.
    end : int
        Position of its end in ``data``.

    Raises
    ------
    AlertError
        If the records do not match the schema, or do not fill the block exactly.
    """
    stream = io.BytesIO(data)
    for number in range(count):
        begin = stream.tell()
        try:
            record = fastavro.schemaless_reader(stream, writer, reader)
        except (*DATA_ERRORS, SchemaParseException, UnknownType, RecursionError) as error:
            problem = str(error) or type(error).__name__
            raise AlertError(
                f"record {number + 1} of {count}, at byte {begin} of {len(data)}, does not match "
                f"its schema ({problem[:200]})"
            ) from None
        if not isinstance(record, dict):
            raise AlertError(f"record {number + 1} of {count} is not an Avro record")
        yield record, stream.tell()
    if stream.tell() != len(data):
        raise AlertError(f"{len(data) - stream.tell()} bytes are left after the last record")
