"""From Kafka to Kafka and Parquet: broker, replay and streaming job on one machine.

Latency is measured by the broker's clock: from the time at which it appended an alert to the input
topic to the time at which it appended the classified alert to the output topic. Both times are read
from the records after the job has ended, so that reading them does not slow the job.
"""

from __future__ import annotations

import io
import json
import math
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import fastavro
import numpy as np
import numpy.typing as npt
from confluent_kafka import Consumer, TopicPartition
from tqdm import tqdm

from fink_t2.benchmark import LSST_RATE
from fink_t2.benchmark.workload import Packet, decode, read_packets
from fink_t2.kafka import LocalKafka
from fink_t2.kafka.publisher import Publisher
from fink_t2.operations.process_tree import Process, process_tree
from fink_t2.operations.replay import steadily
from fink_t2.operations.submitted_job import JobError, SubmittedJob
from fink_t2.science.model_store import ModelReference

INPUT_TOPIC: Final = "alerts"
OUTPUT_TOPIC: Final = "classified"
PARTITIONS: Final = 4

#: The job is given up when nothing comes out for so long.
PATIENCE_SECONDS: Final = 300.0

CONFIG: Final = """\
survey = "ztf"
checkpoint = {checkpoint}

[source]
topics = ["{input_topic}"]

[kafka]
bootstrap_servers = "{servers}"

[output]
path = {path}
topic = "{output_topic}"

[model]
name = "{model}"
folder = {models}

[trigger]
seconds = {trigger_seconds}
"""


@dataclass(frozen=True)
class Passage:
    """Times at which the alerts of one phase went in and came out.

    Attributes
    ----------
    went_in, came_out : ndarray of float64, shape (N,)
        The broker's append times, seconds since 1970, by the order of input.
    """

    went_in: npt.NDArray[np.float64]
    came_out: npt.NDArray[np.float64]

    def summary(self) -> dict[str, Any]:
        """Return rates, percentiles of the latency, and the number of alerts under way."""
        latency = self.came_out - self.went_in
        begin, end = self.went_in.min(), self.came_out.max()
        percentiles = np.percentile(latency, [50, 95, 99])
        # Alerts under way once a second while the input lasts.
        seconds = np.arange(begin, self.went_in.max(), 1.0)
        lag = np.searchsorted(np.sort(self.went_in), seconds) - np.searchsorted(
            np.sort(self.came_out), seconds
        )
        half = len(lag) // 2
        return {
            "alerts": len(latency),
            "input_alerts_per_second": len(latency) / max(float(np.ptp(self.went_in)), 1e-3),
            "alerts_per_second": len(latency) / float(end - begin),
            "latency_seconds": {
                "p50": float(percentiles[0]),
                "p95": float(percentiles[1]),
                "p99": float(percentiles[2]),
                "largest": float(latency.max()),
            },
            "lag": {
                "largest_first_half": int(lag[:half].max(initial=0)),
                "largest_second_half": int(lag[half:].max(initial=0)),
            },
        }


