"""Show the whole way of alerts on this machine: real Kafka, real Spark, what comes out.

Starts a single-node Kafka and the streaming job, publishes a folder of Avro packets, waits
until all of them have come out again, and prints the classified alerts, counts by status,
throughput, latency, and where the outputs lie. Whatever it starts it stops, on Ctrl-C too.
Parquet and logs stay in the output folder until the next demo; Kafka's data go with Kafka.

Examples:
  fink-t2 demo
  fink-t2 demo --alerts ../shared/data/alerts/ztf_v4
  fink-t2 demo --alerts rubin/ --survey lsst --schemas package:lsst-alert-packet
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import fastavro
import numpy as np
from confluent_kafka import Consumer
from tqdm import tqdm

from fink_t2.errors import AlertError, FinkT2Error
from fink_t2.install.state_folder import state_folder
from fink_t2.kafka import LocalKafka
from fink_t2.operations.replay import ReplayReport, replay
from fink_t2.operations.submitted_job import SubmittedJob

CHECKOUT: Final = Path(__file__).resolve().parent.parent.parent
PARTITIONS: Final = 2

#: Spark is up after some seconds on a quiet machine.
START_SECONDS: Final = 240.0

#: Nothing has come out for so long: something is wrong.
PATIENCE_SECONDS: Final = 180.0


@dataclass(frozen=True)
class Topics:
    """The demo's topics."""

    alerts: str = "alerts"
    classified: str = "classified"
    dead_letters: str = "dead_letters"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--alerts", type=Path, default=CHECKOUT / "data" / "alerts")
    parser.add_argument("--survey", choices=("ztf", "lsst"), default="ztf")
    parser.add_argument("--schemas", default="", help="schemas of framed Rubin alerts")
    parser.add_argument("--out", type=Path, help="default: .fink_t2/demo in the checkout")
    parser.add_argument("--rows", type=int, default=20, help="rows of the table (default: 20)")
    parser.add_argument("--rate", type=float, default=100.0, help="alerts/s (default: 100)")


def run(args: argparse.Namespace) -> int:
    """Run the demo; 0 if every alert published came out, classified or as a dead letter."""
    # Ctrl-C comes as KeyboardInterrupt; make SIGTERM clean up in the same way.
    signal.signal(signal.SIGTERM, _interrupt)
    if not args.alerts.exists():
        raise FinkT2Error(f"--alerts {args.alerts}: no such folder or file")
    folder = (args.out or state_folder() / "demo").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    topics = Topics()

    print("Starting Kafka ...", flush=True)
    # With the broker's own clock on both topics, latency is append to append.
    kafka = LocalKafka(folder / "kafka", properties={"log.message.timestamp.type": "LogAppendTime"})
    with kafka:
        for topic in (topics.alerts, topics.classified, topics.dead_letters):
            kafka.create_topic(topic, PARTITIONS)
        print(f"Kafka is up at {kafka.bootstrap_servers}. Starting the streaming job ...")
        with SubmittedJob(
            folder / "job.log",
            CHECKOUT / "conf" / f"{args.survey}.toml",
            _settings(args, folder, topics, kafka),
            master="local[2]",
        ) as job:
            job.wait_for_event("started", START_SECONDS)
            broken: list[AlertError] = []
            report = replay(
                args.alerts,
                topics.alerts,
                kafka.bootstrap_servers,
                rate=args.rate,
                on_broken=broken.append,
                progress=True,
            )
            for error in broken:
                print(f"not published: {error}")
            _wait_until_through(job, report.delivered)
        rows, latencies = _read_output(kafka.bootstrap_servers, topics.classified)
    shutil.rmtree(folder / "kafka", ignore_errors=True)
    return _print_report(args, folder, topics, report, job, rows, latencies)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _settings(
    args: argparse.Namespace, folder: Path, topics: Topics, kafka: LocalKafka
) -> dict[str, Any]:
    return {
        "checkpoint": str(folder / "checkpoint"),
        "source.topics": [topics.alerts],
        "source.topic_pattern": "",
        "kafka.bootstrap_servers": kafka.bootstrap_servers,
        "alerts.schemas": args.schemas,
        "output.path": str(folder / "tables"),
        "output.topic": topics.classified,
        "output.dead_letter_topic": topics.dead_letters,
        "substream": [],
        "trigger.seconds": 0.5,
        "spark.spark.ui.enabled": "false",
    }


