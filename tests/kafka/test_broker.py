"""The local broker: a real Kafka is started, used, restarted and stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer

from fink_t2 import cli
from fink_t2.kafka import KafkaError, LocalKafka

pytestmark = pytest.mark.end_to_end


def publish(broker: LocalKafka, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers} | broker.client_config)
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(30) == 0


def consume(broker: LocalKafka, topic: str, count: int) -> list[bytes]:
    consumer = Consumer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "group.id": "test",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": "false",
        }
        | broker.client_config
    )
    consumer.subscribe([topic])
    try:
        messages = consumer.consume(count, timeout=60)
    finally:
        consumer.close()
    return [message.value() or b"" for message in messages]


def test_a_restarted_broker_still_has_its_messages(tmp_path: Path) -> None:
    values = [b"one", b"two", b"three"]
    with LocalKafka(tmp_path) as broker:
        broker.create_topic("kept", partitions=1)
        publish(broker, "kept", values)
    assert broker.pid is None
    with LocalKafka(tmp_path) as broker:
        assert "Kafka Server started" in broker.log.read_text()
        assert broker.topics() == {"kept": 1}
        assert consume(broker, "kept", 3) == values


def test_start_waits_until_messages_of_5_mb_pass(kafka: LocalKafka, topic: str) -> None:
    value = os.urandom(5_000_000)
    producer = Producer(
        {"bootstrap.servers": kafka.bootstrap_servers, "message.max.bytes": 10_000_000}
    )
    producer.produce(topic, value)
    assert producer.flush(30) == 0
    assert consume(kafka, topic, 1) == [value]


LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F"}  # as the kernel's tables write it


def test_it_listens_on_the_loopback_interface_only(kafka: LocalKafka) -> None:
    hosts = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        for line in table.read_text().splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            host, port = local.split(":")
            if state == "0A" and int(port, 16) == kafka.port:  # 0A: listening
                hosts.add(host)
    assert hosts
    assert hosts <= LOOPBACK


def test_a_second_start_in_the_same_folder_is_refused(kafka: LocalKafka) -> None:
    with pytest.raises(KafkaError, match="runs already"):
        LocalKafka(kafka.folder).start()
    assert kafka.topics() is not None


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(KafkaError, match=f"port {port} is taken"):
            LocalKafka(tmp_path, port).start()


def test_a_setting_that_kafka_refuses_ends_the_start_with_the_reason(tmp_path: Path) -> None:
    broker = LocalKafka(tmp_path, properties={"process.roles": "nonsense"})
    with pytest.raises(KafkaError, match="nonsense"):
        broker.start()
    assert broker.pid is None


def test_a_broker_that_ends_while_starting_names_its_log(tmp_path: Path) -> None:
    with LocalKafka(tmp_path):
        pass
    broker = LocalKafka(tmp_path, properties={"node.id": "7"})  # the data folder is node 1's
    with pytest.raises(KafkaError, match=r"ended after its start; see .*kafka\.log"):
        broker.start()
    assert not (tmp_path / "kafka.pid").exists()


def test_the_process_id_of_another_process_is_no_broker(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (tmp_path / "kafka.pid").write_text(f"{other.pid} 9092\n")
        broker = LocalKafka(tmp_path)
        assert broker.pid is None
        assert not broker.stop()
        assert other.poll() is None
        assert not (tmp_path / "kafka.pid").exists()
    finally:
        other.kill()
        other.wait()


def test_the_command_starts_describes_and_stops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path)]
    assert cli.main(["kafka", "status", *data]) == 1
    command = [sys.executable, "-m", "fink_t2.cli", "kafka", "start", "--port", "0", *data]
    subprocess.run(command, check=True)  # a process of its own, which the broker outlives
    try:
        broker = LocalKafka(tmp_path)
        broker.create_topic("alerts", partitions=3)
        assert cli.main(["kafka", "status", *data]) == 0
        said = capsys.readouterr().out
        assert broker.bootstrap_servers in said
        assert "alerts  3 partitions" in said
    finally:
        assert cli.main(["kafka", "stop", *data]) == 0
    assert broker.pid is None
    assert cli.main(["kafka", "stop", *data]) == 1


def test_settings_on_the_command_line_reach_the_broker(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)]
    try:
        assert cli.main(["kafka", "start", "--port", "0", *data, "--set", "num.partitions=7"]) == 0
        broker = LocalKafka(tmp_path)
        publish(broker, "made-on-first-use", [b"x"])
        assert broker.topics() == {"made-on-first-use": 7}
    finally:
        cli.main(["kafka", "stop", *data])


def test_a_broker_can_ask_for_a_password(tmp_path: Path) -> None:
    client = {
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "fink",
        "sasl.password": "let-me-in",
    }
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required"
    properties = {
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512",
        "listener.name.client.scram-sha-512.sasl.jaas.config": (
            f'{login} username="fink" password="let-me-in";'
        ),
    }
    scram = ["--add-scram", "SCRAM-SHA-512=[name=fink,password=let-me-in]"]
    broker = LocalKafka(
        tmp_path, properties=properties, client_config=client, format_arguments=scram
    )
    with broker:
        publish(broker, "secret", [b"x"])
        assert consume(broker, "secret", 1) == [b"x"]
        stranger = LocalKafka(tmp_path, client_config=client | {"sasl.password": "wrong"})
        with pytest.raises(KafkaError):
            stranger.topics()
