"""SASL/SCRAM over TLS, source and sink, by configuration alone; the password appears nowhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from fink_t2.chaos.messages import messages
from fink_t2.config import load_config
from fink_t2.kafka import LocalKafka
from fink_t2.kafka.client_settings import client_settings
from fink_t2.kafka.publisher import Publisher
from fink_t2.operations.audit import audit as audit_job
from fink_t2.operations.audit import audit_topic, totals
from fink_t2.operations.submitted_job import SubmittedJob
from tests.reliability.secure_kafka import PASSWORD, jaas, secure_kafka

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates"),
]
MESSAGES = 40
CONFIG = """\
survey = "ztf"
checkpoint = "{folder}/checkpoint"
[source]
topics = ["{topic}"]
[kafka]
bootstrap_servers = "{servers}"
[kafka.options]
"security.protocol" = "SASL_SSL"
"sasl.mechanism" = "SCRAM-SHA-512"
"sasl.jaas.config" = "env:FINK_T2_TEST_JAAS"
"ssl.truststore.type" = "PEM"
"ssl.truststore.location" = "{authority}"
[output]
path = "{folder}/tables"
topic = "{topic}-out"
dead_letter_topic = "{topic}-dead"
"""


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalKafka, Path]]:
    broker, authority = secure_kafka(tmp_path_factory.mktemp("secure") / "broker")
    with broker:
        yield broker, authority


@pytest.mark.parametrize(
    "wrong",
    [
        {"sasl.password": "not it"},
        {"sasl.username": "nobody"},
        {"security.protocol": "PLAINTEXT"},
        {"security.protocol": "SASL_PLAINTEXT"},
        {"ssl.ca.location": None},
    ],
)
def test_nobody_comes_in_without(
    secure: tuple[LocalKafka, Path], wrong: dict[str, str | None]
) -> None:
    broker, _ = secure
    settings = {"bootstrap.servers": broker.bootstrap_servers, **broker.client_config, **wrong}
    client = AdminClient({k: v for k, v in settings.items() if v is not None} | {"log_level": 0})
    with pytest.raises(KafkaException):
        client.list_topics(timeout=5)


def test_the_job_reads_and_writes(
    secure: tuple[LocalKafka, Path], topic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker, authority = secure
    monkeypatch.setitem(os.environ, "FINK_T2_TEST_JAAS", jaas())
    file = tmp_path / "job.toml"
    file.write_text(
        CONFIG.format(
            folder=tmp_path, topic=topic, servers=broker.bootstrap_servers, authority=authority
        )
    )
    config = load_config(file)
    publisher = Publisher(topic, broker.bootstrap_servers, client_settings(config.kafka))
    for message, _ in messages(0, MESSAGES):
        publisher.publish(message, "")
    publisher.finish()
    assert publisher.delivered == MESSAGES

    log = tmp_path / "job.log"
    events = tmp_path / "events"
    events.mkdir()
    # Spark's event log holds what its web interface shows: settings, plans, environment.
    event_log = {"enabled": "true", "dir": events.as_uri(), "compress": "false"}
    options = [part for key, value in event_log.items()
               for part in ("--conf", f"spark.eventLog.{key}={value}")]  # fmt: skip
    with SubmittedJob(log, file, {"trigger.once": True}, options=options) as job:
        assert job.wait(600) == 0, job.tail(40)
    found = totals(audit_job(config))
    assert found["messages"] == MESSAGES
    assert found["missing"] == found["twice"] == 0
    assert audit_topic(config).missing == 0

    assert any("SparkListenerEnvironmentUpdate" in path.read_text() for path in
               events.rglob("*") if path.is_file())  # fmt: skip
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
