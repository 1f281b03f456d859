"""The science module in Spark: from packets as bytes to classified alerts with cutouts.

The steps are those of a micro-batch of the stream, from the Avro decoder in the JVM to the columns
of the classification; only Kafka and the sinks are left out. The packets of a folder are repeated
until there are enough; the rows are written to Spark's sink that discards them.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from fink_t2.benchmark.workload import read_packets
from fink_t2.config import StreamConfig
from fink_t2.errors import FinkT2Error
from fink_t2.modules.registry import make_module
from fink_t2.modules.science_module import ModuleSettings
from fink_t2.operations.process_tree import process_tree
from fink_t2.science.model_store import ModelReference
from fink_t2.surveys import ZTF

#: The steps that are timed; each includes the one before.
STEPS: Final = ("bytes", "decode", "classify")


class SparkBenchmarkError(FinkT2Error):
    """Spark has ended before it returned its figures."""


def run_module(
    alerts: Path,
    model: ModelReference,
    *,
    cores: tuple[int, ...] = (1, 2),
    n_alerts: int = 20_000,
    rounds: int = 5,
) -> list[dict[str, Any]]:
    """Time decoding and classification in Spark with ``local[n]`` for each number of cores.

    Parameters
    ----------
    alerts : Path
        Folder of ZTF packets.
    model : ModelReference
        The model.
    cores : tuple of int
        Numbers of cores; each has a Spark of its own, and they take turns.
    n_alerts : int
        Alerts of one turn.
    rounds : int
        Turns of each, after one that is not counted.

    Returns
    -------
    list of dict
        One for each number of cores: ``"steps"`` (alerts per second of reading bytes alone,
        with decoding, with classification; median, 10 % and 90 % of the turns),
        ``"cpu_us_per_alert"`` of JVM and Python together, ``"alerts_per_second_per_core"``
        from it, ``"worker_memory_mb"`` (peak of the largest Python worker), and
        ``"cold_start_seconds"``: from the start of Python to the first classified alert.

    Raises
    ------
    SparkBenchmarkError
        If Spark fails.
    """
    read_packets(alerts)  # an empty folder is told at once
    context = multiprocessing.get_context("spawn")
    sessions = []
    rows: list[dict[str, Any]] = []
    try:
        for number in cores:  # one after the other: a cold start is timed alone
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_run_session, args=(theirs, alerts, model, number, n_alerts, time.time())
            )
            process.start()
            theirs.close()
            sessions.append((process, ours))
            rows.append({"cores": number, "cold_start_seconds": _receive(ours, number)})
        turns: list[list[dict[str, Any]]] = [[] for _ in cores]
        with tqdm(
            total=(rounds + 1) * len(cores), desc="module", unit="turn", disable=None
        ) as progress:
            for turn in range(rounds + 1):
                for index, (_, connection) in enumerate(sessions):
                    connection.send("turn")
                    answer = _receive(connection, cores[index])
                    if turn:  # the JVM compiles during the first
                        turns[index].append(answer)
                    progress.update()
    finally:
        for process, connection in sessions:
            connection.close()
            process.join(30)
            if process.is_alive():
                process.terminate()
    for row, answers in zip(rows, turns, strict=True):
        row |= _summarise(answers, n_alerts)
    return rows


def _receive(connection: Connection, cores: int) -> Any:
    try:
        return connection.recv()
    except EOFError:
        raise SparkBenchmarkError(
            f"Spark with local[{cores}] has ended; its error is shown above"
        ) from None


def _summarise(answers: list[dict[str, Any]], n_alerts: int) -> dict[str, Any]:
    def percentiles(rates: list[float]) -> dict[str, float]:
        low, median, high = np.percentile(rates, [10, 50, 90])
        return {"median": float(median), "p10": float(low), "p90": float(high)}

    cpu = float(np.median([answer["cpu_seconds"] for answer in answers])) / n_alerts
    return {
        "steps": {
            step: percentiles([n_alerts / answer["seconds"][step] for answer in answers])
            for step in STEPS
        },
        "classified_fraction": answers[-1]["classified"] / n_alerts,
        "cpu_us_per_alert": cpu * 1e6,
        "alerts_per_second_per_core": 1.0 / cpu,
        "worker_memory_mb": max(answer["worker_memory_mb"] for answer in answers),
        "jvm_memory_mb": max(answer["jvm_memory_mb"] for answer in answers),
        "alerts_per_turn": n_alerts,
    }


def _run_session(
    connection: Connection,
    alerts: Path,
    model: ModelReference,
    cores: int,
    n_alerts: int,
    started: float,
) -> None:
    """Start Spark, and measure one turn per request; end when the connection is closed."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    # The JVM reads this when it is started.
    os.environ["PYSPARK_SUBMIT_ARGS"] = (
        "--driver-memory 2g --conf spark.ui.showConsoleProgress=false pyspark-shell"
    )
    from pyspark.sql import DataFrame, Observation
    from pyspark.sql import functions as F

    from fink_t2.alerts.frames import message_prefix
    from fink_t2.stream.classification import classify
    from fink_t2.stream.decode import decode_messages
    from fink_t2.stream.session import start_session
    from fink_t2.stream.writer_schemas import WriterSchemas, reader_schema

    config = StreamConfig(survey=ZTF.name)
    settings = {
        "spark.master": f"local[{cores}]",
        "spark.ui.enabled": "false",
        "spark.log.level": "ERROR",
    }
    spark = start_session(settings, config.limits, "fink_t2 benchmark")
    packets = [packet.content for packet in read_packets(alerts)]
    writer_schemas = WriterSchemas(ZTF, reader_schema(config, None), config.limits)
    for content in packets:
        writer_schemas.add(message_prefix(content, config.limits))
    table = spark.createDataFrame(
        [(number, bytearray(content)) for number, content in enumerate(packets)],
        "number long, value binary",
    )

    def messages(number: int) -> DataFrame:
        repeated = spark.range(number, numPartitions=2 * cores if number > 1 else 1)
        return repeated.join(
            F.broadcast(table), F.col("id") % len(packets) == F.col("number")
        ).select(
            F.lit("packets").alias("topic"),
            F.lit(0).alias("partition"),
            F.col("id").alias("offset"),
            F.current_timestamp().alias("timestamp"),
            F.lit(0).alias("record"),
            "value",
        )

    def decoded(number: int) -> DataFrame:
        return decode_messages(
            messages(number), ZTF, list(writer_schemas.accepted.values()), writer_schemas.reader
        )

    def drop(rows: DataFrame) -> float:
        begin = time.perf_counter()
        rows.write.format("noop").mode("overwrite").save()
        return time.perf_counter() - begin

    modules = (make_module("t2", ModuleSettings(ZTF, model)),)
    classify(decoded(1), config, modules).collect()
    connection.send(time.time() - started)
    try:
        while connection.recv():
            seconds = {"bytes": drop(messages(n_alerts)), "decode": drop(decoded(n_alerts))}
            before = _cpu_seconds()
            observation = Observation()
            is_classified = F.count_if(F.col("classification.t2_status") == "ok")
            seconds["classify"] = drop(
                classify(decoded(n_alerts), config, modules).observe(
                    observation, is_classified.alias("classified")
                )
            )
            cpu = _cpu_seconds() - before
            tree = process_tree()
            connection.send(
                {
                    "seconds": seconds,
                    "cpu_seconds": cpu,
                    "classified": observation.get["classified"],
                    "worker_memory_mb": max(
                        p.peak_memory_mb for p in tree if "pyspark.daemon" in p.command
                    ),
                    "jvm_memory_mb": max(
                        p.peak_memory_mb for p in tree if "SparkSubmit" in p.command
                    ),
                }
            )
    except EOFError:
        spark.stop()


def _cpu_seconds() -> float:
    return sum(process.cpu_seconds for process in process_tree())
