"""Tell how a job stands: how far it has read, what waits, what it has written, which model.

Reads the job's checkpoint, tables and Kafka; the job itself need not run.

Exit code 0: all well. 1: nothing was committed for --stale seconds though messages wait.

Examples:
  fink-t2 status --config conf/ztf.toml
  fink-t2 status --config conf/ztf.toml --stale 300 --json
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from typing import Any

import pyarrow.fs as pafs
from confluent_kafka import Consumer, KafkaException, TopicPartition

from fink_t2.config import StreamConfig, load_config
from fink_t2.errors import ModelError
from fink_t2.kafka.client_settings import client_settings
from fink_t2.operations.checkpoint import Progress, open_folder, read_progress
from fink_t2.science.model_store import ModelStore
from fink_t2.surveys import get_survey, passbands_of

KAFKA_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 status``."""
    parser.add_argument("--config", required=True, metavar="FILE", help="the job's configuration")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument(
        "--stale", type=float, default=600.0, metavar="SECONDS",
        help="no batch for so long while messages wait is a failure (default 600)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the state; 1 where messages wait and nothing goes on."""
    config = load_config(args.config, args.set)
    state = job_state(config)
    waiting = state["lag"]
    is_stale = bool(waiting) and (state["seconds_since_batch"] or 0.0) > args.stale
    state["stale"] = is_stale
    if args.json:
        print(json.dumps(state))
        return 1 if is_stale else 0
    print(f"stream          {state['stream']}")
    print(f"model           {state['model']}")
    print(f"last batch      {state['batch']}, {_ago(state['seconds_since_batch'])}")
    in_batch = state["last_counts"]
    if in_batch:
        print(f"in it           {in_batch.get('alerts')} alerts, "
              f"{in_batch.get('dead_letters')} dead letters")  # fmt: skip
    print(f"read            {state['read']} messages")
    print(f"waiting         {'?' if waiting is None else waiting} messages")
    for name, one in state["partitions"].items():
        end = "?" if one["end"] is None else one["end"]
        print(f"  {name}  read to {one['committed']} of {end}")
    if is_stale:
        print(f"STALE: messages wait and nothing was committed for {args.stale:.0f} s")
    return 1 if is_stale else 0


def job_state(config: StreamConfig) -> dict[str, Any]:
    """Return what checkpoint, tables and Kafka say of a job.

    Returns
    -------
    dict
        ``lag`` and the partitions' ``end`` are None where Kafka does not answer.
    """
    progress = read_progress(config.checkpoint)
    ends = _ends(config, progress)
    lag = None
    if ends is not None:
        lag = sum(end - progress.committed.get(key, 0) for key, end in ends.items())
    keys = sorted(progress.committed.keys() | (ends or {}).keys())
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "stream": progress.stream,
        "model": _model(config),
        "batch": progress.batch,
        "seconds_since_batch": _seconds_since_batch(config, progress),
        "last_counts": _last_counts(config, progress),
        "read": sum(end - progress.first.get(key, 0) for key, end in progress.committed.items()),
        "lag": lag,
        "partitions": {
            f"{topic}/{partition}": {
                "committed": progress.committed.get((topic, partition), 0),
                "end": None if ends is None else ends.get((topic, partition)),
            }
            for topic, partition in keys
        },
    }


def _model(config: StreamConfig) -> str:
    name = config.model.name or get_survey(config.survey).default_model
    try:
        return (
            ModelStore(config.model.folder or None, passbands_of=passbands_of).current(name).label
        )
    except ModelError as error:
        return f"none that can serve: {error}"


def _seconds_since_batch(config: StreamConfig, progress: Progress) -> float | None:
    files, root = open_folder(config.checkpoint)
    info = files.get_file_info(f"{root}/commits/{progress.batch}")
    if info.mtime is None:
        return None
    return round(time.time() - info.mtime.timestamp(), 1)


def _last_counts(config: StreamConfig, progress: Progress) -> dict[str, Any]:
    """Return what the last batch counted, as its manifest in the output has it."""
    if not config.output.path:
        return {}
    files, root = open_folder(config.output.path)
    path = f"{root}/_stream/{progress.stream}/{progress.batch:09d}.json"
    if files.get_file_info(path).type != pafs.FileType.File:
        return {}
    with files.open_input_stream(path) as stream:
        counts: dict[str, Any] = json.loads(stream.read())["counts"]
    return counts


def _ends(config: StreamConfig, progress: Progress) -> dict[tuple[str, int], int] | None:
    """Return the offset behind the last message of every partition; None without Kafka."""
    consumer = Consumer(
        {
            **client_settings(config.kafka, config.kafka.consumer),
            "group.id": "fink_t2-status",
            "log_level": 2,
        }
    )
    try:
        topics = {topic for topic, _ in progress.committed} | set(config.source.topics)
        ends = {}
        for topic in topics:
            known = consumer.list_topics(topic, timeout=KAFKA_SECONDS).topics[topic].partitions
            for partition in known:
                _, end = consumer.get_watermark_offsets(
                    TopicPartition(topic, partition), timeout=KAFKA_SECONDS
                )
                ends[topic, partition] = end
        return ends
    except KafkaException:
        return None
    finally:
        consumer.close()


def _ago(seconds: float | None) -> str:
    return "none committed yet" if seconds is None else f"{seconds:.0f} s ago"
