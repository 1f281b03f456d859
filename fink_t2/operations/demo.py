"""The whole way of alerts on this machine: a real Kafka, a real Spark, and what comes out."""

from __future__ import annotations

import io
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import fastavro
from confluent_kafka import Consumer
from tqdm import tqdm

from fink_t2.errors import AlertError, FinkT2Error
from fink_t2.install.java import find_java
from fink_t2.kafka import LocalKafka
from fink_t2.operations.demo_folder import check_demo_folder, clear_demo_folder
from fink_t2.operations.replay import ReplayReport, replay
from fink_t2.operations.submitted_job import SubmittedJob
from fink_t2.resources import shipped_folder

PARTITIONS: Final = 2
INPUT_TOPIC: Final = "alerts"
OUTPUT_TOPIC: Final = "classified"
DEAD_LETTER_TOPIC: Final = "dead_letters"

#: Longest time that Spark takes to start (s); some seconds on a quiet machine.
START_SECONDS: Final = 240.0
#: Longest time without a new alert from the job before the demo gives up (s).
PATIENCE_SECONDS: Final = 180.0


@dataclass(frozen=True)
class DemoSettings:
    """What a demo does.

    Attributes
    ----------
    alerts : Path
        Avro packets to publish, see `fink_t2.operations.replay.replay`.
    survey : str
        Their survey.
    schemas : str
        Source of the schemas of framed Rubin alerts, "" for none.
    folder : Path
        Output folder, see `fink_t2.operations.demo_folder`.
    rate : float
        Alerts per second.
    """

    alerts: Path
    survey: str
    schemas: str
    folder: Path
    rate: float

    @property
    def config(self) -> Path:
        """The configuration of the streaming job."""
        return shipped_folder("conf") / f"{self.survey}.toml"


@dataclass(frozen=True)
class DemoResult:
    """What came out of a demo.

    Attributes
    ----------
    report : ReplayReport
        What was published.
    rows : list of dict
        The classified alerts, as they were read from Kafka.
    latencies : list of float
        Time from Kafka to Kafka of each of them (s).
    batches : list of dict
        The log lines of the committed micro-batches.
    log : Path
        Log file of the job.
    """

    report: ReplayReport
    rows: list[dict[str, Any]]
    latencies: list[float]
    batches: list[dict[str, Any]]
    log: Path

    @property
    def dead_letters(self) -> int:
        """Number of messages that could not be read."""
        return sum(batch["dead_letters"] for batch in self.batches)

    @property
    def missing(self) -> int:
        """Number of published alerts that came out neither classified nor as dead letters."""
        return self.report.delivered - len(self.rows) - self.dead_letters


def check_demo(settings: DemoSettings) -> None:
    """Check everything that a demo needs, and change nothing.

    Raises
    ------
    FinkT2Error
        If the alerts, the configuration or Java are not there, or the output folder is not a
        demo's own.
    """
    if not settings.alerts.exists():
        raise FinkT2Error(f"--alerts {settings.alerts}: no such folder or file")
    if not settings.config.is_file():
        raise FinkT2Error(f"{settings.config}: the configuration for the demo is missing")
    if not settings.rate > 0:
        raise FinkT2Error(f"--rate must be above zero, not {settings.rate}")
    find_java()
    check_demo_folder(settings.folder)


def run_demo(settings: DemoSettings) -> DemoResult:
    """Publish alerts to a local Kafka, classify them with the streaming job, read the result.

    Whatever is started is stopped, after an exception too. The outputs stay in the folder; the
    data of Kafka do not.

    Raises
    ------
    FinkT2Error
        If something is missing, or no alerts come out of the job.
    """
    check_demo(settings)
    clear_demo_folder(settings.folder)
    print("Starting Kafka ...", flush=True)
    # With the broker's clock on both topics, latency is from append to append.
    kafka = LocalKafka(
        settings.folder / "kafka", properties={"log.message.timestamp.type": "LogAppendTime"}
    )
    with kafka:
        for topic in (INPUT_TOPIC, OUTPUT_TOPIC, DEAD_LETTER_TOPIC):
            kafka.create_topic(topic, PARTITIONS)
        print(
            f"Kafka is ready at {kafka.bootstrap_servers}. Starting the streaming job ...",
            flush=True,
        )
        with SubmittedJob(
            settings.folder / "job.log",
            settings.config,
            _job_settings(settings, kafka),
            master="local[2]",
        ) as job:
            job.wait_for_event("started", START_SECONDS)
            broken: list[AlertError] = []
            report = replay(
                settings.alerts,
                INPUT_TOPIC,
                kafka.bootstrap_servers,
                rate=settings.rate,
                on_broken=broken.append,
                progress=True,
            )
            for error in broken:
                print(f"not published: {error}")
            _wait_until_through(job, report.delivered)
        rows, latencies = _read_output(kafka.bootstrap_servers)
    shutil.rmtree(settings.folder / "kafka", ignore_errors=True)
    return DemoResult(report, rows, latencies, job.batches(), job.log)


def _job_settings(settings: DemoSettings, kafka: LocalKafka) -> dict[str, Any]:
    return {
        "checkpoint": str(settings.folder / "checkpoint"),
        "source.topics": [INPUT_TOPIC],
        "source.topic_pattern": "",
        "kafka.bootstrap_servers": kafka.bootstrap_servers,
        "alerts.schemas": settings.schemas,
        "output.path": str(settings.folder / "tables"),
        "output.topic": OUTPUT_TOPIC,
        "output.dead_letter_topic": DEAD_LETTER_TOPIC,
        "substream": [],
        "trigger.seconds": 0.5,
        "spark.spark.ui.enabled": "false",
    }


def _wait_until_through(job: SubmittedJob, expected: int) -> None:
    """Wait until the job's committed batches hold all messages that were published."""
    through, changed = 0, time.monotonic()
    with tqdm(total=expected, desc="classified", unit=" alerts", disable=None) as bar:
        while through < expected:
            job.check()
            now_through = sum(batch["in"] for batch in job.batches())
            if now_through > through:
                bar.update(now_through - through)
                through, changed = now_through, time.monotonic()
            elif time.monotonic() > changed + PATIENCE_SECONDS:
                raise FinkT2Error(
                    f"no alerts came out of the job for {PATIENCE_SECONDS:.0f} s; see {job.log}"
                )
            time.sleep(0.2)


def _read_output(servers: str) -> tuple[list[dict[str, Any]], list[float]]:
    """Read all classified alerts from Kafka, as any consumer would, with their latencies."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "demo", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([OUTPUT_TOPIC])
    rows: list[dict[str, Any]] = []
    latencies: list[float] = []
    schemas: dict[bytes, Any] = {}
    try:
        while (message := consumer.poll(10.0 if not rows else 2.0)) is not None:
            key, value = message.key(), message.value()
            if message.error() or key is None or value is None:
                continue
            if key not in schemas:
                schemas[key] = fastavro.parse_schema(json.loads(key))
            row: Any = fastavro.schemaless_reader(io.BytesIO(value), schemas[key], None)
            rows.append(row)
            went_in = row["t2_source"]["timestamp"].timestamp()
            latencies.append(message.timestamp()[1] / 1e3 - went_in)
    finally:
        consumer.close()
    return rows, latencies