def run_end_to_end(
    alerts: Path,
    model: ModelReference,
    models_folder: Path,
    *,
    rate: float = LSST_RATE,
    seconds: float = 60.0,
    fast_alerts: int = 20_000,
    warm_up_seconds: float = 120.0,
    trigger_seconds: float = 1.0,
    master: str = "local[2]",
) -> dict[str, Any]:
    """Run a broker and the streaming job, replay alerts at a set rate and as fast as possible.

    Parameters
    ----------
    alerts : Path
        Folder of ZTF packets, repeated as often as needed.
    model : ModelReference
        The model in service in `models_folder`.
    models_folder : Path
        Folder of models.
    rate : float
        Alerts per second of the steady phase.
    seconds : float
        Duration of the steady phase.
    fast_alerts : int
        Number of alerts of the phase without a set rate.
    warm_up_seconds : float
        Time between the first alert and the steady phase, at the same rate, while Java compiles.
    trigger_seconds : float
        Shortest time between micro-batches of the job.
    master : str
        Spark's master.

    Returns
    -------
    dict
        ``"first_alert_seconds"`` (from spark-submit to the first classified alert),
        ``"steady"`` and ``"fast"`` (see `Passage.summary`), processor time and memory of job
        and broker.

    Raises
    ------
    JobError
        If the job ends early, or no alerts come out of it any more.
    """
    packets = [_replayed(packet) for packet in read_packets(alerts)]
    warm_up_alerts = round(rate * warm_up_seconds)
    steady_alerts = round(rate * seconds)
    with tempfile.TemporaryDirectory(prefix="fink_t2_bench.") as name:
        folder = Path(name)
        broker = LocalKafka(
            folder / "kafka", properties={"log.message.timestamp.type": "LogAppendTime"}
        )
        with broker:
            for topic in (INPUT_TOPIC, OUTPUT_TOPIC):
                broker.create_topic(topic, PARTITIONS)
            feed = _Feed(broker.bootstrap_servers, packets)
            watch = _Outputs(broker)
            feed.send(1)
            config = _write_config(
                folder, broker.bootstrap_servers, model, models_folder, trigger_seconds
            )
            job = SubmittedJob(folder / "job.log", config, master=master)
            started = time.time()
            job.start()
            try:
                watch.wait_for(1, job, "starting")
                feed.send(warm_up_alerts, rate)
                watch.wait_for(feed.sent, job, "warming up")

                before = _cpu_seconds(job.processes())
                feed.send(steady_alerts, rate)
                watch.wait_for(feed.sent, job, f"{rate:.0f} alerts/s")
                job_cpu = {"steady": (_cpu_seconds(job.processes()) - before) / steady_alerts * 1e6}

                before = _cpu_seconds(job.processes())
                broker_before = _cpu_seconds(process_tree(broker.pid))
                feed.send(fast_alerts)
                watch.wait_for(feed.sent, job, "as fast as possible")
                job_cpu["fast"] = (_cpu_seconds(job.processes()) - before) / fast_alerts * 1e6
                broker_cpu = _cpu_seconds(process_tree(broker.pid)) - broker_before
                memory = _memory(job)
            finally:
                watch.close()
                job.stop()
            went_in, came_out = _append_times(broker)
    order = np.argsort(went_in, kind="stable")
    went_in, came_out = went_in[order], came_out[order]
    begin = 1 + warm_up_alerts
    return {
        "first_alert_seconds": float(came_out[0] - started),
        "steady": {"rate": rate} | _phase(went_in, came_out, begin, begin + steady_alerts),
        "fast": _phase(went_in, came_out, begin + steady_alerts, len(went_in)),
        "cpu_us_per_alert": {"job": job_cpu, "broker_fast": broker_cpu / fast_alerts * 1e6},
        "memory_mb": memory,
        "master": master,
        "trigger_seconds": trigger_seconds,
        "model": model.label,
    }


def _phase(
    went_in: npt.NDArray[np.float64], came_out: npt.NDArray[np.float64], begin: int, end: int
) -> dict[str, Any]:
    return Passage(went_in[begin:end], came_out[begin:end]).summary()


@dataclass(frozen=True)
class _Replayed:
    """A packet, the identifier of its object, and the night in which it was observed."""

    content: bytes
    name: str
    night: int


def _replayed(packet: Packet) -> _Replayed:
    record = decode(packet)
    return _Replayed(packet.content, record["objectId"], math.floor(record["candidate"]["jd"]))


