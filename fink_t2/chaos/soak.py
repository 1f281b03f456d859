"""Feed the streaming job at a steady rate, and watch its memory and the messages that wait."""

from __future__ import annotations

import csv
import itertools
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

from tqdm import tqdm

from fink_t2.chaos.memory_figure import MEMORY, draw
from fink_t2.chaos.scene import Scene
from fink_t2.files.archive import archived_packets
from fink_t2.kafka import LocalKafka
from fink_t2.kafka.publisher import Publisher
from fink_t2.operations.audit import audit, totals
from fink_t2.operations.checkpoint import read_progress

SAMPLE_SECONDS: Final = 5.0
ALERTS_PER_BATCH: Final = 2000
#: Alerts that go through the job before it is watched, so that all code is loaded and most of it
#: compiled.
WARM_UP_ALERTS: Final = 2 * ALERTS_PER_BATCH

#: A sample: seconds since the begin, messages published and committed, memory (MB).
Sample = dict[str, float]


@dataclass(frozen=True)
class SoakResult:
    """What came of a soak.

    Attributes
    ----------
    samples : list of dict
        One per `SAMPLE_SECONDS`: ``seconds``, ``published``, ``committed``, and the keys of
        `fink_t2.chaos.memory_figure.MEMORY`.
    totals : dict of str to int
        See `fink_t2.operations.audit.totals`.
    """

    samples: list[Sample]
    totals: dict[str, int]

    def thirds(self, name: str) -> tuple[float, float]:
        """Return the median memory in the first and in the last third of the soak (MB)."""
        third = max(1, len(self.samples) // 3)
        first = median(sample[name] for sample in self.samples[:third])
        return first, median(sample[name] for sample in self.samples[-third:])

    def waiting(self) -> tuple[float, float]:
        """Return the number of messages that waited at the first and at the last sample."""
        first, last = self.samples[0], self.samples[-1]
        return first["published"] - first["committed"], last["published"] - last["committed"]


def run_soak(
    alerts: Path,
    rate: float,
    seconds: float,
    out: Path,
    settings: Mapping[str, Any],
    *,
    catch_up: bool = False,
) -> SoakResult:
    """Publish alerts again and again while the job runs, and sample its memory.

    Parameters
    ----------
    alerts : Path
        Archived alerts, see `fink_t2.files.archive.archived_packets`.
    rate : float
        Alerts per second.
    seconds : float
        Duration of the watch, after the warm-up.
    out : Path
        Path without ending of the table (.csv) and the figure (.png) that are written.
    settings : mapping
        Overrides of the job's configuration.
    catch_up : bool
        Whether to wait until the job has read everything before it is stopped.

    Raises
    ------
    FinkT2Error
        If there are no alerts, or the job ends or does not stop cleanly.
    """
    packets = [packet for _, packet in archived_packets(alerts)]
    folder = Path(tempfile.mkdtemp(prefix="fink_t2-soak-"))
    samples: list[Sample] = []
    with LocalKafka(folder / "kafka") as broker:
        scene = Scene(broker, folder / "job", "soak", ALERTS_PER_BATCH)
        try:
            scene.start(settings=settings)
            with _publishing(scene, packets, rate=None, most=WARM_UP_ALERTS):
                pass
            scene.wait_until_caught_up()
            with _publishing(scene, packets, rate):
                _watch(scene, seconds, samples)
            if catch_up:
                scene.wait_until_caught_up()
            scene.stop()
            sums = totals(audit(scene.config))
        finally:
            scene.clear()
            if samples:
                _write(out, samples)
    return SoakResult(samples, sums)


@contextmanager
def _publishing(
    scene: Scene, packets: list[bytes], rate: float | None, most: int | None = None
) -> Iterator[None]:
    """Publish in the background until the end of the context, or `most` alerts."""
    is_over = threading.Event()

    def publish() -> None:
        publisher = Publisher(scene.topic, scene.broker.bootstrap_servers)
        begin = time.perf_counter()
        for number in itertools.count() if most is None else range(most):
            if is_over.is_set():
                break
            due = begin + number / rate if rate else 0.0
            publisher.publish(packets[number % len(packets)], str(number), due)
        publisher.finish()

    thread = threading.Thread(target=publish, daemon=True)
    thread.start()
    yield
    if most is None:
        is_over.set()
    thread.join()


def _watch(scene: Scene, seconds: float, samples: list[Sample]) -> None:
    """Sample the messages that wait and the memory of the job's processes."""
    begin = time.monotonic()
    with tqdm(total=round(seconds), desc="soak", unit="s", disable=None) as bar:
        while (now := time.monotonic() - begin) < seconds:
            scene.job.check()
            committed = read_progress(scene.config.checkpoint).committed
            samples.append(
                {
                    "seconds": round(now, 1),
                    "published": sum(scene.ends().values()),
                    "committed": sum(committed.values()),
                    **_memory(scene),
                }
            )
            bar.update(round(now) - bar.n)
            time.sleep(SAMPLE_SECONDS)


def _memory(scene: Scene) -> dict[str, float]:
    """Return the resident memory of JVM, driver and workers (MB).

    A child that the JVM has just forked to run a command such as chmod has, for a moment, the
    JVM's own name and memory; so the largest of the JVMs counts, and not their sum.
    """
    memory = dict.fromkeys(MEMORY, 0.0)
    for process in scene.job.processes():
        if "pyspark.daemon" in process.command:
            memory["workers_mb"] += process.memory_mb
        elif "java" in process.command.partition(" ")[0]:
            memory["jvm_mb"] = max(memory["jvm_mb"], process.memory_mb)
        else:
            memory["driver_mb"] += process.memory_mb
    return memory


def _write(out: Path, samples: list[Sample]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_suffix(".csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, samples[0].keys())
        table.writeheader()
        table.writerows(samples)
    draw(samples, out.with_suffix(".png"))
