"""Faults of processes: stopped, killed, restarted."""

from __future__ import annotations

from pathlib import Path

from fink_t2.chaos.kills import kill_driver, kill_executor, kill_worker
from fink_t2.chaos.scene import Scene

#: How often the driver is killed in `driver_killed_when_decided`.
KILLS_BETWEEN_SINKS = 3


def restart(scene: Scene) -> None:
    """The job is stopped and started between batches; not even repeats in Kafka are allowed."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.finish()
    scene.publish(scene.alerts // 2)
    with scene.recovery():
        scene.start()
    scene.finish()
    scene.check_no_repeats()


def driver_killed(scene: Scene) -> None:
    """JVM and driver are killed in the middle of a batch, then the job is restarted."""
    with scene.under_load(), scene.recovery():
        kill_driver(scene.job)
        scene.start()


def driver_killed_when_decided(scene: Scene) -> None:
    """The driver is killed once a batch is decided: on its way to the tables, not yet in Kafka."""
    publishing = scene.publishing(scene.alerts, scene.rate)
    tables = Path(scene.config.output.path)
    for _ in range(KILLS_BETWEEN_SINKS):
        manifest = f"_stream/*/{scene.batch() + 2:09d}.json"
        scene.start()
        scene.wait_until(lambda: any(tables.glob(manifest)), f"{manifest} is written")  # noqa: B023
        kill_driver(scene.job)
    with scene.recovery():
        scene.start()
    publishing.join()
    scene.finish()


def worker_killed(scene: Scene) -> None:
    """A Python worker is killed: Spark repeats the task, and the job continues."""
    with scene.under_load(), scene.recovery():
        kill_worker(scene.job)


def executor_killed(scene: Scene) -> None:
    """The JVM of an executor is killed in local-cluster mode: another is started."""
    with scene.under_load(master="local-cluster[1,1,1024]"), scene.recovery():
        kill_executor(scene.job)


def sigterm(scene: Scene) -> None:
    """SIGTERM in the middle of a batch: the batch is committed, the exit code is 0."""
    with scene.under_load(), scene.recovery():
        scene.stop()
        scene.start()
    scene.check_no_repeats()
