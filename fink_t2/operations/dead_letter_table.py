"""The table of dead letters: find messages that could not be read, and send them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from confluent_kafka import KafkaException, Producer

from fink_t2.alerts import SchemaSource, decode_alerts
from fink_t2.alerts.limits import Limits
from fink_t2.errors import AlertError, FinkT2Error
from fink_t2.operations.checkpoint import open_folder

DELIVERY_SECONDS = 60.0
#: Header of a message that was sent again: where it was a dead letter.
REPLAYED_FROM = "replayed_from"


class DeadLetterError(FinkT2Error):
    """A dead letter can't be found or sent."""


@dataclass(frozen=True)
class DeadLetter:
    """One message that could not be read.

    Attributes
    ----------
    topic, partition, offset
        Where it came from; partition and offset are None for a file.
    ingested_at : datetime
        When the job met it.
    reason : str
        Why it could not be read then.
    value : bytes
        The message.
    """

    topic: str
    partition: int | None
    offset: int | None
    ingested_at: datetime
    reason: str
    value: bytes

    @property
    def name(self) -> str:
        """What `fink-t2 deadletter` knows it by: topic/partition/offset."""
        if self.offset is None:
            return self.topic
        return f"{self.topic}/{self.partition}/{self.offset}"

    def problem_now(self, survey: str, schemas: SchemaSource | None, limits: Limits) -> str:
        """Return why it can't be read by this code and these schemas; "" if it can."""
        try:
            return "" if list(decode_alerts(self.value, survey, schemas, limits)) else "no alert"
        except AlertError as error:
            return str(error)


def dead_letters(
    root: str, reason: str = "", since: datetime | None = None, topic: str = ""
) -> Iterator[DeadLetter]:
    """Yield the dead letters of a job, in no particular order.

    Parameters
    ----------
    root : str
        The job's output folder.
    reason : str
        Only those whose reason has this in it.
    since : datetime, optional
        Only those that the job met since.
    topic : str
        Only those from this topic.
    """
    files, path = open_folder(f"{root.rstrip('/')}/dead_letters")
    if files.get_file_info(path).type == pafs.FileType.NotFound:
        return
    table = ds.dataset(path, filesystem=files, format="parquet")
    chosen = pc.scalar(True)
    if reason:
        chosen = chosen & pc.match_substring(ds.field("reason"), reason, ignore_case=True)
    if since is not None:
        chosen = chosen & (ds.field("ingested_at") >= since)
    if topic:
        chosen = chosen & (ds.field("topic") == topic)
    columns = ["topic", "partition", "offset", "ingested_at", "reason", "value"]
    for batch in table.to_batches(columns=columns, filter=chosen, batch_size=1000):
        for row in batch.to_pylist():
            yield DeadLetter(**{**row, "value": row["value"] or b""})


def send_again(
    letters: Iterator[DeadLetter], settings: dict[str, str], topic: str = ""
) -> tuple[int, list[str]]:
    """Publish dead letters as they came.

    Parameters
    ----------
    letters : iterator of DeadLetter
        Which.
    settings : dict of str to str
        librdkafka's, see `fink_t2.kafka.client_settings`.
    topic : str
        Where to; "" for the topic each came from.

    Returns
    -------
    sent : int
        How many Kafka has confirmed.
    failed : list of str
        Names of the others.
    """
    producer = Producer({**settings, "enable.idempotence": True, "log_level": 2,
                         "message.max.bytes": 20_971_520})  # fmt: skip
    confirmed: list[str] = []
    waiting: list[str] = []
    for letter in letters:
        if letter.offset is None and not topic:
            raise DeadLetterError(f"{letter.name} came from a file: say a topic with --to")
        waiting.append(letter.name)

        def delivered(error: object, message: object, name: str = letter.name) -> None:
            if error is None:
                confirmed.append(name)

        try:
            producer.produce(
                topic or letter.topic,
                letter.value,
                headers={REPLAYED_FROM: letter.name.encode()},
                on_delivery=delivered,
            )
        except (BufferError, KafkaException):
            producer.flush(DELIVERY_SECONDS)  # counted as failed: to be sent by another run
        producer.poll(0)
    producer.flush(DELIVERY_SECONDS)
    return len(confirmed), sorted(set(waiting) - set(confirmed))
