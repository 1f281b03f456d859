"""Account for every message: offsets read = alerts written + dead letters, for each partition."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.fs as pafs
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from fink_t2.config import StreamConfig
from fink_t2.errors import FinkT2Error
from fink_t2.kafka.client_settings import client_settings
from fink_t2.modules.configured import model_column
from fink_t2.operations.checkpoint import open_folder, read_progress
from fink_t2.surveys import get_survey

OffsetArray = npt.NDArray[np.int64]
Partition = tuple[str, int]
ALERTS, DEAD_LETTERS = "alerts", "dead_letters"
#: Missing or repeated offsets that a report names.
MOST_NAMED = 5
#: Longest wait for a message of a topic that has more (s).
IDLE_SECONDS = 10.0


class AuditError(FinkT2Error):
    """There is nothing to audit, or it cannot be read."""


@dataclass
class PartitionAudit:
    """What became of the messages of one Kafka partition.

    Attributes
    ----------
    topic : str
        Name of the topic.
    partition : int
        Number of the partition.
    first, end : int
        First offset that the stream has read, and the offset after the last.
    messages : int
        Messages that the stream has read.
    alerts : int
        Messages that became alerts; one message may hold several.
    rows : int
        Alerts written.
    dead_letters : int
        Messages that became dead letters.
    missing : list of int
        Offsets that became neither.
    twice : list of int
        Offsets that were written more than once, or both as an alert and as a dead letter.
    expired : int
        Number of missing offsets that Kafka no longer has: the partition now begins after them.
    ahead : int
        Rows beyond ``end``: those of a batch that is decided and not yet committed.
    """

    topic: str
    partition: int
    first: int
    end: int
    alerts: int = 0
    rows: int = 0
    dead_letters: int = 0
    expired: int = 0
    ahead: int = 0
    missing: list[int] = field(default_factory=list)
    twice: list[int] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """Number of offsets that were read."""
        return self.end - self.first

    @property
    def is_complete(self) -> bool:
        """Whether every message is accounted for exactly once."""
        return not self.missing and not self.twice


@dataclass
class TopicAudit:
    """How the output topic agrees with the table of alerts.

    Attributes
    ----------
    messages : int
        Messages in the topic.
    repeats : int
        Messages whose headers (survey, candid, model) an earlier message has, too.
    missing : int
        Alerts of the table that are not in the topic.
    unknown : int
        Messages in the topic whose alert is not in the table.
    """

    messages: int = 0
    repeats: int = 0
    missing: int = 0
    unknown: int = 0


def audit(config: StreamConfig) -> list[PartitionAudit]:
    """Compare what the checkpoint says was read with what the tables hold.

    Parameters
    ----------
    config : StreamConfig
        The job's configuration: checkpoint, output, Kafka.

    Returns
    -------
    list of PartitionAudit
        One per partition, by topic and partition.

    Raises
    ------
    AuditError
        If the job has no Parquet output.
    CheckpointError
        If there is no checkpoint of a Kafka stream.
    """
    if not config.output.path:
        raise AuditError("'output.path' is not set, so there are no tables to audit")
    progress = read_progress(config.checkpoint)
    records = _origins(config.output.path, ALERTS)
    letters = _origins(config.output.path, DEAD_LETTERS)
    partitions = sorted(progress.committed.keys() | records.keys() | letters.keys())
    audits = [
        _audit_partition(
            key,
            progress.first.get(key, 0),
            progress.committed.get(key, progress.first.get(key, 0)),
            records.get(key, _no_rows()),
            letters.get(key, _no_rows()),
        )
        for key in partitions
    ]
    _count_expired(config, audits)
    return audits


def _audit_partition(
    key: Partition, first: int, end: int, records: OffsetArray, letters: OffsetArray
) -> PartitionAudit:
    """Account for one partition; the arrays have the shape (rows, 2): offset and record."""
    result = PartitionAudit(*key, first=first, end=end)
    offsets = np.concatenate([records[:, 0], letters[:, 0]])
    result.ahead = int((offsets >= end).sum())
    records = records[records[:, 0] < end]
    letters = letters[letters[:, 0] < end]
    alert_offsets, letter_offsets = np.unique(records[:, 0]), np.unique(letters[:, 0])
    result.rows, result.alerts = len(records), len(alert_offsets)
    result.dead_letters = len(letter_offsets)
    written = np.union1d(alert_offsets, letter_offsets)
    result.missing = np.setdiff1d(np.arange(first, end), written, assume_unique=True).tolist()
    unique, counts = np.unique(records, axis=0, return_counts=True)
    letter, letter_counts = np.unique(letters[:, 0], return_counts=True)
    repeated = [unique[counts > 1, 0], letter[letter_counts > 1],
                np.intersect1d(alert_offsets, letter_offsets)]  # fmt: skip
    result.twice = np.unique(np.concatenate(repeated)).tolist()
    return result


def _no_rows() -> OffsetArray:
    return np.empty((0, 2), dtype=np.int64)


def _table(root: str, name: str) -> ds.Dataset | None:
    files, path = open_folder(f"{root.rstrip('/')}/{name}")
    if files.get_file_info(path).type == pafs.FileType.NotFound:
        return None
    table = ds.dataset(path, filesystem=files, format="parquet")
    return table if table.files else None


def _origins(root: str, name: str) -> dict[Partition, OffsetArray]:
    """Return offset and record of every row of a table, by Kafka partition."""
    table = _table(root, name)
    if table is None:
        return {}
    parts: dict[Partition, list[OffsetArray]] = defaultdict(list)
    for topics, partitions, rows in _origin_batches(table, name):
        for topic in pc.unique(topics).to_pylist():
            of_topic = np.asarray(pc.equal(topics, topic))
            for partition in np.unique(partitions[of_topic]):
                chosen = of_topic & (partitions == partition)
                parts[(topic, int(partition))].append(rows[chosen])
    return {key: np.concatenate(arrays) for key, arrays in parts.items()}


def _origin_batches(
    table: ds.Dataset, name: str
) -> Iterator[tuple[pa.Array, npt.NDArray[np.int32], OffsetArray]]:
    if name == ALERTS:
        columns = {part: ds.field("t2_source", part)
                   for part in ("topic", "partition", "offset", "record")}  # fmt: skip
    else:
        columns = {part: ds.field(part) for part in ("topic", "partition", "offset")}
    for batch in table.to_batches(columns=columns):
        batch = batch.filter(pc.is_valid(batch["offset"]))  # rows from files have no offset
        offset = np.asarray(batch["offset"], dtype=np.int64)
        record = np.asarray(batch["record"], np.int64) if name == ALERTS else np.zeros_like(offset)
        partition = np.asarray(batch["partition"], np.int32)
        yield batch["topic"], partition, np.stack([offset, record], axis=1)


def _count_expired(config: StreamConfig, audits: list[PartitionAudit]) -> None:
    """Ask Kafka which of the missing offsets it has deleted."""
    if not any(one.missing for one in audits) or config.source.kind != "kafka":
        return
    consumer = _consumer(config)
    try:
        for one in audits:
            if one.missing:
                low, _ = consumer.get_watermark_offsets(
                    TopicPartition(one.topic, one.partition), timeout=10
                )
                one.expired = sum(offset < low for offset in one.missing)
    except KafkaException:
        return  # Kafka does not answer: no missing offset counts as expired
    finally:
        consumer.close()


def _consumer(config: StreamConfig) -> Consumer:
    return Consumer(
        {
            **client_settings(config.kafka, config.kafka.consumer),
            "group.id": "fink_t2-audit",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "log_level": 2,  # a refused connection is reported by an exception
        }
    )


def audit_topic(config: StreamConfig) -> TopicAudit:
    """Compare the output topic with the table of alerts.

    The topic holds every alert at least once; repeats have equal headers.

    Parameters
    ----------
    config : StreamConfig
        The job's configuration: output and Kafka.

    Raises
    ------
    AuditError
        If the job has no topic or no table, or Kafka does not answer.
    """
    table = _table(config.output.path, ALERTS) if config.output.path else None
    if table is None or not config.output.topic:
        raise AuditError(
            "the output topic is compared with the alert table: 'output.topic' and 'output.path' "
            "must both be set, and there must be alerts in the table"
        )
    identity = ds.field(*get_survey(config.survey).alert_id.name.split("."))
    written: set[tuple[str, str]] = set()
    model = model_column(config)
    has_model = model in table.schema.names
    columns = {"identity": identity, "model": ds.field(model) if has_model else pc.scalar("")}
    for batch in table.to_batches(columns=columns):
        pairs = zip(batch["identity"].to_pylist(), batch["model"].to_pylist(), strict=True)
        written.update((str(candid), model) for candid, model in pairs)
    sent = Counter(
        (headers.get("candid", ""), headers.get("model", ""))
        for headers in _headers(config, config.output.topic)
    )
    return TopicAudit(
        messages=sent.total(),
        repeats=sent.total() - len(sent),
        missing=len(written - sent.keys()),
        unknown=len(sent.keys() - written),
    )


def _headers(config: StreamConfig, topic: str) -> Iterator[dict[str, str]]:
    """Yield the headers of every message that a topic holds now."""
    consumer = _consumer(config)
    try:
        described = consumer.list_topics(topic, timeout=10).topics[topic]
        consumer.assign([TopicPartition(topic, k, OFFSET_BEGINNING) for k in described.partitions])
        waiting = set(described.partitions)
        while waiting:
            message = consumer.poll(IDLE_SECONDS)
            if message is None:
                raise AuditError(f"topic {topic!r}: no message from Kafka for {IDLE_SECONDS:.0f} s")
            if message.error() is not None:
                waiting.discard(message.partition())
                continue
            yield {
                name: value.decode("utf-8", "replace")
                for name, value in dict(message.headers() or []).items()
                if isinstance(value, bytes)
            }
    except KafkaException as error:
        raise AuditError(f"topic {topic!r}: {error.args[0]}") from None
    finally:
        consumer.close()


def totals(audits: list[PartitionAudit]) -> dict[str, int]:
    """Return the sums over partitions, which ``fink-t2 audit`` prints last."""
    return {
        "messages": sum(one.messages for one in audits),
        "alerts": sum(one.alerts for one in audits),
        "rows": sum(one.rows for one in audits),
        "dead_letters": sum(one.dead_letters for one in audits),
        "missing": sum(len(one.missing) for one in audits),
        "twice": sum(len(one.twice) for one in audits),
        "expired": sum(one.expired for one in audits),
        "ahead": sum(one.ahead for one in audits),
    }


def abbreviate(offsets: list[int]) -> str:
    """Return the first offsets as text, and the number of all: ``"3, 4, 5, 6, 7 ... (12)"``."""
    text = ", ".join(map(str, offsets[:MOST_NAMED]))
    return text if len(offsets) <= MOST_NAMED else f"{text} ... ({len(offsets)})"
