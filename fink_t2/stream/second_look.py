"""A closer look, in Python, at the few messages that the JVM could not decode at once.

They are of a form not met before, compressed, hold several alerts, or are damaged. What can be
read comes back as plain messages with one alert each, which the JVM then decodes; the rest
comes back with the reason why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
from pyspark.sql import DataFrame

from fink_t2.alerts.decode import read_records
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


def look_again(messages: DataFrame, limits: Limits) -> DataFrame:
    """Bring messages into the plain form, or find out why that can't be done.

    Parameters
    ----------
    messages : DataFrame
        Has ``topic, partition, offset, timestamp, value``.
    limits : Limits
        Bounds on what a message may make this do.

    Returns
    -------
    DataFrame
        `LOOKED_SCHEMA`; one row per alert, or per message that can't be read, with its
        ``reason``.
    """
    return messages.select(*ORIGIN, "value").mapInArrow(_looker(limits), LOOKED_SCHEMA)


def _looker(
    limits: Limits,
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    def look(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        seen: set[bytes] = set()
        for whole_batch in batches:
            for begin in range(0, len(whole_batch), ROWS_AT_A_TIME):
                yield _look_at(whole_batch.slice(begin, ROWS_AT_A_TIME), limits, seen)

    return look


def _look_at(batch: pa.RecordBatch, limits: Limits, seen: set[bytes]) -> pa.RecordBatch:
    rows: list[int] = []
    records: list[int] = []
    values: list[bytes | None] = []
    prefixes: list[bytes | None] = []
    reasons: list[str | None] = []
    for row, scalar in enumerate(batch.column(batch.schema.get_field_index("value"))):
        message = scalar.as_py()
        try:
            plain, reason = plain_messages(message, limits), None
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


def plain_messages(message: bytes | None, limits: Limits) -> list[bytes]:
    """Return a message's alerts, each as an uncompressed message of its own.

    Parameters
    ----------
    message : bytes or None
        As it came.
    limits : Limits
        Bounds.

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
        ends = [end for _, end in read_records(data, count, writer)]
        begins = [0, *ends[:-1]]
        plain += [single_container(prefix, data[a:b]) for a, b in zip(begins, ends, strict=True)]
    return plain
