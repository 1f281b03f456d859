"""Read, in Python, the few messages that the JVM could not decode directly.

Such a message has a schema that the job has not met before, is compressed, holds several alerts,
or is damaged. Each alert that can be read is written again as an uncompressed message of its
own, which the JVM then decodes; for the other messages the reason is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fink_t2.alerts.decode import check_required, read_records
from fink_t2.alerts.frames import (
    check_frame,
    container_prefix,
    is_container,
    message_prefix,
    read_blocks,
    read_container_header,
    single_container,
)
from fink_t2.alerts.limits import Limits
from fink_t2.alerts.schemas import parse_schema
from fink_t2.errors import AlertError
from fink_t2.surveys import Survey

#: Spark schema of the result of `rewrite_unread_messages`. ``record`` numbers the alerts of one
#: message from 0; ``prefix`` is set in the first row of each prefix that the task meets.
REWRITTEN_SCHEMA = (
    "topic string, partition int, offset bigint, timestamp timestamp, "
    "record int, value binary, prefix binary, reason string"
)
ORIGIN = ("topic", "partition", "offset", "timestamp")
#: Messages rewritten per Arrow batch, which bounds the memory that one batch needs.
ROWS_PER_BATCH = 32
#: Most new prefixes that one task reports. It exceeds the number of writer schemas that a job
#: accepts (`Limits.writer_schemas`), so that refused schemas do not crowd out a valid one.
NEW_PREFIXES_PER_TASK = 256


def rewrite_unread_messages(messages: DataFrame, survey: Survey, limits: Limits) -> DataFrame:
    """Rewrite messages that the JVM could not decode as uncompressed single-alert messages.

    Parameters
    ----------
    messages : DataFrame
        Result of `fink_t2.stream.decode.Decoder.decode` with the columns ``topic, partition,
        offset, timestamp, value, alert``. Rows with an alert are dropped here and not by a
        filter, because Spark would push a filter below the decoding and decode the message
        once more for every field that the filter names.
    survey : Survey
        Whose required fields are checked.
    limits : Limits
        Bounds on the size of messages, schemas and records.

    Returns
    -------
    DataFrame
        Rows of `REWRITTEN_SCHEMA`: one per alert that was read, and one, with its ``reason``,
        per message that was not.
    """
    is_unread = F.col("alert").isNull().alias("is_unread")
    return messages.select(*ORIGIN, "value", is_unread).mapInArrow(
        _batch_rewriter(survey, limits), REWRITTEN_SCHEMA
    )


def _batch_rewriter(
    survey: Survey, limits: Limits
) -> Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def rewrite(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        reported_prefixes: set[bytes] = set()
        for batch in batches:
            unread = batch.filter(batch.column("is_unread"))
            for begin in range(0, len(unread), ROWS_PER_BATCH):
                part = unread.slice(begin, ROWS_PER_BATCH)
                yield _rewrite_batch(part, survey, limits, reported_prefixes)

    return rewrite


def _rewrite_batch(
    batch: pa.RecordBatch, survey: Survey, limits: Limits, reported_prefixes: set[bytes]
) -> pa.RecordBatch:
    """Return one row per alert, and add the prefixes that are new to ``reported_prefixes``."""
    rows: list[int] = []
    records: list[int] = []
    values: list[bytes | None] = []
    prefixes: list[bytes | None] = []
    reasons: list[str | None] = []
    for row, scalar in enumerate(batch.column("value")):
        message = scalar.as_py()
        try:
            rewritten, reason = single_alert_messages(message, limits, survey), None
            prefix = message_prefix(rewritten[0], limits)
        except AlertError as error:
            rewritten, reason, prefix = [message], str(error), b""
        is_new = (
            bool(prefix)
            and prefix not in reported_prefixes
            and len(reported_prefixes) < NEW_PREFIXES_PER_TASK
        )
        if is_new:
            reported_prefixes.add(prefix)
        for number, value in enumerate(rewritten):
            rows.append(row)
            records.append(number)
            values.append(value)
            prefixes.append(prefix if is_new and number == 0 else None)
            reasons.append(reason)
    origin = batch.select(list(ORIGIN)).take(pa.array(rows, pa.int64()))
    return pa.record_batch(
        [
            *origin.columns,
            pa.array(records, pa.int32()),
            pa.array(values, pa.binary()),
            pa.array(prefixes, pa.binary()),
            pa.array(reasons, pa.string()),
        ],
        names=[*ORIGIN, "record", "value", "prefix", "reason"],
    )


def single_alert_messages(
    message: bytes | None, limits: Limits, survey: Survey | None = None
) -> list[bytes]:
    """Return the alerts of a message, each as an uncompressed message of its own.

    A message that already has this form is returned unchanged.

    Parameters
    ----------
    message : bytes or None
        The message as Kafka delivered it.
    limits : Limits
        Bounds on the size of messages, schemas and records.
    survey : Survey, optional
        Whose alerts these are. If given, the alerts of a message that holds several
        are checked for the survey's required fields, because a message is accepted or refused
        as a whole.

    Returns
    -------
    list of bytes
        One message per alert, in the order of the alerts.

    Raises
    ------
    AlertError
        If the message is damaged, exceeds a limit, or lacks a required field.
    """
    message = check_frame(message, limits)
    if not is_container(message):
        return [message]
    header = read_container_header(message, limits)
    blocks = list(read_blocks(message, header, limits))
    if header.codec == "null" and [count for count, _ in blocks] == [1]:
        return [message]
    schema = parse_schema(header.schema_text, limits)
    prefix = container_prefix(header.schema_text)
    messages = []
    for count, data in blocks:
        ends = []
        for record, end in read_records(data, count, schema):
            if survey is not None:
                check_required(record, survey)
            ends.append(end)
        begins = [0, *ends[:-1]]
        messages += [
            single_container(prefix, data[begin:end])
            for begin, end in zip(begins, ends, strict=True)
        ]
    return messages
