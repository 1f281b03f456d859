"""The job as operators run it: spark-submit and a real Kafka, stopped in the middle and resumed."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest
from confluent_kafka import Consumer, Producer
from fink_client.consumer import AlertConsumer

from fink_t2.kafka import LocalKafka
from fink_t2.science.classes import CLASSES
from tests.alerts import rubin
from tests.conftest import CHECKOUT

CONFIG = """
survey = "ztf"
checkpoint = "{folder}/checkpoint"
[source]
topics = ["{topic}"]
alerts_per_batch = 40
[kafka]
bootstrap_servers = "{servers}"
[output]
path = "{folder}/tables"
topic = "{topic}-out"
dead_letter_topic = "{topic}-dead"
[[substream]]
topic = "{topic}-classified"
filter = "t2_status == 'ok' and atx_status == 'ok'"
[[module]]
name = "t2"
[[module]]
name = "atx"
[trigger]
seconds = 1
"""
PATIENCE_SECONDS = 600


def corrupt(packet: bytes) -> list[bytes | None]:
    """Twenty messages that are no ZTF alert."""
    cuts: list[bytes | None] = [packet[: len(packet) * k // 9] for k in range(1, 9)]
    noise: list[bytes | None] = [bytes((7 * k * i) % 256 for i in range(500)) for k in range(3, 7)]
    others: list[bytes | None] = [rubin.contained(1000, [rubin.alert(k)]) for k in range(4)]
    return [*cuts, *noise, *others, b"", None, b"\x00\x00\x00\x02\xbf", packet + b"more"]


def sources(shared: Path | None) -> list[Path]:
    ours = sorted((CHECKOUT / "data" / "alerts").glob("*.avro"))[:40]
    if shared is None:
        return ours
    alerts = shared / "data" / "alerts"
    return [*ours, *sorted(alerts.glob("ztf_v3/*.avro")), *sorted(alerts.glob("ztf_v4/*.avro"))]


def submit(config: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the job; its log goes beside the configuration."""
    spark_submit = Path(sys.executable).parent / "spark-submit"
    with config.with_suffix(".log").open("a") as log:
        return subprocess.Popen(
            [
                *(str(spark_submit), "--master", "local[2]", "--conf", "spark.ui.enabled=false"),
                *(str(CHECKOUT / "bin" / "stream_classify.py"), "--config", str(config)),
                *arguments,
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=CHECKOUT,
            env={**os.environ, "PYSPARK_PYTHON": sys.executable},
        )


def rows(folder: Path, table: str) -> list[dict[str, Any]]:
    path = folder / "tables" / table
    if not path.exists():
        return []
    columns = ["candid", "t2_source", "t2_status", "t2_model"]
    found = ds.dataset(path, format="parquet")
    return found.to_table(columns if table == "alerts" else None).to_pylist()


def consumer_schema(servers: str, topic: str) -> bytes:
    """Return the key of the topic's first message: the schema of its value."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "schema", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
    message = consumer.poll(60)
    consumer.close()
    assert message is not None
    key = message.key()
    assert key is not None
    return bytes(key)


@pytest.mark.end_to_end
def test_mixed_topic_with_corrupt_messages_stopped_and_resumed(
    kafka: LocalKafka, topic: str, tmp_path: Path
) -> None:
    real = CHECKOUT.parent / "shared"
    paths = sources(real if (real / "data").is_dir() else None)
    good = [path.read_bytes() for path in paths]
    values: list[bytes | None] = [*good, *corrupt(good[0])]
    kafka.create_topic(topic, 2)
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    for number, value in enumerate(values):
        producer.produce(topic, value, partition=number % 2)
    assert producer.flush(60) == 0
    config = tmp_path / "job.toml"
    servers = kafka.bootstrap_servers
    config.write_text(CONFIG.format(folder=tmp_path, topic=topic, servers=servers))
    log = config.with_suffix(".log")

    # Stopped by a supervisor after its first batch, it ends well and has not read all.
    job = submit(config)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while '"event": "batch"' not in log.read_text() and time.monotonic() < deadline:
        assert job.poll() is None, log.read_text()[-3000:]
        time.sleep(0.2)
    job.send_signal(signal.SIGTERM)
    assert job.wait(PATIENCE_SECONDS) == 0, log.read_text()[-3000:]
    before = len(rows(tmp_path, "alerts"))
    assert before > 0

    # Started again, it goes on where it was.
    resumed = submit(config, "--once")
    assert resumed.wait(PATIENCE_SECONDS) == 0, log.read_text()[-3000:]
    alerts, letters = rows(tmp_path, "alerts"), rows(tmp_path, "dead_letters")
    places = Counter((r["t2_source"]["partition"], r["t2_source"]["offset"]) for r in alerts)
    assert len(alerts) == len(good)
    assert set(places.values()) == {1}
    assert len(letters) == 20
    expected = {(n % 2, n // 2): values[n] for n in range(len(good), len(values))}
    assert {(r["partition"], r["offset"]): r["value"] for r in letters} == expected
    assert all(row["reason"] and row["topic"] == topic for row in letters)

    # fink-client's own consumer reads what came out, each alert once.
    consumer = AlertConsumer(
        [f"{topic}-out"], {"bootstrap.servers": servers, "group.id": topic}, "ztf"
    )
    received = []
    while len(received) < len(good):
        name, alert, _ = consumer.poll(60)
        assert name is not None, f"{len(received)} of {len(good)} alerts came"
        received.append(alert)
    assert consumer.poll(2)[0] is None
    schema = json.loads(consumer_schema(servers, f"{topic}-out"))
    documented = {f["name"]: f["doc"] for f in schema["fields"] if f["name"].startswith("atx")}
    assert "14 classes" in documented["atx"]
    assert all(documented.values())
    consumer.close()
    assert Counter(a["candid"] for a in received) == Counter(r["candid"] for r in alerts)
    assert any(alert["t2_class"] != alert["atx_class"] for alert in received)
    for alert, name in itertools.product(received, ("t2", "atx")):
        probabilities = alert[name]
        assert set(probabilities) == set(CLASSES)
        assert alert[f"{name}_model"].startswith(f"{name}-ztf/")
        if alert[f"{name}_status"] == "ok":
            assert alert[f"{name}_class"] == max(probabilities, key=probabilities.__getitem__)
            assert abs(sum(probabilities.values()) - 1) < 0.05
        else:
            assert set(probabilities.values()) == {-1.0}
            assert alert[f"{name}_class"] == ""
        assert "cutoutScience" not in alert
        assert alert["candidate"]["jd"] > 2_400_000
