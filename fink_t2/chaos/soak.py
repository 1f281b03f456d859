"""Feed the job for a while and watch its memory: ``bin/soak``.

Alert packets, cutouts and all, are published again and again. Every few seconds the messages
that wait and the resident memory of JVM, driver and Python workers are written to a table, and
in the end drawn. With a rate beyond what the machine can classify this is the overload test:
the lag grows, memory must not.

Exit code 1: memory has grown by more than --growth from the first third to the last, or a
message that the job has read is not accounted for.

Examples:
  bin/soak --minutes 30 --rate 100 --catch-up
  bin/soak --minutes 5 --rate 1000 --out overload
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from fink_t2.chaos.memory_figure import MEMORY, draw
from fink_t2.chaos.scene import Scene
from fink_t2.files.archive import archived_packets
from fink_t2.kafka import LocalKafka
from fink_t2.kafka.publisher import Publisher
from fink_t2.operations.audit import audit, totals
from fink_t2.operations.checkpoint import read_progress

CHECKOUT = Path(__file__).resolve().parents[2]
SAMPLE_SECONDS = 5.0
PER_BATCH = 2000
#: So many alerts go through before the watch begins: all is loaded, and most of it compiled.
WARM_UP = 2 * PER_BATCH
PAGES_PER_MEGABYTE = 1024**2 / 4096


def main(arguments: list[str] | None = None) -> int:
    """Run the soak."""
    args = _parser().parse_args(arguments)
    packets = [packet for _, packet in archived_packets(args.alerts)]
    folder = Path(tempfile.mkdtemp(prefix="fink_t2-soak-"))
    rows: list[dict[str, float]] = []
    with LocalKafka(folder / "kafka") as broker:
        scene = Scene(broker, folder / "job", "soak", PER_BATCH)
        try:
            scene.start(settings=dict(args.set))
            with _publishing(scene, packets, rate=None, most=WARM_UP):
                pass
            scene.wait_until_caught_up()
            with _publishing(scene, packets, args.rate):
                _watch(scene, 60 * args.minutes, rows)
            if args.catch_up:
                scene.wait_until_caught_up()
            scene.stop()
            found = totals(audit(scene.config))
        finally:
            scene.clear()
            if rows:
                _write(args.out, rows)
    print(json.dumps(found))
    is_flat = [_report(name, rows, args.growth) for name in MEMORY]
    print(f"waiting: {_waiting(rows[0]):.0f} at the begin, {_waiting(rows[-1]):.0f} at the end")
    return 0 if all(is_flat) and not found["missing"] and not found["twice"] else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=100.0, help="alerts/s (default 100)")
    parser.add_argument("--alerts", type=Path, default=CHECKOUT / "data" / "alerts",
                        help="packets to publish, see fink-t2 replay")  # fmt: skip
    parser.add_argument("--growth", type=float, default=0.2, help="most growth (default 0.2)")
    parser.add_argument("--out", type=Path, default=Path("soak"), help="FILE.csv and FILE.png")
    parser.add_argument("--catch-up", action="store_true", help="wait for the lag to go before end")
    parser.add_argument("--set", action="append", default=[], type=_setting, metavar="KEY=VALUE",
                        help="of the job's configuration; the value as JSON")  # fmt: skip
    return parser


def _setting(text: str) -> tuple[str, Any]:
    """Split ``key=value`` at the first equals sign and read the value as JSON."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    try:
        return key, json.loads(value)
    except json.JSONDecodeError as error:
        raise argparse.ArgumentTypeError(f"{value!r} is not JSON: {error}") from error


@contextmanager
def _publishing(
    scene: Scene, packets: list[bytes], rate: float | None, most: int | None = None
) -> Iterator[None]:
    """Publish in the background until the end of the context, or so many alerts."""
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


def _watch(scene: Scene, seconds: float, rows: list[dict[str, float]]) -> None:
    """Note how much waits, and who holds how much memory, for so long."""
    begin = time.monotonic()
    with tqdm(total=round(seconds), unit="s", disable=None) as bar:
        while (now := time.monotonic() - begin) < seconds:
            scene.job.check()
            committed = read_progress(scene.config.checkpoint).committed
            rows.append(
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

    A child that the JVM is just making, for a command like chmod, has for a moment the JVM's own
    name and memory: so the largest counts and not the sum.
    """
    memory = dict.fromkeys(MEMORY, 0.0)
    for process in scene.job.processes():
        resident = _resident_mb(process.pid)
        if "pyspark.daemon" in process.command:
            memory["workers_mb"] += resident
        elif "java" in process.command.partition(" ")[0]:
            memory["jvm_mb"] = max(memory["jvm_mb"], resident)
        else:
            memory["driver_mb"] += resident
    return memory


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) / PAGES_PER_MEGABYTE
    except (OSError, IndexError):
        return 0.0  # it has ended meanwhile


def _waiting(row: dict[str, float]) -> float:
    return row["published"] - row["committed"]


def _report(name: str, rows: list[dict[str, float]], most_growth: float) -> bool:
    """Print how a process's memory has grown; tell whether that is little."""
    third = max(1, len(rows) // 3)
    first = median(row[name] for row in rows[:third])
    last = median(row[name] for row in rows[-third:])
    print(f"{name}: {first:.0f} in the first third, {last:.0f} in the last")
    return last <= (1 + most_growth) * first


def _write(out: Path, rows: list[dict[str, Any]]) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_suffix(".csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    draw(rows, out.with_suffix(".png"))


if __name__ == "__main__":
    sys.exit(main())
