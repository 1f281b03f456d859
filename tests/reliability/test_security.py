"""Who reaches Kafka how: TLS unless allowed otherwise, secrets never in files that others read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fink_t2.config import KafkaConfig, load_config, resolve_secret
from fink_t2.errors import ConfigError
from fink_t2.kafka.client_settings import client_settings

JOB = """\
survey = "ztf"
checkpoint = "c"
[source]
topics = ["in"]
[output]
path = "out"
[kafka]
bootstrap_servers = "{servers}"
{more}
"""


def config_with(tmp_path: Path, servers: str, more: str = "") -> KafkaConfig:
    file = tmp_path / "job.toml"
    file.write_text(JOB.format(servers=servers, more=more))
    return load_config(file).kafka


@pytest.mark.parametrize("servers", ["localhost:9092", "127.0.0.1:1,127.1.2.3:2", "[::1]:9092"])
def test_this_machine_needs_no_tls(tmp_path: Path, servers: str) -> None:
    assert config_with(tmp_path, servers).bootstrap_servers == servers


@pytest.mark.parametrize(
    "servers", ["broker.example.org:9092", "localhost:9092,10.0.0.3:9092", "localhost.evil:9092"]
)
def test_another_machine_needs_tls(tmp_path: Path, servers: str) -> None:
    with pytest.raises(ConfigError, match="another machine"):
        config_with(tmp_path, servers)
    with pytest.raises(ConfigError, match="another machine"):
        config_with(tmp_path, servers, '[kafka.options]\n"security.protocol" = "SASL_PLAINTEXT"')
    # One side alone without TLS is one too many.
    with pytest.raises(ConfigError, match="another machine"):
        config_with(tmp_path, servers, '[kafka.consumer]\n"security.protocol" = "SSL"')
    config_with(tmp_path, servers, '[kafka.options]\n"security.protocol" = "SASL_SSL"')
    config_with(tmp_path, servers, "allow_plaintext = true")


@pytest.mark.parametrize(
    "name", ["sasl.jaas.config", "ssl.key.password", "ssl.keystore.password", "ssl.keystore.key"]
)
def test_a_secret_does_not_stand_in_the_configuration(tmp_path: Path, name: str) -> None:
    for table in ("options", "consumer", "producer"):
        with pytest.raises(ConfigError, match="is a secret") as refusal:
            config_with(tmp_path, "localhost:1", f'[kafka.{table}]\n"{name}" = "hunter2"')
        assert "hunter2" not in str(refusal.value)
        config_with(tmp_path, "localhost:1", f'[kafka.{table}]\n"{name}" = "env:SECRET"')


def test_a_secret_in_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2\n")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        resolve_secret(f"file:{file}")
    file.chmod(0o600)
    assert resolve_secret(f"file:{file}") == "hunter2"
    with pytest.raises(ConfigError, match="can't be read"):
        resolve_secret(f"file:{tmp_path}/none")


def test_a_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "FINK_T2_TEST_SECRET", "hunter2")
    assert resolve_secret("env:FINK_T2_TEST_SECRET") == "hunter2"
    monkeypatch.delitem(os.environ, "FINK_T2_TEST_SECRET")
    with pytest.raises(ConfigError, match="is not set"):
        resolve_secret("env:FINK_T2_TEST_SECRET")


def test_settings_of_both_clients_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        os.environ,
        "JAAS",
        "org.apache.kafka.common.security.scram.ScramLoginModule required "
        'username="fink" password="a\\"b c";',
    )
    kafka = KafkaConfig(
        bootstrap_servers="b:1",
        options={
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.jaas.config": "env:JAAS",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": "/ca.pem",
        },
        consumer={"client.id": "reader"},
    )
    assert client_settings(kafka, kafka.consumer) == {
        "bootstrap.servers": "b:1",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "fink",
        "sasl.password": 'a"b c',
        "ssl.ca.location": "/ca.pem",
        "client.id": "reader",
    }


def test_java_key_stores_are_said_to_be_unreadable() -> None:
    kafka = KafkaConfig(options={"ssl.truststore.location": "/ca.jks"})
    with pytest.raises(ConfigError, match="PEM"):
        client_settings(kafka)
