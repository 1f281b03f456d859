"""A topic is made before it is published to, and what it holds is counted by offsets."""

from __future__ import annotations

import time

import pytest
from confluent_kafka.admin import AdminClient

from fink_t2.kafka import LocalKafka
from fink_t2.kafka.publisher import Publisher
from fink_t2.kafka.topic_offsets import TopicOffsets

pytestmark = pytest.mark.end_to_end


def test_a_new_topic_has_leaders_before_the_first_packet(kafka: LocalKafka, topic: str) -> None:
    offsets = TopicOffsets(topic, {"bootstrap.servers": kafka.bootstrap_servers})
    assert offsets.total() == 0
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    partitions = admin.list_topics(topic, timeout=10).topics[topic].partitions
    assert partitions
    assert all(partition.leader >= 0 for partition in partitions.values())


def test_growth_is_counted_from_where_the_topic_was(kafka: LocalKafka, topic: str) -> None:
    for number in (5, 300):
        publisher = Publisher(topic, kafka.bootstrap_servers)
        for packet in range(number):
            publisher.publish(b"packet", str(packet))
        assert publisher.finish() == publisher.delivered == number


def test_messages_that_are_not_in_the_topic_are_missed(kafka: LocalKafka, topic: str) -> None:
    publisher = Publisher(topic, kafka.bootstrap_servers)
    for packet in range(3):
        publisher.publish(b"packet", str(packet))
    assert publisher.finish() == 3
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    admin.delete_topics([topic])[topic].result()
    while topic in admin.list_topics(timeout=10).topics:
        time.sleep(0.1)
    TopicOffsets(topic, {"bootstrap.servers": kafka.bootstrap_servers})
    assert publisher.finish() == 0 < publisher.delivered
