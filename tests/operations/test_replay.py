"""Replay: what is in the archive arrives on a real broker, unchanged, keyed, in its rhythm."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import fastavro
import pytest
from confluent_kafka import Consumer, Message

from fink_t2 import cli
from fink_t2.errors import AlertError
from fink_t2.files.archive import archived_alerts, encode_container
from fink_t2.kafka import KafkaError, LocalKafka
from fink_t2.kafka.broker import free_ports
from fink_t2.kafka.topic_offsets import TopicOffsets
from fink_t2.operations.replay import ReplayError, in_their_rhythm, replay, steadily

CANDIDATE = {"type": "record", "name": "candidate", "fields": [{"name": "jd", "type": "double"}]}
FIELDS: list[dict[str, Any]] = [
    {"name": "objectId", "type": "string"},
    {"name": "candid", "type": "long"},
    {"name": "candidate", "type": CANDIDATE},
]
SCHEMA = fastavro.parse_schema({"type": "record", "name": "alert", "fields": FIELDS})

JD = 2459000.5
SECOND = 1 / 86400


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """60 alerts of 7 objects, one second apart; the files are not in the order of time."""
    folder = tmp_path / "night"
    folder.mkdir()
    for candid in range(60):
        record = {
            "objectId": f"ZTF21aaaaaa{candid % 7}",
            "candid": candid,
            "candidate": {"jd": JD + candid * SECOND},
        }
        (folder / f"{59 - candid:02d}.avro").write_bytes(encode_container(SCHEMA, record))
    return folder


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in sorted(folder.glob("*.avro"))]


def consume(kafka: LocalKafka, topic: str) -> list[Message]:
    """Return all messages of a topic; it has one partition, so their order is that of arrival."""
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": topic,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    consumer.subscribe([topic])
    messages: list[Message] = []
    try:
        while True:
            message = consumer.poll(30)
            assert message is not None
            if message.error():  # the end of the partition
                return messages
            messages.append(message)
    finally:
        consumer.close()


@pytest.mark.end_to_end
class TestWithBroker:
    def test_each_alert_arrives_unchanged_and_keyed(
        self, kafka: LocalKafka, topic: str, night: Path
    ) -> None:
        kafka.create_topic(topic, partitions=1)
        report = replay(night, topic, kafka.bootstrap_servers)
        messages = consume(kafka, topic)
        assert [message.value() for message in messages] == contents(night)
        keys = [(message.key() or b"").decode() for message in messages]
        assert keys == [f"ZTF21aaaaaa{candid % 7}" for candid in reversed(range(60))]
        assert (report.published, report.delivered, report.failed) == (60, 60, 0)
        assert report.delivered_bytes == sum(map(len, contents(night)))

    def test_alerts_of_one_object_share_a_partition(
        self, kafka: LocalKafka, topic: str, night: Path
    ) -> None:
        kafka.create_topic(topic, partitions=4)
        replay(night, topic, kafka.bootstrap_servers)
        consumer = Consumer(
            {
                "bootstrap.servers": kafka.bootstrap_servers,
                "group.id": topic,
                "auto.offset.reset": "earliest",
            }
        )
        consumer.subscribe([topic])
        messages = consumer.consume(60, timeout=60)
        consumer.close()
        places = {(message.key(), message.partition()) for message in messages}
        assert len(messages) == 60
        assert len(places) == 7  # one partition for each of the 7 objects
        assert len({partition for _, partition in places}) > 1

    def test_repeats_publish_the_archive_again(
        self, kafka: LocalKafka, topic: str, night: Path
    ) -> None:
        kafka.create_topic(topic, partitions=1)
        assert replay(night, topic, kafka.bootstrap_servers, repeat=3).delivered == 180
        messages = consume(kafka, topic)
        arrived = Counter(message.value() for message in messages)
        assert arrived == dict.fromkeys(contents(night), 3)

    def test_a_rate_spreads_the_alerts_over_time(
        self, kafka: LocalKafka, topic: str, night: Path
    ) -> None:
        kafka.create_topic(topic, partitions=1)
        before = time.time()
        report = replay(night, topic, kafka.bootstrap_servers, rate=30)
        stamps = [message.timestamp()[1] / 1000 for message in consume(kafka, topic)]
        # None may come before its time, with 10 ms for clocks' resolutions.
        assert len(stamps) == 60
        assert all(stamp - before > place / 30 - 0.01 for place, stamp in enumerate(stamps))
        assert report.seconds > 59 / 30 - 0.01

    def test_a_speed_up_keeps_the_order_and_rhythm_of_the_night(
        self, kafka: LocalKafka, topic: str, night: Path
    ) -> None:
        kafka.create_topic(topic, partitions=1)
        report = replay(night, topic, kafka.bootstrap_servers, speedup=40)
        assert report.seconds >= 59 / 40 - 0.01
        messages = consume(kafka, topic)
        assert [message.value() for message in messages] == contents(night)[::-1]

    def test_real_packets_of_all_surveys_pass(
        self, kafka: LocalKafka, topic: str, shared: Path
    ) -> None:
        kafka.create_topic(topic, partitions=1)
        alerts = shared / "data" / "alerts"
        number = sum(1 for _ in archived_alerts(alerts))
        report = replay(alerts, topic, kafka.bootstrap_servers)
        assert report.delivered == report.topic_growth == number > 600
        arrived = Counter(message.value() for message in consume(kafka, topic))
        as_they_are = [*alerts.glob("ztf_*/*.avro"), *alerts.glob("lsst/confluent_framed/*")]
        expected = Counter(file.read_bytes() for file in as_they_are)
        assert expected.total() > 100
        assert {packet: arrived[packet] for packet in expected} == expected

    def test_an_alert_too_large_for_the_topic_is_counted(
        self, kafka: LocalKafka, topic: str, night: Path
    ) -> None:
        kafka.create_topic(topic, partitions=1)
        fields = [*FIELDS, {"name": "cutout", "type": "bytes"}]
        schema = {"type": "record", "name": "alert", "fields": fields}
        record = {
            "objectId": "ZTF21large",
            "candid": 99,
            "candidate": {"jd": JD},
            "cutout": bytes(11_000_000),
        }
        (night / "zz.avro").write_bytes(encode_container(schema, record))
        report = replay(night, topic, kafka.bootstrap_servers)
        assert (report.published, report.delivered, report.failed) == (61, 60, 1)
        assert sum(report.errors.values()) == 1
        assert "large" in next(iter(report.errors)).lower()

    def test_the_command_reports_and_succeeds(
        self, kafka: LocalKafka, topic: str, night: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        servers = ["--bootstrap-servers", kafka.bootstrap_servers]
        command = ["replay", str(night), "--topic", topic, "--as-fast-as-possible", *servers]
        assert cli.main(command) == 0
        said = capsys.readouterr()
        assert said.out.startswith("60 alerts delivered, 0 not delivered, 0 unreadable")
        assert said.err == ""  # no progress bar, as it is no terminal

    def test_the_command_names_what_is_broken_and_fails_unless_told_to_skip_it(
        self, kafka: LocalKafka, topic: str, night: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (night / "07.avro").write_bytes(b"Obj\x01 damaged")
        servers = ["--bootstrap-servers", kafka.bootstrap_servers]
        command = ["replay", str(night), "--topic", topic, "--rate", "1000", *servers]
        assert cli.main(command) == 1
        said = capsys.readouterr()
        assert "59 alerts delivered, 0 not delivered, 1 unreadable" in said.out
        assert "07.avro is no readable Avro container" in said.err
        assert cli.main([*command, "--skip-broken"]) == 0
        assert "07.avro is no readable Avro container" in capsys.readouterr().err

    def test_alerts_that_stay_undelivered_make_the_command_fail(
        self, night: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with LocalKafka(tmp_path / "kafka") as broker:
            servers = broker.bootstrap_servers
            command = [sys.executable, "-m", "fink_t2.cli", "replay", str(night), "--topic", "t"]
            command += ["--rate", "20", "--bootstrap-servers", servers]
            command += ["--producer-config", "delivery.timeout.ms=1500"]
            running = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
            offsets = TopicOffsets("t", {"bootstrap.servers": servers, "log_level": 0})
            while not offsets.total():
                assert running.poll() is None
        assert running.stdout is not None
        said = running.stdout.read()  # the broker is stopped by now
        assert running.wait(120) == 1
        assert "alerts not delivered: Local: Message timed out" in said


@pytest.mark.slow
def test_without_a_broker_the_command_fails_and_says_where(
    night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = f"127.0.0.1:{free_ports(1)[0]}"
    command = ["replay", str(night), "--topic", "t", "--rate", "1", "--bootstrap-servers", server]
    assert cli.main(command) == 1
    said = capsys.readouterr().err
    assert f"Kafka at {server} can't be used" in said
    assert "refused" in said


def test_a_wrong_producer_setting_is_named(night: Path) -> None:
    with pytest.raises(KafkaError, match=r"no\.such\.setting"):
        replay(night, "t", "127.0.0.1:1", producer_config={"no.such.setting": "1"})


@pytest.mark.parametrize(
    "wrong", [{"rate": 0.0}, {"speedup": -1.0}, {"repeat": 0}, {"rate": 1.0, "speedup": 1.0}]
)
def test_settings_that_make_no_sense_are_refused(night: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ReplayError):
        replay(night, "t", "127.0.0.1:1", **wrong)


def test_steady_times() -> None:
    assert list(itertools.islice(steadily(4.0), 5)) == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert list(itertools.islice(steadily(None), 3)) == [0.0, 0.0, 0.0]


def test_times_in_the_rhythm_of_the_night_go_on_with_each_repeat() -> None:
    times = [10.0, 10.25, 11.0]  # days
    due = in_their_rhythm(times, speedup=86400.0)
    assert list(itertools.islice(due, 7)) == [0.0, 0.25, 1.0, 1.0, 1.25, 2.0, 2.0]


@pytest.mark.end_to_end
def test_an_archive_with_nothing_to_publish_is_an_error(
    kafka: LocalKafka, topic: str, tmp_path: Path
) -> None:
    (tmp_path / "only.avro").write_bytes(b"\x00\x00\x00\x00\x01 framed: its time is unknown")
    seen: list[AlertError] = []
    with pytest.raises(AlertError, match="no alert that can be published"):
        replay(tmp_path, topic, kafka.bootstrap_servers, speedup=10, on_broken=seen.append)
    assert "only.avro has no time of observation" in str(seen[0])
