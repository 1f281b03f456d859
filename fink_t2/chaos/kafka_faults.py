"""Faults of Kafka: no broker, expired messages, added partitions, wrong clocks."""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions

from fink_t2.chaos.errors import ChaosError
from fink_t2.chaos.messages import messages
from fink_t2.chaos.scene import PATIENCE_SECONDS, Scene

BROKER_DOWN_SECONDS = 60.0
#: Longest wait for an answer of Kafka (s).
KAFKA_SECONDS = 30.0
#: Messages of each partition that do not expire.
LEFT_IN_PARTITION = 20
#: Number of partitions after some were added.
ALL_PARTITIONS = 5
YEAR_MILLISECONDS = 1000 * 3600 * 24 * 365


def broker_stopped(scene: Scene) -> None:
    """Kafka is away for a minute: the job waits, or ends and is restarted by its supervisor."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.wait_for_batch(0)
    before = scene.batch()
    with scene.recovery():
        scene.broker.stop()
        time.sleep(BROKER_DOWN_SECONDS)
        scene.broker.start()
        scene.publish(scene.alerts // 2)
        scene.supervise(before + 1)
    scene.finish()


def offsets_expired(scene: Scene) -> None:
    """Kafka has deleted unread messages: the job ends, or skips them if it is configured to."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.finish()
    scene.publish(scene.alerts // 4)
    expired = [
        TopicPartition(scene.topic, partition, end - LEFT_IN_PARTITION)
        for (_, partition), end in scene.ends().items()
    ]
    admin = scene.broker.admin()
    for future in admin.delete_records(expired).values():
        future.result(timeout=KAFKA_SECONDS)
    scene.start()
    scene.ends_badly("failOnDataLoss")
    with scene.recovery():
        scene.start(settings={"source.fail_on_data_loss": False})
    scene.finish()


def partitions_added(scene: Scene) -> None:
    """Partitions are added to the topic while the job runs."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.wait_for_batch(1)
    admin = scene.broker.admin()
    with scene.recovery():
        wanted = [NewPartitions(scene.topic, ALL_PARTITIONS)]
        for future in admin.create_partitions(wanted).values():
            future.result(timeout=KAFKA_SECONDS)
        scene.publish(scene.alerts // 2)
    scene.finish()


def clocks_wrong(scene: Scene) -> None:
    """The clocks of producers are decades ahead or behind."""
    _accept_any_time(scene)
    scene.start()
    scene.job.wait_for_event("started", PATIENCE_SECONDS)
    refusals: list[str] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            refusals.append(str(error))

    producer = Producer({"bootstrap.servers": scene.broker.bootstrap_servers})
    with scene.recovery():
        for number, (message, _) in enumerate(messages(0, scene.alerts)):
            moment = (number % 3) * 60 * YEAR_MILLISECONDS + 1
            producer.produce(scene.topic, message, timestamp=moment, on_delivery=delivered)
        producer.flush()
        scene.published += scene.alerts
    if refusals:
        raise ChaosError(f"Kafka has refused {len(refusals)} messages: {refusals[0]}")
    scene.finish()


def _accept_any_time(scene: Scene) -> None:
    """Have the broker accept messages from the future, and keep those of the distant past."""
    settings = {"message.timestamp.after.max.ms": str((1 << 63) - 1), "retention.ms": "-1"}
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in settings.items()
    ]
    topic = ConfigResource(ConfigResource.Type.TOPIC, scene.topic, incremental_configs=entries)
    admin = scene.broker.admin()
    for future in admin.incremental_alter_configs([topic]).values():
        future.result(timeout=KAFKA_SECONDS)
