"""A real single-node Apache Kafka on this machine, for the demo, tests and development."""

from fink_t2.kafka.broker import KafkaError, LocalKafka

__all__ = ["KafkaError", "LocalKafka"]
