"""The table of dead letters: messages that could not be read, to look at and to send again."""

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

#: Longest wait for Kafka to confirm what was sent (s).
DELIVERY_SECONDS = 60.0
#: Header of a message that was sent again: the name of the dead letter.
REPLAYED_FROM = "replayed_from"


class DeadLetterError(FinkT2Error):
    """There is no table of dead letters, or a dead letter cannot be sent."""


@dataclass(frozen=True)
class DeadLetter:
    """One message that could not be read.

    Attributes
    ----------
    topic : str
        Topic or file that it came from.
    partition, offset : int or None
        Partition and offset in the topic, None for a file.
    ingested_at : datetime
        Time at which the job met it, UTC.
    reason : str
        Why the job could not read it.
    value : bytes
        The whole message.
    """

    topic: str
    partition: int | None
    offset: int | None
    ingested_at: datetime
    reason: str
    value: bytes

    @property
    def name(self) -> str:
        """Name in ``fink-t2 deadletter``: topic/partition/offset, or the path of a file."""
        if self.offset is None:
            return self.topic
        return f"{self.topic}/{self.partition}/{self.offset}"

    def problem_now(self, survey: str, schemas: SchemaSource | None, limits: Limits) -> str:
        """Return why this code cannot read it with these schemas, or "" if it can.

        Parameters
        ----------
        survey : str
            Survey of the job.
        schemas : SchemaSource, optional
            Source of the schemas of framed messages.
        limits : Limits
            Bounds of a message.
        """
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
        Output folder of the job.
    reason : str
        Text that the reason contains, in upper or lower case; "" selects all.
    since : datetime, optional
        Earliest time at which the job met them.
    topic : str
        Topic that they came from; "" selects all.
    """
    files, path = open_folder(f"{root.rstrip('/')}/dead_letters")
    if files.get_file_info(path).type == pafs.FileType.NotFound:
        return
    table = ds.dataset(path, filesystem=files, format="parquet")
    selection = pc.scalar(True)
    if reason:
        selection = selection & pc.match_substring(ds.field("reason"), reason, ignore_case=True)
    if since is not None:
        selection = selection & (ds.field("ingested_at") >= since)
    if topic:
        selection = selection & (ds.field("topic") == topic)
    columns = ["topic", "partition", "offset", "ingested_at", "reason", "value"]
    for batch in table.to_batches(columns=columns, filter=selection, batch_size=1000):
        for row in batch.to_pylist():
            yield DeadLetter(**{**row, "value": row["value"] or b""})


def send_again(
    letters: Iterator[DeadLetter], settings: dict[str, str], topic: str = ""
) -> tuple[int, list[str]]:
    """Publish the messages of dead letters, unchanged.

    Parameters
    ----------
    letters : iterator of DeadLetter
        The dead letters to publish.
    settings : dict of str to str
        librdkafka settings of the producer, see `fink_t2.kafka.client_settings`.
    topic : str
        Topic to publish to; "" stands for the topic that each came from.

    Returns
    -------
    sent : int
        Number of messages that Kafka has confirmed.
    failed : list of str
        Names of the others.

    Raises
    ------
    DeadLetterError
        If a dead letter came from a file and no topic is given.
    """
    producer = Producer({**settings, "enable.idempotence": True, "log_level": 2,
                         "message.max.bytes": 20_971_520})  # fmt: skip
    confirmed: list[str] = []
    waiting: list[str] = []
    for letter in letters:
        if letter.offset is None and not topic:
            raise DeadLetterError(f"{letter.name} came from a file: name a topic with --to")
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
            producer.flush(DELIVERY_SECONDS)  # it counts as failed; another run can send it
        producer.poll(0)
    producer.flush(DELIVERY_SECONDS)
    return len(confirmed), sorted(set(waiting) - set(confirmed))
