"""Make a topic before it is published to, and count by offsets what Kafka holds of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError as ErrorCode
from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from fink_t2.kafka.broker import KafkaError

#: Time for a request to the brokers, and for a new topic's partitions to have leaders (s).
TIMEOUT_SECONDS: Final = 20.0
POLL_SECONDS: Final = 0.1
#: Errors that end once the brokers know a new topic.
NOT_READY: Final = frozenset(
    {
        ErrorCode.NOT_LEADER_FOR_PARTITION,
        ErrorCode.LEADER_NOT_AVAILABLE,
        ErrorCode.UNKNOWN_TOPIC_OR_PART,
    }
)
#: The brokers' own number of partitions and replicas.
BROKER_DEFAULT: Final = -1


class TopicOffsets:
    """The end offsets of a topic's partitions.

    Parameters
    ----------
    topic : str
        The topic; it is made, with the brokers' own number of partitions, if it does not exist.
    settings : mapping
        librdkafka settings of the client.

    Raises
    ------
    KafkaError
        If the brokers refuse the topic, or its partitions have no leaders in time.
    """

    def __init__(self, topic: str, settings: Mapping[str, str | int | float | bool]) -> None:
        self.topic = topic
        self._admin = AdminClient(dict(settings))
        self._make()
        self._partitions = self._wait_for_leaders()

    def _make(self) -> None:
        try:
            known = self._admin.list_topics(timeout=TIMEOUT_SECONDS).topics
            if self.topic in known:
                return
            new = NewTopic(self.topic, BROKER_DEFAULT, BROKER_DEFAULT)
            self._admin.create_topics([new], request_timeout=TIMEOUT_SECONDS)[self.topic].result()
        except KafkaException as error:
            if error.args[0].code() != ErrorCode.TOPIC_ALREADY_EXISTS:
                raise KafkaError(
                    f"topic {self.topic!r} can't be made: {error.args[0].str()}"
                ) from error

    def _wait_for_leaders(self) -> list[int]:
        """Return the partitions once each has a leader: only then nothing is lost or delayed."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            try:
                described = self._admin.list_topics(self.topic, timeout=TIMEOUT_SECONDS)
            except KafkaException as error:
                raise KafkaError(f"topic {self.topic!r}: {error.args[0].str()}") from error
            partitions = described.topics[self.topic].partitions
            if partitions and all(one.leader >= 0 for one in partitions.values()):
                return sorted(partitions)
            time.sleep(POLL_SECONDS)
        raise KafkaError(
            f"topic {self.topic!r} has no leader for its partitions after {TIMEOUT_SECONDS:.0f} s"
        )

    def total(self) -> int:
        """Return the sum of the end offsets of all partitions.

        Raises
        ------
        KafkaError
            If the brokers do not answer.
        """
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            latest = {TopicPartition(self.topic, one): OffsetSpec.latest()
                      for one in self._partitions}  # fmt: skip
            futures = self._admin.list_offsets(latest, request_timeout=TIMEOUT_SECONDS)
            try:
                return sum(int(future.result().offset) for future in futures.values())
            except KafkaException as error:
                # A broker may take a moment to know that it leads a new topic's partitions.
                if error.args[0].code() not in NOT_READY or time.monotonic() > deadline:
                    raise KafkaError(
                        f"the offsets of topic {self.topic!r} can't be read: {error.args[0].str()}"
                    ) from error
            time.sleep(POLL_SECONDS)
