"""One fault's stage: a topic, a configuration, a job, and who counts what went in and out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from fink_t2.audit import TopicAudit, audit, audit_topic, totals
from fink_t2.chaos.job import ChaosError, Job
from fink_t2.chaos.messages import messages
from fink_t2.checkpoint import CheckpointError, Offsets, read_progress
from fink_t2.config import StreamConfig, load_config
from fink_t2.kafka import LocalKafka
from fink_t2.kafka.publisher import Publisher

PARTITIONS = 2
PATIENCE_SECONDS = 600.0
POLL_SECONDS = 0.2
PUBLISHING_SECONDS = 10.0

CONFIG = """\
survey = "ztf"
checkpoint = "{folder}/checkpoint"

[source]
topics = ["{topic}"]
alerts_per_batch = {per_batch}

[kafka]
bootstrap_servers = "{servers}"

[output]
path = "{folder}/tables"
topic = "{topic}-out"
dead_letter_topic = "{topic}-dead"

[trigger]
seconds = 0.5
"""


@dataclass(frozen=True)
class Outcome:
    """What a fault did to the alerts: one line of the table.

    Attributes
    ----------
    messages : int
        Published.
    rows, dead_letters : int
        In the tables.
    lost, duplicated : int
        Messages in no table; messages or alerts in the tables more than once.
    expired : int
        Deleted by Kafka before they could be read; skipped, as configured. Not in `lost`.
    topic : TopicAudit
        How the output topic agrees with the table.
    seconds : float
        From the fault to the next committed batch, the restart included.
    """

    messages: int
    rows: int
    dead_letters: int
    lost: int
    duplicated: int
    expired: int
    topic: TopicAudit
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost and nothing came twice."""
        return not (self.lost or self.duplicated or self.topic.missing or self.topic.unknown)


class Scene:
    """Topic, configuration and job of one fault.

    Parameters
    ----------
    broker : LocalKafka
        Runs.
    folder : Path
        Empty; gets configuration, checkpoint, tables and the job's log.
    topic : str
        New.
    alerts : int
        Messages that the fault's story is about; a sixth of them is the most in one batch.
    """

    def __init__(self, broker: LocalKafka, folder: Path, topic: str, alerts: int) -> None:
        self.broker = broker
        self.folder = folder
        self.topic = topic
        self.alerts = alerts
        #: Messages per second, where they are published while the job runs.
        self.rate = alerts / PUBLISHING_SECONDS
        self.published = 0
        self.recovered_after = 0.0
        self.log = folder / "job.log"
        folder.mkdir(parents=True)
        self.config_file = folder / "job.toml"
        self.config_file.write_text(
            CONFIG.format(
                folder=folder,
                topic=topic,
                per_batch=max(1, alerts // 6),
                servers=broker.bootstrap_servers,
            )
        )
        broker.create_topic(topic, PARTITIONS)
        self._jobs: list[Job] = []

    @property
    def config(self) -> StreamConfig:
        """The job's configuration."""
        return load_config(self.config_file)

    @property
    def job(self) -> Job:
        """The run that was started last."""
        return self._jobs[-1]

    def start(self, master: str = "local[2]", settings: tuple[str, ...] = ()) -> Job:
        """Start the job."""
        self._jobs.append(Job(self.config_file, self.log, master, settings))
        return self.job

    def publish(self, count: int, rate: float = 0.0) -> None:
        """Publish messages, at so many per second (0: at once), and wait until Kafka has them.

        Raises
        ------
        ChaosError
            If Kafka did not take them all.
        """
        publisher = Publisher(self.topic, self.broker.bootstrap_servers)
        begin = time.perf_counter()
        for sent, (message, _) in enumerate(messages(self.published, count)):
            key = str(self.published + sent)  # spreads them over the partitions
            publisher.publish(message, key, begin + sent / rate if rate else 0.0)
        publisher.finish()
        if publisher.errors:
            raise ChaosError(f"not all messages could be published: {dict(publisher.errors)}")
        self.published += count

    def publishing(self, count: int, rate: float) -> threading.Thread:
        """Publish in the background; join the result before looking at what came out."""
        thread = threading.Thread(target=self.publish, args=(count, rate), daemon=True)
        thread.start()
        return thread

    def batch(self) -> int:
        """Return the last committed batch, -1 if none."""
        try:
            return read_progress(self.config.checkpoint).batch
        except CheckpointError:
            return -1

    def wait_for_batch(self, number: int) -> None:
        """Wait until a batch is committed."""
        self.wait_until(lambda: self.batch() >= number, f"batch {number} is committed")

    def wait_until_caught_up(self) -> None:
        """Wait until all that Kafka has is committed."""
        self.wait_until(self.is_caught_up, "the job has caught up")

    def is_caught_up(self) -> bool:
        """Tell whether every message that Kafka has is in a committed batch."""
        try:
            committed = read_progress(self.config.checkpoint).committed
        except CheckpointError:
            return False
        return all(committed.get(key, 0) >= end for key, end in self.ends().items())

    def ends(self) -> Offsets:
        """Return the offset behind the last message of every partition of the topic."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.broker.bootstrap_servers,
                "group.id": "chaos",
                "log_level": 2,
            }
        )
        try:
            known = consumer.list_topics(self.topic, timeout=10).topics[self.topic].partitions
            return {
                (self.topic, k): consumer.get_watermark_offsets(
                    TopicPartition(self.topic, k), timeout=10
                )[1]
                for k in known
            }
        finally:
            consumer.close()

    def wait_until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait for something the running job shall do.

        Raises
        ------
        ChaosError
            If the job ends before, or takes too long.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_so():
            if not self.job.is_running():
                raise ChaosError(f"the job ended before {what}:\n{self.job.tail()}")
            if time.monotonic() > deadline:
                raise ChaosError(f"not within {PATIENCE_SECONDS:.0f} s: {what}\n{self.job.tail()}")
            time.sleep(POLL_SECONDS)

    def recover(self, fault: Callable[[], object]) -> None:
        """Let a fault happen, then measure how long it takes to the next committed batch."""
        before = self.batch()
        begin = time.monotonic()
        fault()
        self.wait_for_batch(before + 1)
        self.recovered_after = time.monotonic() - begin

    def finish(self) -> None:
        """Catch up, stop the job as a supervisor does.

        Raises
        ------
        ChaosError
            If it does not stop cleanly.
        """
        self.wait_until_caught_up()
        code = self.job.terminate()
        if code != 0:
            raise ChaosError(f"after SIGTERM the job ended with {code}:\n{self.job.tail()}")

    def outcome(self) -> Outcome:
        """Account for all that was published."""
        config = self.config
        found = totals(audit(config))
        unread = self.published - found["messages"]
        return Outcome(
            messages=self.published,
            rows=found["rows"],
            dead_letters=found["dead_letters"],
            lost=found["missing"] - found["expired"] + max(unread, 0),
            duplicated=found["twice"] + found["ahead"],
            expired=found["expired"],
            topic=audit_topic(config),
            seconds=self.recovered_after,
        )

    def clear(self) -> None:
        """End what still runs."""
        for job in self._jobs:
            job.clear()
