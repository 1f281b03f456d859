"""Publish packets, and count which of them a broker has confirmed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError as DeliveryError
from confluent_kafka import KafkaException, Message, Producer

from fink_t2.kafka.broker import KafkaError
from fink_t2.kafka.topic_offsets import TopicOffsets

SETTINGS: Final[Mapping[str, str | int | float | bool]] = {
    # Every packet arrives once and in the order in which it was sent, whatever is retried.
    "enable.idempotence": True,
    # The partition that Java's producers choose for a key.
    "partitioner": "murmur2_random",
    "compression.type": "lz4",
    "linger.ms": 20,
    "message.max.bytes": 10_000_000,
    "queue.buffering.max.kbytes": 262_144,
    # A packet that no broker has confirmed after this time counts as not delivered.
    "delivery.timeout.ms": 120_000,
    # Errors are reported by the delivery reports.
    "log_level": 2,
}

#: Longest wait for the first answer of a broker (s).
CONNECT_SECONDS: Final = 10.0

#: A packet does not wait for less than this (s); the next one then waits for both.
SHORTEST_WAIT: Final = 0.002

#: Packets between two polls for delivery reports if there is no wait between packets.
POLL_EVERY: Final = 100


class Publisher:
    """An idempotent producer for one topic that counts what was delivered.

    Parameters
    ----------
    topic : str
        Topic to publish to.
    bootstrap_servers : str
        Addresses of the brokers, ``host:port`` separated by commas.
    config : mapping, optional
        librdkafka settings to add or replace.

    Attributes
    ----------
    published : int
        Number of packets handed to the producer.
    delivered, delivered_bytes : int
        Number and total size of the packets that a broker has confirmed.
    errors : Counter
        Number of packets not delivered, by reason.

    Raises
    ------
    KafkaError
        If no broker answers, or a setting is wrong.
    """

    def __init__(
        self, topic: str, bootstrap_servers: str, config: Mapping[str, str] | None = None
    ) -> None:
        self.topic = topic
        self.published = self.delivered = self.delivered_bytes = 0
        self.errors: Counter[str] = Counter()
        self._last_error = ""
        settings = {**SETTINGS, "bootstrap.servers": bootstrap_servers, **(config or {})}
        try:
            self._producer = Producer({**settings, "error_cb": self._note_error})
        except KafkaException as error:
            raise KafkaError(f"a Kafka setting is wrong: {error.args[0].str()}") from error
        try:
            self._producer.list_topics(timeout=CONNECT_SECONDS)
        except KafkaException as error:
            self._producer.poll(0)  # calls back with the cause of the time-out
            reason = self._last_error or str(error.args[0])
            raise KafkaError(f"Kafka at {bootstrap_servers} can't be used: {reason}") from error
        self._offsets = TopicOffsets(topic, settings)
        self._offset_before = self._offsets.total()

    def publish(self, packet: bytes, key: str, due: float = 0.0) -> None:
        """Publish one packet when it is due.

        Parameters
        ----------
        packet : bytes
            Value of the message.
        key : str
            Key of the message; "" for none.
        due : float
            Value of ``time.perf_counter()`` (s) before which it is not published.

        Raises
        ------
        KafkaError
            If the producer has failed for good.
        """
        while (wait := due - time.perf_counter()) > SHORTEST_WAIT:
            self._producer.poll(wait)
        if self.published % POLL_EVERY == 0:
            self._producer.poll(0)
        self.published += 1
        while True:
            try:
                self._producer.produce(self.topic, packet, key or None, on_delivery=self._count)
                return
            except BufferError:
                self._producer.poll(0.1)  # the queue is full: wait until some are delivered
            except KafkaException as error:
                reason = error.args[0]
                if reason.fatal():
                    raise KafkaError(
                        f"publishing has ended after {self.delivered} packets: {reason.str()}"
                    ) from error
                self.errors[reason.str()] += 1
                return

    def finish(self) -> int | None:
        """Wait until every packet is delivered or has failed, and count what the topic holds.

        Returns
        -------
        int or None
            Growth of the topic in messages since this publisher was made; None if no broker
            answers. It is larger than `delivered` if others publish to the topic at the same
            time; if it is smaller, Kafka does not hold what it has confirmed.
        """
        while self._producer.flush(1.0):
            pass
        try:
            return self._offsets.total() - self._offset_before
        except KafkaError:
            return None

    def _count(self, error: DeliveryError | None, message: Message) -> None:
        if error is not None:
            self.errors[error.str()] += 1
        else:
            self.delivered += 1
            self.delivered_bytes += len(message)

    def _note_error(self, error: DeliveryError) -> None:
        self._last_error = error.str()