def _wait_until_through(job: SubmittedJob, expected: int) -> None:
    """Follow the job's own count of messages until all are through."""
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
                    f"nothing came out of the job for {PATIENCE_SECONDS:.0f} s; see {job.log}"
                )
            time.sleep(0.2)


def _read_output(servers: str, topic: str) -> tuple[list[dict[str, Any]], list[float]]:
    """Read all classified alerts from Kafka, as any consumer would, with their latencies."""
    consumer = Consumer(
        {"bootstrap.servers": servers, "group.id": "demo", "auto.offset.reset": "earliest"}
    )
    consumer.subscribe([topic])
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


def _print_report(
    args: argparse.Namespace,
    folder: Path,
    topics: Topics,
    report: ReplayReport,
    job: SubmittedJob,
    rows: list[dict[str, Any]],
    latencies: list[float],
) -> int:
    batches = job.batches()
    classified = sorted(
        (row for row in rows if row["t2_status"] == "ok"), key=lambda row: -row["t2_prob"]
    )
    print(f"\n{len(classified)} alerts classified; the {args.rows} surest:\n")
    print(f"  {'object':<20} {'alert':<20} {'class':<15} {'prob':>5}  points")
    for row in classified[: args.rows]:
        points = " ".join(
            f"{name.removeprefix('t2_n_')}:{row[name]}"
            for name in row
            if name.startswith("t2_n_") and row[name]
        )
        name, alert = _names(row)
        print(f"  {name:<20} {alert:<20} {row['t2_class']:<15} {row['t2_prob']:5.2f}  {points}")

    dead = sum(batch["dead_letters"] for batch in batches)
    print("\nstatus           alerts")
    for status, number in Counter(row["t2_status"] for row in rows).most_common():
        print(f"  {status:<18} {number:>5}")
    print(f"  {'dead letters':<18} {dead:>5}")
    print(f"\nclass            alerts\n{_counts(row['t2_class'] for row in classified)}")

    # The first batch waits for Python workers to start; what comes after is the stream's pace.
    full = [batch for batch in batches if batch["in"]]
    later, which = (full[1:], "after the first") if len(full) > 1 else (full, "(the only one)")
    seconds = sum(batch["seconds"] for batch in later)
    pace = sum(batch["in"] for batch in later) / seconds if seconds else float("nan")
    print(f"published        {report.delivered} alerts at {args.rate:g}/s")
    print(f"throughput       {pace:.0f} alerts/s, micro-batches: {len(later)} {which}")
    if latencies:
        middle, high = np.percentile(latencies, [50, 95])
        print(
            f"latency          {middle:.2f} s median, {high:.2f} s for 95 %, from Kafka to Kafka "
            "(the first batch starts the Python workers)"
        )
    print(f"model            {rows[0]['t2_model'] if rows else 'none was asked'}")
    print(f"Parquet          {folder / 'tables'}")
    print(f"topics           {topics.alerts} -> {topics.classified}, {topics.dead_letters} (gone)")
    print(f"log of the job   {job.log}")
    missing = report.delivered - len(rows) - dead
    if missing:
        print(f"{missing} alerts did not come out")
    return 1 if missing else 0


def _names(row: dict[str, Any]) -> tuple[str, str]:
    if "candid" in row:
        return str(row["objectId"]), str(row["candid"])
    source = row["diaSource"]
    return str(source.get("diaObjectId") or source.get("ssObjectId")), str(source["diaSourceId"])


def _counts(names: Any) -> str:
    lines = [f"  {name:<18} {number:>5}\n" for name, number in Counter(names).most_common()]
    return "".join(lines)
