"""Dead letters: listed, shown, and sent again to a real Kafka when they can be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from confluent_kafka import Consumer

from fink_t2.chaos.messages import messages
from fink_t2.cli import main
from fink_t2.kafka import LocalKafka
from tests.reliability.job_on_disk import JobOnDisk


def command(job: JobOnDisk, *arguments: str) -> int:
    return main(["deadletter", *arguments, "--config", str(job.config)])


@pytest.fixture
def job(tmp_path: Path) -> JobOnDisk:
    job = JobOnDisk(tmp_path)
    good = next(messages(1, 1))[0]
    job.letters([(0, 3), (0, 5), (1, 2)], [b"no alert", good, b"\xff" * 100])
    return job


def test_list(job: JobOnDisk, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(job, "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert "alerts/0/3  2026-08-01 03:00:00  8 bytes  reason 0" in lines
    assert command(job, "list", "--reason", "REASON 1") == 0
    assert capsys.readouterr().out.startswith("alerts/0/5")
    assert command(job, "list", "--since", "2026-08-02") == 0
    assert capsys.readouterr().out == ""
    assert command(job, "list", "--limit", "1") == 0
    assert "--limit N lists more" in capsys.readouterr().out


def test_summary(job: JobOnDisk, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(job, "list", "--summary") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["2", "reason", "0"],
        ["1", "reason", "1"],
        ["3", "in", "total"],
    ]


def test_show(job: JobOnDisk, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "message.bin"
    assert command(job, "show", "alerts/0/3", "--out", str(out)) == 0
    text = capsys.readouterr().out
    assert "neither an Avro container nor Confluent" in text
    assert out.read_bytes() == b"no alert"
    assert command(job, "show", "alerts/0/5") == 0
    assert "can be read" in capsys.readouterr().out
    assert command(job, "show", "alerts/0/99") == 1


def test_no_table_is_no_dead_letter(tmp_path: Path) -> None:
    assert command(JobOnDisk(tmp_path), "list") == 0


@pytest.mark.end_to_end
def test_replay(
    kafka: LocalKafka, topic: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = JobOnDisk(tmp_path, topic, kafka.bootstrap_servers)
    good = next(messages(1, 1))[0]
    job.letters([(0, 3), (0, 5)], [b"no alert", good])
    kafka.create_topic(topic, 1)
    assert command(job, "replay", "--dry-run") == 0
    assert "1 would be sent, 1 still can't be read" in capsys.readouterr().out
    assert command(job, "replay") == 0
    assert "1 sent, 1 left" in capsys.readouterr().out
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.bootstrap_servers,
            "group.id": topic,
            "auto.offset.reset": "earliest",
        }
    )
    consumer.subscribe([topic])
    message = consumer.poll(30)
    nothing = consumer.poll(1)
    consumer.close()
    assert message is not None
    assert message.value() == good
    assert dict(message.headers() or []) == {"replayed_from": f"{topic}/0/5".encode()}
    assert nothing is None


@pytest.mark.end_to_end
def test_status_reads_checkpoint_and_kafka(
    kafka: LocalKafka, topic: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from fink_t2.kafka.publisher import Publisher

    job = JobOnDisk(tmp_path, topic, kafka.bootstrap_servers)
    kafka.create_topic(topic, 1)
    publisher = Publisher(topic, kafka.bootstrap_servers)
    for message, _ in messages(0, 10):
        publisher.publish(message, "")
    publisher.finish()
    job.checkpoint([{"0": 4}], commits=1)
    assert main(["status", "--config", str(job.config)]) == 0
    out = capsys.readouterr().out
    assert "waiting         6 messages" in out
    assert f"{topic}/0  read to 4 of 10" in out
    assert main(["status", "--config", str(job.config), "--stale", "-1"]) == 1
    assert "STALE" in capsys.readouterr().out
