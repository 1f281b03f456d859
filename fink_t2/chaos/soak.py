"""Feed the job at a steady rate for a while and watch its memory: ``bin/soak``.

Every few seconds the lag and the resident memory of JVM, driver and Python workers are written
to a table, and in the end drawn. With a rate beyond what the machine can classify this is the
overload test: the lag grows, memory must not.

Exit code 1: memory has grown from the first to the last third by more than --growth, or an alert
is not accounted for (--catch-up: only after the job has caught up).

Examples:
  bin/soak --minutes 30 --rate 50
  bin/soak --minutes 10 --rate 100000 --out overload    # as fast as Kafka takes them
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from tqdm import tqdm

from fink_t2.audit import audit, totals
from fink_t2.benchmark.process_tree import process_tree
from fink_t2.chaos.scene import Scene
from fink_t2.checkpoint import CheckpointError, read_progress
from fink_t2.kafka import LocalKafka

SAMPLE_SECONDS = 5.0
PER_BATCH = 1000
COLUMNS = ("seconds", "published", "committed", "jvm_mb", "driver_mb", "workers_mb", "workers")
PAGES_PER_MB = 1024**2 / 4096


def main(arguments: list[str] | None = None) -> int:
    """Run the soak."""
    parser = argparse.ArgumentParser(
        prog="bin/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rate", type=float, default=50.0, help="alerts per second (default 50)")
    parser.add_argument("--growth", type=float, default=0.2, help="most growth (default 0.2)")
    parser.add_argument("--out", type=Path, default=Path("soak"), help="FILE.csv and FILE.png")
    parser.add_argument("--catch-up", action="store_true", help="wait for the lag to go before end")
    args = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="fink_t2-soak-"))
    rows: list[dict[str, float]] = []
    with LocalKafka(folder / "kafka") as broker:
        scene = Scene(broker, folder / "job", "soak", alerts=6 * PER_BATCH)
        try:
            scene.start()
            scene.publish(20)
            scene.wait_for_batch(0)  # all is loaded and compiled: what grows from now on, grows
            _watch(scene, args, rows)
            if args.catch_up:
                scene.wait_until_caught_up()
            scene.job.terminate()
            found = totals(audit(scene.config))
        finally:
            scene.clear()
            _write(args.out, rows)
    is_good = not found["missing"] and not found["twice"]
    print(found)
    for name in ("jvm_mb", "driver_mb", "workers_mb"):
        third = max(1, len(rows) // 3)
        first = median(row[name] for row in rows[:third])
        last = median(row[name] for row in rows[-third:])
        print(f"{name}: {first:.0f} in the first third, {last:.0f} in the last")
        is_good = is_good and last <= (1 + args.growth) * first
    return 0 if is_good else 1


def _watch(scene: Scene, args: argparse.Namespace, rows: list[dict[str, float]]) -> None:
    begin = time.monotonic()
    publishing = scene.publishing(int(args.rate * 60 * args.minutes), args.rate)
    with tqdm(total=round(60 * args.minutes), unit="s", disable=None) as bar:
        while (seconds := time.monotonic() - begin) < 60 * args.minutes:
            rows.append(_sample(scene, seconds))
            bar.update(round(seconds) - bar.n)
            time.sleep(SAMPLE_SECONDS)
    publishing.join()


def _sample(scene: Scene, seconds: float) -> dict[str, float]:
    memory = {"jvm_mb": 0.0, "driver_mb": 0.0, "workers_mb": 0.0}
    workers = 0
    for process in process_tree(scene.job.process.pid):
        if "pyspark.daemon" in process.command:
            kind = "workers_mb"
            workers += 1
        else:
            kind = "driver_mb" if "stream_classify.py" in process.command and (
                "java" not in process.command.split(" ", 1)[0]) else "jvm_mb"  # fmt: skip
        memory[kind] += _resident_mb(process.pid)
    try:
        committed = sum(read_progress(scene.config.checkpoint).committed.values())
    except CheckpointError:
        committed = 0
    published = sum(scene.ends().values())
    return {
        "seconds": round(seconds, 1),
        "published": published,
        "committed": committed,
        **memory,
        "workers": workers,
    }


def _resident_mb(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) / PAGES_PER_MB
    except (OSError, IndexError):
        return 0.0


def _write(out: Path, rows: list[dict[str, float]]) -> None:
    if not rows:
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.with_suffix(".csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        table.writeheader()
        table.writerows(rows)
    import matplotlib as mpl  # an extra: the stream does not need it

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, (memory, lag) = plt.subplots(2, 1, sharex=True, figsize=(8, 6))
    minutes = [row["seconds"] / 60 for row in rows]
    for name, label in (("jvm_mb", "JVM"), ("driver_mb", "driver"), ("workers_mb", "workers")):
        memory.plot(minutes, [row[name] for row in rows], label=label)
    memory.set_ylabel("resident memory (MB)")
    memory.set_ylim(bottom=0)
    memory.legend()
    lag.plot(minutes, [row["published"] - row["committed"] for row in rows])
    lag.set_ylabel("messages that wait")
    lag.set_xlabel("time (minutes)")
    figure.tight_layout()
    figure.savefig(out.with_suffix(".png"), dpi=120)


if __name__ == "__main__":
    sys.exit(main())
