"""Messages that can't be read, kept whole, with where they came from and why."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from fink_t2.alerts.wanted_fields import REQUIRED


def dead_letters(looked: DataFrame, survey: str, refused: Mapping[bytes, str]) -> DataFrame:
    """Return the unreadable among messages that were looked at again.

    Parameters
    ----------
    looked : DataFrame
        Result of `fink_t2.stream.second_look.look_again` with the column ``alert``, null where
        the message could not be decoded.
    survey : str
        "ztf" or "lsst".
    refused : mapping of bytes to str
        Beginnings of messages whose schema is refused, and why.

    Returns
    -------
    DataFrame
        ``topic, partition, offset, timestamp, reason, value, ingested_at``.
    """
    reason: Column = F.lit(
        "the record does not match its schema, does not fill its message, has null in "
        + " or ".join(REQUIRED[survey])
        + ", or is of one of too many forms in this stream"
    )
    for prefix, why in refused.items():
        begins = F.substring("value", 1, len(prefix)) == F.lit(bytearray(prefix))
        reason = F.when(begins, F.lit(why)).otherwise(reason)
    return as_dead_letters(
        looked.where(F.col("alert").isNull()), F.coalesce(F.col("reason"), reason)
    )


def as_dead_letters(messages: DataFrame, reason: Column) -> DataFrame:
    """Return messages as rows of the table of dead letters.

    Parameters
    ----------
    messages : DataFrame
        Has ``topic, partition, offset, timestamp, value``.
    reason : Column
        Why each is one.
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
