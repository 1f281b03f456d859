"""The scene of one fault: a topic, a configuration, a job, and the count of what came out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, TopicPartition

from fink_t2.chaos.errors import ChaosError
from fink_t2.chaos.messages import messages
from fink_t2.chaos.scrape import scrape
from fink_t2.config import StreamConfig, load_config
from fink_t2.kafka import LocalKafka
from fink_t2.kafka.broker import free_ports
from fink_t2.kafka.publisher import Publisher
from fink_t2.operations.audit import TopicAudit, audit, audit_topic, totals
from fink_t2.operations.checkpoint import CheckpointError, Offsets, read_progress
from fink_t2.operations.submitted_job import SubmittedJob

PARTITIONS = 2
#: Longest wait for something that the job is to do (s).
PATIENCE_SECONDS = 600.0
#: Longest wait for the job to stop (s).
STOP_SECONDS = 400.0
POLL_SECONDS = 0.2
#: Time in which the messages of a fault are published while the job runs (s).
PUBLISHING_SECONDS = 10.0
#: Two drivers and a broker must fit into the memory of a small machine.
OPTIONS = (
    *("--conf", "spark.ui.enabled=false"),
    *("--conf", "spark.driver.memory=1g"),
    *("--conf", "spark.executor.memory=1g"),
)

CONFIG = """\
survey = "ztf"
checkpoint = "{disk}/checkpoint"

[source]
topics = ["{topic}"]
alerts_per_batch = {per_batch}

[kafka]
bootstrap_servers = "{servers}"

[output]
path = "{disk}/tables"
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
        Messages that were published.
    rows, dead_letters : int
        Rows of the two tables.
    lost : int
        Messages in no table.
    duplicated : int
        Messages or alerts that are in the tables more than once.
    expired : int
        Messages that Kafka deleted before they could be read, and that were skipped, as
        configured. They do not count as `lost`.
    topic : TopicAudit
        Agreement of the output topic with the table.
    seconds : float
        Time from the fault to the next committed batch, including the restart.
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
        """Whether nothing was lost and nothing was written twice."""
        return not (self.lost or self.duplicated or self.topic.missing or self.topic.unknown)


