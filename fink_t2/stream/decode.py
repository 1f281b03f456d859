"""Decode messages in the JVM: bytes to a struct of the reader schema, no Python in between.

An Avro container with one record is itself one Avro record: magic, metadata, sync marker, then
the count of records, their size, the record, and the marker again. So a container whose
beginning is known is decoded by one call of ``from_avro`` with its writer's schema, and the
second marker tells that the record ended where it should. To Confluent's messages such a mark
is appended. On real ZTF packets this takes 0.2 ms an alert; handing the same bytes to a Python
worker, before it has done anything with them, takes 0.4 ms.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.avro.functions import from_avro

from fink_t2.alerts.frames import CONFLUENT_PREFIX_LENGTH, CONTAINER_MAGIC, SYNC_LENGTH
from fink_t2.alerts.schemas import Schema, nullable
from fink_t2.alerts.wanted_fields import REQUIRED
from fink_t2.stream.writers import Writer

#: Appended to a Confluent datum, so that a record which ends early or late is noticed.
END_MARK = bytes.fromhex("c3a7f05e19d84b6092f1e37d5c08ab46")

MARK = {"type": "fixed", "name": "mark", "namespace": "frame", "size": SYNC_LENGTH}
MARK_AGAIN = "frame.mark"


class Decoder:
    """Decodes the messages of known writers.

    Its columns are made once and used in every micro-batch: Spark's Python side needs
    thousands of calls into the JVM to put them together.

    Parameters
    ----------
    survey : str
        "ztf" or "lsst".
    writers : sequence of Writer
        The forms that are known.
    reader : dict
        The schema of the alerts in the result.
    """

    def __init__(self, survey: str, writers: Sequence[Writer], reader: Schema) -> None:
        value = F.col("value")
        self._writer = _writer_number(value, writers)
        self._frame = _frame(value, writers, reader)
        has_required = [F.col(f"_frame.alert.{field}").isNotNull() for field in REQUIRED[survey]]
        is_good = reduce(Column.__and__, has_required, _is_whole(value, writers))
        self._is_good = F.coalesce(is_good, F.lit(False))
        self._value = F.when(~F.col("_is_good"), value).alias("value")
        self._alert = F.when(F.col("_is_good"), F.col("_frame.alert")).alias("alert")

    def decode(self, messages: DataFrame) -> DataFrame:
        """Decode the column ``value``.

        Parameters
        ----------
        messages : DataFrame
            Has ``value``.

        Returns
        -------
        DataFrame
            With the struct column ``alert``: null where the message is of none of the forms,
            is damaged, is compressed, holds several alerts, or lacks a required field.
            ``value`` is null where ``alert`` is not, so that a message is held once.
        """
        others = [name for name in messages.columns if name != "value"]
        return (
            messages.withColumn("_writer", self._writer)
            .withColumn("_frame", self._frame)
            .withColumn("_is_good", self._is_good)
            .select(*others, self._value, self._alert)
        )


def decode_messages(
    messages: DataFrame, survey: str, writers: Sequence[Writer], reader: Schema
) -> DataFrame:
    """Decode messages once; see `Decoder`."""
    return Decoder(survey, writers, reader).decode(messages)


def _choose(conditions: Sequence[Column], results: Sequence[Column], otherwise: Column) -> Column:
    """Return the result that belongs to the first condition that holds.

    One flat CASE: in nested ones Spark compares the types of all results at every level.
    """
    chosen: Any = F
    for condition, result in zip(conditions, results, strict=True):
        chosen = chosen.when(condition, result)
    return chosen.otherwise(otherwise) if conditions else otherwise


def _writer_number(value: Column, writers: Sequence[Writer]) -> Column:
    """Return which writer a message is from, counted from 0; null for none of them."""
    begins = [
        F.substring(value, 1, len(writer.prefix)) == F.lit(bytearray(writer.prefix))
        for writer in writers
    ]
    return _choose(begins, [F.lit(k) for k in range(len(writers))], F.lit(None).cast("int"))


def _is_from(writers: Sequence[Writer]) -> list[Column]:
    return [F.col("_writer") == k for k in range(len(writers))]


def _frame(value: Column, writers: Sequence[Writer], reader: Schema) -> Column:
    """Return the decoded frame, a struct of ``begin_mark, count, size, alert, end_mark``."""
    wanted = _text(_reader_frame(reader))
    nothing = from_avro(F.lit(None).cast("binary"), wanted)  # but of the right type
    frames = []
    for writer in writers:
        whole = value if writer.is_container else F.concat(value, F.lit(bytearray(END_MARK)))
        options = {"mode": "PERMISSIVE", "avroSchema": wanted}
        frames.append(from_avro(whole, _text(_writer_frame(writer)), options))
    return _choose(_is_from(writers), frames, nothing)


def _text(schema: Schema) -> str:
    return json.dumps(schema, separators=(",", ":"))


def _is_whole(value: Column, writers: Sequence[Writer]) -> Column:
    """Tell where a frame holds just one record that fills the message exactly.

    The conditions name the frame a few times, not once for each writer: its expression holds
    the schemas of all writers, and Spark writes out every plan as text.
    """
    frame = F.col("_frame")
    size = frame["size"]
    # Bytes of the message that are neither record nor its size; null for Confluent's.
    lengths = [
        F.lit(len(writer.prefix) + 2 * SYNC_LENGTH + 1 if writer.is_container else None)
        for writer in writers
    ]
    around = _choose(_is_from(writers), lengths, F.lit(None)).cast("int")
    # Subtracted, not added: a size near 2^63 must not overflow.
    left = F.octet_length(value) - around - _length_of_integer(size)
    one_record = (frame["count"] == 1) & (frame["begin_mark"] == frame["end_mark"]) & (left == size)
    is_marked = frame["end_mark"] == F.lit(bytearray(END_MARK))
    return F.when(around.isNotNull(), one_record).otherwise(is_marked)


def _length_of_integer(size: Column) -> Column:
    """Return how many bytes Avro's zigzag form of a size below 2^34 has."""
    length = F.when(size < 1 << 6, 1).when(size < 1 << 13, 2).when(size < 1 << 20, 3)
    return length.when(size < 1 << 27, 4).otherwise(5)


def _writer_frame(writer: Writer) -> Schema:
    """Return the schema of a whole message, prefix included."""
    if writer.is_container:
        magic = {"type": "fixed", "name": "magic", "size": len(CONTAINER_MAGIC)}
        fields = [
            ("magic", magic),
            ("metadata", {"type": "map", "values": "bytes"}),
            ("begin_mark", MARK),
            ("count", "long"),
            ("size", "long"),
            ("alert", writer.schema),
            ("end_mark", MARK_AGAIN),
        ]
    else:
        prefix = {"type": "fixed", "name": "prefix", "size": CONFLUENT_PREFIX_LENGTH}
        fields = [("prefix", prefix), ("alert", writer.schema), ("end_mark", MARK)]
    return {
        "type": "record",
        "name": "message",
        "namespace": "frame",
        "fields": [{"name": name, "type": kind} for name, kind in fields],
    }


def _reader_frame(reader: Schema) -> Schema:
    """Return what is wanted of a message, the same for every writer."""
    fields = [
        ("begin_mark", MARK),
        ("count", "long"),
        ("size", "long"),
        ("alert", reader),
        ("end_mark", MARK_AGAIN),
    ]
    return {
        "type": "record",
        "name": "message",
        "namespace": "frame",
        "fields": [{"name": n, "type": nullable(kind), "default": None} for n, kind in fields],
    }
