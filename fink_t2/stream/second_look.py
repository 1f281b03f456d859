"""A closer look, in Python, at the few messages that the JVM could not decode at once.

They are of a form not met before, compressed, hold several alerts, or are damaged. What can be
read comes back as plain messages with one alert each, which the JVM then decodes; the rest
comes back with the reason why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from fink_t2.alerts.decode import check_required, read_records
from fink_t2.alerts.frames import (
    check_frame,
    container_prefix,
    is_container,
    read_blocks,
    read_container_header,
    single_container,
)
from fink_t2.alerts.limits import Limits
from fink_t2.alerts.schemas import parse_schema
from fink_t2.errors import AlertError
from fink_t2.stream.writers import prefix_of

#: ``record`` counts the alerts of one message; ``prefix`` is given where it is new to the task.
LOOKED_SCHEMA = (
    "topic string, partition int, offset bigint, timestamp timestamp, "
    "record int, value binary, prefix binary, reason string"
)
ORIGIN = ("topic", "partition", "offset", "timestamp")
ROWS_AT_A_TIME = 32
#: So many new forms of message one task reports; more than a job takes up, so that forms that
#: are refused do not stand before one that is good.
NEW_FORMS = 256


def look_again(messages: DataFrame, survey: str, limits: Limits) -> DataFrame:
    """Bring messages into the plain form, or find out why that can't be done.

    Parameters
    ----------
    messages : DataFrame
        Decoded: has ``topic, partition, offset, timestamp, value, alert``. Those with an alert
        are left out here, not by a filter: Spark would push one down below the decoding,
        and decode again for every field in it.
    survey : str
        "ztf" or "lsst".
    limits : Limits
        Bounds on what a message may make this do.

    Returns
    -------
    DataFrame
        `LOOKED_SCHEMA`; one row per alert, or per message that can't be read, with its
        ``reason``.
    """
    is_unread = F.col("alert").isNull().alias("is_unread")
    return messages.select(*ORIGIN, "value", is_unread).mapInArrow(
        _looker(survey, limits), LOOKED_SCHEMA
    )


def _looker(
    survey: str, limits: Limits
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        seen: set[bytes] = set()
        for whole_batch in batches:
            unread = whole_batch.filter(whole_batch.column("is_unread"))
            for begin in range(0, len(unread), ROWS_AT_A_TIME):
                yield _look_at(unread.slice(begin, ROWS_AT_A_TIME), survey, limits, seen)

    return look


def _look_at(
    batch: pa.RecordBatch, survey: str, limits: Limits, seen: set[bytes]
) -> pa.RecordBatch:
    rows: list[int] = []
    records: list[int] = []
    values: list[bytes | None] = []
    prefixes: list[bytes | None] = []
    reasons: list[str | None] = []
    for row, scalar in enumerate(batch.column("value")):
        message = scalar.as_py()
        try:
            plain, reason = plain_messages(message, limits, survey), None
            prefix = prefix_of(plain[0], limits)
        except AlertError as error:
            plain, reason, prefix = [message], str(error), b""
        is_new = bool(prefix) and prefix not in seen and len(seen) < NEW_FORMS
        if is_new:
            seen.add(prefix)
        for number, value in enumerate(plain):
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


def plain_messages(message: bytes | None, limits: Limits, survey: str | None = None) -> list[bytes]:
    """Return a message's alerts, each as an uncompressed message of its own.

    Parameters
    ----------
    message : bytes or None
        As it came.
    limits : Limits
        Bounds.
    survey : str, optional
        If given, the alerts of a message with several are checked for the survey's required
        fields: a message is read whole or not at all.

    Raises
    ------
    AlertError
        If it can't be read.
    """
    message = check_frame(message, limits)
    if not is_container(message):
        return [message]
    header = read_container_header(message, limits)
    blocks = list(read_blocks(message, header, limits))
    if header.codec == "null" and [count for count, _ in blocks] == [1]:
        return [message]
    writer = parse_schema(header.schema_text, limits)
    prefix = container_prefix(header.schema_text)
    plain = []
    for count, data in blocks:
        ends = []
        for record, end in read_records(data, count, writer):
            if survey is not None:
                check_required(record, survey)
            ends.append(end)
        begins = [0, *ends[:-1]]
        plain += [single_container(prefix, data[a:b]) for a, b in zip(begins, ends, strict=True)]
    return plain