class Scene:
    """Topic, configuration and job of one fault.

    Parameters
    ----------
    broker : LocalKafka
        A running broker.
    folder : Path
        An empty folder for configuration, checkpoint, tables and the job's log.
    topic : str
        Name of a new topic.
    per_batch : int
        Largest number of messages in one batch.
    alerts : int
        Number of messages that the fault publishes.
    """

    def __init__(
        self, broker: LocalKafka, folder: Path, topic: str, per_batch: int, alerts: int = 0
    ) -> None:
        self.broker = broker
        self.folder = folder
        self.topic = topic
        self.alerts = alerts
        #: Messages per second that are published while the job runs.
        self.rate = alerts / PUBLISHING_SECONDS
        self.published = 0
        self.recovered_after = 0.0
        self.metrics_port = 0
        self.log = folder / "job.log"
        #: Folder of tables and checkpoint.
        self.disk = folder / "disk"
        self.disk.mkdir(parents=True)
        self.config_file = folder / "job.toml"
        self.config_file.write_text(
            CONFIG.format(
                disk=self.disk,
                topic=topic,
                per_batch=per_batch,
                servers=broker.bootstrap_servers,
            )
        )
        broker.create_topic(topic, PARTITIONS)
        self._jobs: list[SubmittedJob] = []
        self._at_end: list[Callable[[], object]] = []

    @property
    def config(self) -> StreamConfig:
        """The job's configuration."""
        return load_config(self.config_file)

    @property
    def job(self) -> SubmittedJob:
        """The last run that was started."""
        return self._jobs[-1]

    def start(self, master: str = "local[2]", settings: Mapping[str, Any] | None = None) -> None:
        """Start the job."""
        self.metrics_port = free_ports(1)[0]
        all_settings = {**(settings or {}), "metrics.address": f":{self.metrics_port}"}
        job = SubmittedJob(self.log, self.config_file, all_settings, master, OPTIONS)
        self._jobs.append(job)
        job.start()

    def stop(self) -> None:
        """Stop the job as a supervisor does.

        Raises
        ------
        ChaosError
            If it does not stop cleanly.
        """
        code = self.job.stop(STOP_SECONDS)
        if code != 0:
            raise ChaosError(f"after SIGTERM the job ended with {code}:\n{self.job.tail()}")

    def ends_badly(self, reason: str) -> None:
        """Wait until the job ends by itself, with an exit code other than 0 and a reason.

        Parameters
        ----------
        reason : str
            Text that the output of the job must contain.

        Raises
        ------
        ChaosError
            If the exit code is 0, or the output does not contain the reason.
        """
        code = self.job.wait(STOP_SECONDS)
        if code == 0 or reason not in self.job.output():
            raise ChaosError(
                f"the job ended with {code}, and not because of {reason!r}:\n{self.job.tail()}"
            )

    def supervise(self, batch: int) -> None:
        """Restart the job whenever it ends, as systemd would, until a batch is committed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.batch() < batch:
            if time.monotonic() > deadline:
                raise ChaosError(f"the job did not recover:\n{self.job.tail()}")
            if not self.job.is_running():
                self.start()
            time.sleep(POLL_SECONDS)

    @contextmanager
    def under_load(
        self, master: str = "local[2]", settings: Mapping[str, Any] | None = None
    ) -> Iterator[None]:
        """Cause a fault while alerts flow through the job, then wait until it has caught up."""
        publishing = self.publishing(self.alerts, self.rate)
        self.start(master, settings)
        self.wait_for_batch(1)
        yield
        publishing.join()
        self.finish()

    @contextmanager
    def recovery(self) -> Iterator[None]:
        """Measure the time from a fault to the next committed batch."""
        before, begin = self.batch(), time.monotonic()
        yield
        self.wait_for_batch(before + 1)
        self.recovered_after = time.monotonic() - begin

    def publish(self, count: int, rate: float = 0.0) -> None:
        """Publish messages, and wait until Kafka has confirmed them.

        Parameters
        ----------
        count : int
            Number of messages.
        rate : float
            Messages per second; 0 publishes them at once.

        Raises
        ------
        ChaosError
            If Kafka has not confirmed them all.
        """
        first = self.published
        self.published += count  # before anything is sent: another thread may publish, too
        publisher = Publisher(self.topic, self.broker.bootstrap_servers)
        begin = time.perf_counter()
        for sent, (message, _) in enumerate(messages(first, count)):
            key = str(first + sent)  # spreads them over the partitions
            publisher.publish(message, key, begin + sent / rate if rate else 0.0)
        publisher.finish()
        if publisher.errors:
            raise ChaosError(f"not all messages could be published: {dict(publisher.errors)}")

    def publishing(self, count: int, rate: float) -> threading.Thread:
        """Publish in the background; the returned thread ends once Kafka has all messages."""
        thread = threading.Thread(target=self.publish, args=(count, rate), daemon=True)
        thread.start()
        return thread

    def batch(self) -> int:
        """Return the number of the last committed batch, -1 if there is none."""
        try:
            return read_progress(self.config.checkpoint).batch
        except CheckpointError:
            return -1

    def wait_for_batch(self, number: int) -> None:
        """Wait until a batch is committed."""
        self.wait_until(lambda: self.batch() >= number, f"batch {number} is committed")

    def wait_until_caught_up(self) -> None:
        """Wait until every message that Kafka has is in a committed batch."""
        self.wait_until(self.is_caught_up, "the job has caught up")

    def is_caught_up(self) -> bool:
        """Tell whether every message that Kafka has is in a committed batch."""
        try:
            committed = read_progress(self.config.checkpoint).committed
        except CheckpointError:
            return False
        return all(committed.get(key, 0) >= end for key, end in self.ends().items())

    def ends(self) -> Offsets:
        """Return the offset after the last message of every partition of the topic."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.broker.bootstrap_servers,
                "group.id": "chaos",
                "log_level": 2,
            }
        )
        try:
            described = consumer.list_topics(self.topic, timeout=10).topics[self.topic]
            return {
                (self.topic, number): consumer.get_watermark_offsets(
                    TopicPartition(self.topic, number), timeout=10
                )[1]
                for number in described.partitions
            }
        finally:
            consumer.close()

    def wait_until(self, is_met: Callable[[], bool], condition: str) -> None:
        """Wait until the running job has fulfilled a condition.

        Parameters
        ----------
        is_met : callable
            Tells whether the condition is fulfilled.
        condition : str
            The condition in words, for the error.

        Raises
        ------
        ChaosError
            If the job ends before, or takes too long.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_met():
            if not self.job.is_running():
                raise ChaosError(f"the job ended before {condition}:\n{self.job.tail()}")
            if time.monotonic() > deadline:
                raise ChaosError(
                    f"not within {PATIENCE_SECONDS:.0f} s: {condition}\n{self.job.tail()}"
                )
            time.sleep(POLL_SECONDS)

    def finish(self) -> None:
        """Wait until the job has caught up, then stop it.

        Raises
        ------
        ChaosError
            If it does not stop cleanly, a batch had more messages than configured, or the
            metrics differ from the sums over the batches.
        """
        self.wait_until_caught_up()
        self.wait_until(self._metrics_agree, "its metrics agree with its batch lines")
        self.stop()
        largest = max((batch["in"] for batch in self.job.batches()), default=0)
        if largest > self.config.source.alerts_per_batch:
            raise ChaosError(f"a batch had {largest} messages, more than configured")

    def _metrics_agree(self) -> bool:
        metrics, batches = scrape(self.metrics_port), self.job.batches()
        return (
            metrics["fink_t2_messages_total",] == sum(batch["in"] for batch in batches)
            and metrics["fink_t2_dead_letters_total",] == sum(b["dead_letters"] for b in batches)
            and metrics["fink_t2_batches_total",] == len(batches)
        )

    def check_no_repeats(self) -> None:
        """Check that the output topic holds every alert once, as it must after a clean restart.

        Raises
        ------
        ChaosError
            If it holds repeats.
        """
        repeats = audit_topic(self.config).repeats
        if repeats:
            raise ChaosError(f"a clean restart has sent {repeats} alerts to Kafka twice")

    def outcome(self) -> Outcome:
        """Account for every message that was published."""
        config = self.config
        sums = totals(audit(config))
        unread = self.published - sums["messages"]
        return Outcome(
            messages=self.published,
            rows=sums["rows"],
            dead_letters=sums["dead_letters"],
            lost=sums["missing"] - sums["expired"] + max(unread, 0),
            duplicated=sums["twice"] + sums["ahead"],
            expired=sums["expired"],
            topic=audit_topic(config),
            seconds=self.recovered_after,
        )

    def at_end(self, action: Callable[[], object]) -> None:
        """Register an action to be done once the scene is over and accounted for."""
        self._at_end.append(action)

    def clear(self) -> None:
        """Kill the processes that still run, and do what was registered for the end."""
        for job in self._jobs:
            job.kill()
        for action in self._at_end:
            action()
