"""The state of a streaming job, from its checkpoint, its tables and Kafka."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow.fs as pafs
from confluent_kafka import Consumer, KafkaException, TopicPartition

from fink_t2.config import StreamConfig
from fink_t2.errors import ModelError
from fink_t2.kafka.client_settings import client_settings
from fink_t2.operations.checkpoint import Offsets, Progress, open_folder, read_progress
from fink_t2.science.model_store import ModelStore
from fink_t2.surveys import get_survey, passbands_of

#: Longest wait for an answer of Kafka (s).
KAFKA_SECONDS: Final = 10.0


def job_state(config: StreamConfig) -> dict[str, Any]:
    """Return what checkpoint, tables and Kafka tell about a job; the job itself is not asked.

    Parameters
    ----------
    config : StreamConfig
        The job's configuration.

    Returns
    -------
    dict
        Ready for JSON. ``lag`` and the ``end`` of each partition are None if Kafka does not
        answer.

    Raises
    ------
    CheckpointError
        If there is no checkpoint of a Kafka stream.
    """
    progress = read_progress(config.checkpoint)
    ends = _end_offsets(config, progress)
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
    store = ModelStore(config.model.folder or None, passbands_of=passbands_of)
    try:
        return store.current(name).label
    except ModelError as error:
        return f"none that can serve: {error}"


def _seconds_since_batch(config: StreamConfig, progress: Progress) -> float | None:
    """Return the age of the last commit, None if there is none."""
    files, root = open_folder(config.checkpoint)
    info = files.get_file_info(f"{root}/commits/{progress.batch}")
    if info.mtime is None:
        return None
    return round(time.time() - info.mtime.timestamp(), 1)


def _last_counts(config: StreamConfig, progress: Progress) -> dict[str, Any]:
    """Return the counts of the last batch, from its manifest in the output folder."""
    if not config.output.path:
        return {}
    files, root = open_folder(config.output.path)
    path = f"{root}/_stream/{progress.stream}/{progress.batch:09d}.json"
    if files.get_file_info(path).type != pafs.FileType.File:
        return {}
    with files.open_input_stream(path) as stream:
        counts: dict[str, Any] = json.loads(stream.read())["counts"]
    return counts


def _end_offsets(config: StreamConfig, progress: Progress) -> Offsets | None:
    """Return the offset after the last message of every partition, None without Kafka."""
    consumer = Consumer(
        {
            **client_settings(config.kafka, config.kafka.consumer),
            "group.id": "fink_t2-status",
            "log_level": 2,  # a refused connection is reported by an exception
        }
    )
    try:
        topics = {topic for topic, _ in progress.committed} | set(config.source.topics)
        ends = {}
        for topic in topics:
            described = consumer.list_topics(topic, timeout=KAFKA_SECONDS).topics[topic]
            for partition in described.partitions:
                _, end = consumer.get_watermark_offsets(
                    TopicPartition(topic, partition), timeout=KAFKA_SECONDS
                )
                ends[topic, partition] = end
        return ends
    except KafkaException:
        return None
    finally:
        consumer.close()