class _Feed:
    """Publishes packets, repeated as often as needed, one night after the other."""

    def __init__(self, servers: str, packets: list[_Replayed]) -> None:
        self._servers = servers
        nights = sorted({packet.night for packet in packets})
        self._nights = [[one for one in packets if one.night == night] for night in nights]
        self.sent = 0

    def send(self, count: int, rate: float | None = None) -> None:
        """Publish a number of packets, equally from all nights, and wait until Kafka has them."""
        publisher = Publisher(INPUT_TOPIC, self._servers)
        start = time.perf_counter()
        for due, number in zip(steadily(rate), range(count), strict=False):
            night = self._nights[number * len(self._nights) // count]
            packet = night[number % len(night)]
            # Repeats are other objects, so that the partitions fill evenly.
            publisher.publish(packet.content, f"{packet.name}-{self.sent}", start + due)
            self.sent += 1
        publisher.finish()
        if publisher.errors:
            raise JobError(f"Kafka has not accepted all alerts: {dict(publisher.errors)}")


def _write_config(
    folder: Path, servers: str, model: ModelReference, models_folder: Path, trigger_seconds: float
) -> Path:
    config = folder / "bench.toml"
    config.write_text(
        CONFIG.format(
            checkpoint=json.dumps(str(folder / "checkpoint")),
            path=json.dumps(str(folder / "tables")),
            models=json.dumps(str(models_folder)),
            input_topic=INPUT_TOPIC,
            output_topic=OUTPUT_TOPIC,
            servers=servers,
            model=model.name,
            trigger_seconds=trigger_seconds,
        )
    )
    return config


def _memory(job: SubmittedJob) -> dict[str, float]:
    """Return the peak memory of the JVM and of the largest Python worker, 10^6 bytes."""
    tree = job.processes()
    workers = [p.peak_memory_mb for p in tree if "pyspark.daemon" in p.command]
    jvm = [p.peak_memory_mb for p in tree if "SparkSubmit" in p.command]
    return {"worker": max(workers, default=0.0), "jvm": max(jvm, default=0.0)}


class _Outputs:
    """Counts the classified alerts by the offsets of the output topic, without reading them."""

    def __init__(self, broker: LocalKafka) -> None:
        self._consumer = _consumer(broker)

    def close(self) -> None:
        """Close the connection to the broker."""
        self._consumer.close()

    def wait_for(self, count: int, job: SubmittedJob, what: str) -> None:
        """Wait until a number of alerts have come out, and check meanwhile that the job runs."""
        latest, changed = -1, time.monotonic()
        with tqdm(total=count, desc=f"end to end, {what}", unit=" alerts", disable=None) as bar:
            while True:
                out = sum(
                    self._consumer.get_watermark_offsets(
                        TopicPartition(OUTPUT_TOPIC, partition), timeout=10
                    )[1]
                    for partition in range(PARTITIONS)
                )
                bar.n = min(out, count)
                bar.refresh()
                if out >= count:
                    return
                job.check()
                if out != latest:
                    latest, changed = out, time.monotonic()
                if time.monotonic() > changed + PATIENCE_SECONDS:
                    raise JobError(
                        f"nothing came out for {PATIENCE_SECONDS:.0f} s; the job's last lines:\n"
                        f"{job.tail()}"
                    )
                time.sleep(0.2)


def _append_times(
    broker: LocalKafka,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the times at which each alert was appended to the input and to the output topic."""
    went_in, came_out = [], []
    seen = set()
    for appended, key, value in _records(broker):
        source = _source(key, value)
        origin = (source["partition"], source["offset"])
        if origin in seen:
            continue  # sent again after a retry: the first counts
        seen.add(origin)
        went_in.append(source["timestamp"].timestamp())
        came_out.append(appended)
    return np.asarray(went_in), np.asarray(came_out)


def _records(broker: LocalKafka) -> Iterator[tuple[float, bytes, bytes]]:
    """Yield append time, key and value of every record of the output topic."""
    consumer = _consumer(broker)
    partitions = [TopicPartition(OUTPUT_TOPIC, number, 0) for number in range(PARTITIONS)]
    left = sum(consumer.get_watermark_offsets(one, timeout=10)[1] for one in partitions)
    consumer.assign(partitions)
    with tqdm(total=left, desc="reading append times", unit=" alerts", disable=None) as bar:
        while left:
            for message in consumer.consume(500, timeout=10):
                yield message.timestamp()[1] / 1e3, message.key() or b"", message.value() or b""
                left -= 1
                bar.update()
    consumer.close()


_SCHEMAS: dict[bytes, tuple[Any, Any]] = {}


def _source(key: bytes, value: bytes) -> dict[str, Any]:
    """Decode only the origin of an alert."""
    if key not in _SCHEMAS:
        writer: Any = fastavro.parse_schema(json.loads(key))
        fields = [field for field in writer["fields"] if field["name"] == "t2_source"]
        reader = {"type": "record", "name": writer["name"], "fields": fields}
        _SCHEMAS[key] = writer, fastavro.parse_schema(reader)
    writer, reader = _SCHEMAS[key]
    record: Any = fastavro.schemaless_reader(io.BytesIO(value), writer, reader)
    return dict(record["t2_source"])


def _consumer(broker: LocalKafka) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": broker.bootstrap_servers,
            "group.id": "fink_t2_benchmark",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
        }
    )


def _cpu_seconds(processes: Iterable[Process]) -> float:
    return sum(process.cpu_seconds for process in processes)
