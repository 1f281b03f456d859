"""Rows of the dead-letter table: messages that were not classified, their origin and the reason."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fink_t2.surveys import Survey


def dead_letters(rewritten: DataFrame, survey: Survey, refused: Mapping[bytes, str]) -> DataFrame:
    """Return the messages that neither the JVM nor the fallback decoding could read.

    Parameters
    ----------
    rewritten : DataFrame
        Result of `fink_t2.stream.fallback_decoding.rewrite_unread_messages`, decoded once more:
        the column ``alert`` is null where the message could not be decoded.
    survey : Survey
        Whose alerts these are.
    refused : mapping of bytes to str
        Prefixes of the messages whose writer schema is refused, and the reason.

    Returns
    -------
    DataFrame
        Columns ``topic, partition, offset, timestamp, reason, value, ingested_at``.
    """
    reason: Column = F.lit(
        "the record does not match its schema, does not fill its message, has null in "
        + " or ".join(survey.required_fields)
        + ", or is of one of too many forms in this stream"
    )
    for prefix, why in refused.items():
        begins = F.substring("value", 1, len(prefix)) == F.lit(bytearray(prefix))
        reason = F.when(begins, F.lit(why)).otherwise(reason)
    return as_dead_letters(
        rewritten.where(F.col("alert").isNull()), F.coalesce(F.col("reason"), reason)
    )


def as_dead_letters(messages: DataFrame, reason: Column) -> DataFrame:
    """Return messages as rows of the table of dead letters.

    Parameters
    ----------
    messages : DataFrame
        Columns ``topic, partition, offset, timestamp, value``.
    reason : Column
        Why the message was not classified.

    Returns
    -------
    DataFrame
        Columns ``topic, partition, offset, timestamp, reason, value, ingested_at``.
    """
    return messages.select(
        "topic",
        "partition",
        "offset",
        "timestamp",
        reason.alias("reason"),
        "value",
        F.current_timestamp().alias("ingested_at"),
    )
