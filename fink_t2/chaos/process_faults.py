"""Faults of processes: stopped, killed, started again."""

from __future__ import annotations

from pathlib import Path

from fink_t2.chaos.kills import kill_driver, kill_executor, kill_worker
from fink_t2.chaos.scene import Scene

KILLS_BETWEEN_SINKS = 3


def restart(scene: Scene) -> None:
    """A clean stop and start between batches: not even a repeat in Kafka is allowed."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.finish()
    scene.publish(scene.alerts // 2)
    with scene.recovery():
        scene.start()
    scene.finish()
    scene.check_no_repeats()


def driver_killed(scene: Scene) -> None:
    """kill -9 of JVM and driver while alerts flow, in the midst of a batch; then a restart."""
    with scene.under_load(), scene.recovery():
        kill_driver(scene.job)
        scene.start()


def driver_killed_when_decided(scene: Scene) -> None:
    """kill -9 as soon as a batch is decided: in the tables or on the way, not yet in Kafka."""
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
    """kill -9 of a Python worker: Spark tries the task again, the job goes on."""
    with scene.under_load(), scene.recovery():
        kill_worker(scene.job)


def executor_killed(scene: Scene) -> None:
    """kill -9 of an executor's JVM in local-cluster mode: another is started, the job goes on."""
    with scene.under_load(master="local-cluster[1,1,1024]"), scene.recovery():
        kill_executor(scene.job)


def sigterm(scene: Scene) -> None:
    """SIGTERM in the midst of a batch: it is finished and committed, the exit code is 0."""
    with scene.under_load(), scene.recovery():
        scene.stop()
        scene.start()
    scene.check_no_repeats()
