"""Create the topics that the job writes to, and look up their numbers of partitions."""

from __future__ import annotations

import time
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from fink_t2.errors import FinkT2Error
from fink_t2.stream.java_errors import first_cause

#: Seconds after which a number of partitions is looked up again, since an operator may add some.
REFRESH_SECONDS = 300.0
TIMEOUT_MILLISECONDS = "30000"


class TopicError(FinkT2Error):
    """Kafka does not answer, or refuses the topics that the job writes to."""


class Topics:
    """Administration of Kafka's topics by its Java client, with the options of Spark's sink.

    Parameters
    ----------
    spark : SparkSession
        Session, whose JVM has the client.
    options : dict of str to str
        Options of the sink; the names begin with ``kafka.``.
    """

    def __init__(self, spark: SparkSession, options: dict[str, str]) -> None:
        self._jvm: Any = spark.sparkContext._jvm
        self._options = options
        self._known: dict[str, tuple[int, float]] = {}

    def partitions(self, topic: str) -> int:
        """Return the number of partitions of a topic, after creating it if necessary.

        Raises
        ------
        TopicError
            If Kafka does not answer or refuses.
        """
        number, asked = self._known.get(topic, (0, 0.0))
        if not number or time.monotonic() - asked > REFRESH_SECONDS:
            number = self._ask(topic)
            self._known[topic] = (number, time.monotonic())
        return number

    def _ask(self, topic: str) -> int:
        properties = self._jvm.java.util.Properties()
        names = {"kafka.bootstrap.servers", "kafka.client.id"}
        for name, value in self._options.items():
            if name in names or name.startswith(("kafka.security.", "kafka.sasl.", "kafka.ssl.")):
                properties.setProperty(name.removeprefix("kafka."), value)
        properties.setProperty("default.api.timeout.ms", TIMEOUT_MILLISECONDS)
        admin: Any = None
        try:
            admin = self._jvm.org.apache.kafka.clients.admin.AdminClient.create(properties)
            if topic not in set(admin.listTopics().names().get()):
                self._make(admin, topic)
            described = admin.describeTopics([topic]).allTopicNames().get()
            return int(described.get(topic).partitions().size())
        except Py4JJavaError as error:
            servers = self._options.get("kafka.bootstrap.servers")
            raise TopicError(
                f"Kafka at {servers}, topic {topic!r}: {first_cause(error).getMessage()}"
            ) from None
        finally:
            if admin is not None:
                admin.close()

    def _make(self, admin: Any, topic: str) -> None:
        """Create a topic with the broker's default numbers of partitions and replicas."""
        broker_decides = self._jvm.java.util.Optional.empty()
        new = self._jvm.org.apache.kafka.clients.admin.NewTopic(
            topic, broker_decides, broker_decides
        )
        try:
            admin.createTopics([new]).all().get()
        except Py4JJavaError as error:
            # Another job may have created the topic in the meantime.
            if "TopicExistsException" not in str(error.java_exception):
                raise
