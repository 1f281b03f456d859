"""The faults: each a short story that ends with a job that has caught up and stopped cleanly."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import NewPartitions

from fink_t2.chaos.job import ChaosError
from fink_t2.chaos.messages import messages
from fink_t2.chaos.scene import PATIENCE_SECONDS, Scene

Fault = Callable[[Scene], None]
FAULTS: dict[str, Fault] = {}
#: What CI runs.
SHORT = ("driver killed", "worker killed", "SIGTERM", "restart")
BROKER_DOWN_SECONDS = 60.0


def fault(name: str) -> Callable[[Fault], Fault]:
    """Register a fault under the name it has in the table."""

    def register(story: Fault) -> Fault:
        FAULTS[name] = story
        return story

    return register


@fault("restart")
def restart(scene: Scene) -> None:
    """A clean stop and start between batches: not even a repeat in Kafka is allowed."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.finish()
    scene.publish(scene.alerts // 2)
    scene.recover(scene.start)
    scene.finish()
    if scene.outcome().topic.repeats:
        raise ChaosError("a clean restart has sent alerts to Kafka twice")


@fault("driver killed")
def driver_killed(scene: Scene) -> None:
    """kill -9 of JVM and driver while alerts flow, in the midst of a batch; then a restart."""
    publishing = scene.publishing(scene.alerts, scene.rate)
    scene.start()
    scene.wait_for_batch(1)

    def kill() -> None:
        scene.job.kill_driver()
        scene.start()

    scene.recover(kill)
    publishing.join()
    scene.finish()


@fault("driver killed between the two sinks")
def driver_killed_when_decided(scene: Scene) -> None:
    """kill -9 as soon as a batch is decided: in the tables or on the way, not yet in Kafka."""
    publishing = scene.publishing(scene.alerts, scene.rate)
    for _ in range(3):
        scene.start()
        number = scene.batch() + 2
        tables = Path(scene.config.output.path)
        scene.wait_until(
            lambda n=number, t=tables: any(t.glob(f"_stream/*/{n:09d}.json")),  # type: ignore[misc]
            f"batch {number} is decided",
        )
        scene.job.kill_driver()
    scene.recover(scene.start)
    publishing.join()
    scene.finish()


@fault("worker killed")
def worker_killed(scene: Scene) -> None:
    """kill -9 of a Python worker: Spark tries the task again, the job goes on."""
    publishing = scene.publishing(scene.alerts, scene.rate)
    scene.start()
    scene.wait_for_batch(1)
    scene.recover(scene.job.kill_worker)
    publishing.join()
    scene.finish()


@fault("executor killed")
def executor_killed(scene: Scene) -> None:
    """kill -9 of an executor's JVM in local-cluster mode: another is started, the job goes on."""
    publishing = scene.publishing(scene.alerts, scene.rate)
    scene.start("local-cluster[1,1,1024]")
    scene.wait_for_batch(1)
    scene.recover(scene.job.kill_executor)
    publishing.join()
    scene.finish()


@fault("SIGTERM")
def sigterm(scene: Scene) -> None:
    """SIGTERM in the midst of a batch: it is finished and committed, the exit code is 0."""
    publishing = scene.publishing(scene.alerts, scene.rate)
    scene.start()
    scene.wait_for_batch(1)

    def stop() -> None:
        code = scene.job.terminate()
        if code != 0:
            raise ChaosError(f"after SIGTERM the job ended with {code}:\n{scene.job.tail()}")
        scene.start()

    scene.recover(stop)
    publishing.join()
    scene.finish()
    if scene.outcome().topic.repeats:
        raise ChaosError("a clean restart has sent alerts to Kafka twice")


@fault("broker stopped and restarted")
def broker_stopped(scene: Scene) -> None:
    """No Kafka for a minute: the job waits, or ends and is started again by its supervisor."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.wait_for_batch(0)
    before, begin = scene.batch(), time.monotonic()
    scene.broker.stop()
    time.sleep(BROKER_DOWN_SECONDS)
    scene.broker.start()
    scene.publish(scene.alerts // 2)
    _supervise(scene, before + 1)
    scene.recovered_after = time.monotonic() - begin
    scene.finish()


@fault("output not writable")
def output_not_writable(scene: Scene) -> None:
    """The tables' folder can't be written for a while: the job ends, says so, and goes on after.

    A plain file stands where the folder of the job's own files was: that stops root too,
    unlike a read-only mode.
    """
    publishing = scene.publishing(scene.alerts, scene.rate)
    scene.start()
    scene.wait_for_batch(1)
    own, aside = Path(scene.config.output.path, "_stream"), scene.folder / "aside"

    def block() -> None:
        own.rename(aside)
        own.write_text("in the way")
        code = scene.job.wait()
        if code == 0:
            raise ChaosError("the job could not write and ended as if all were well")
        own.unlink()
        aside.rename(own)
        scene.start()

    scene.recover(block)
    publishing.join()
    scene.finish()


@fault("output deleted")
def output_deleted(scene: Scene) -> None:
    """The tables are gone, the checkpoint is not: the job refuses; without both, all comes anew."""
    scene.publish(scene.alerts)
    scene.start()
    scene.finish()
    tables, checkpoint = Path(scene.config.output.path), Path(scene.config.checkpoint)
    shutil.rmtree(tables)
    _refuses(scene, "no record of it")
    shutil.rmtree(checkpoint)
    shutil.rmtree(tables, ignore_errors=True)
    scene.recover(scene.start)
    scene.finish()


@fault("checkpoint deleted")
def checkpoint_deleted(scene: Scene) -> None:
    """The checkpoint is gone, the tables are not: to go on would write all alerts again."""
    scene.publish(scene.alerts)
    scene.start()
    scene.finish()
    checkpoint, aside = Path(scene.config.checkpoint), scene.folder / "aside"
    checkpoint.rename(aside)
    _refuses(scene, "another stream")
    shutil.rmtree(checkpoint, ignore_errors=True)
    aside.rename(checkpoint)
    scene.publish(scene.alerts // 4)
    scene.recover(scene.start)
    scene.finish()


@fault("offsets expired")
def offsets_expired(scene: Scene) -> None:
    """Kafka has deleted what was not read: loudly refused, or loudly skipped, by configuration."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.finish()
    scene.publish(scene.alerts // 4)
    gone = [
        TopicPartition(scene.topic, partition, end - 20)
        for (_, partition), end in scene.ends().items()
    ]
    for future in scene.broker.admin().delete_records(gone).values():
        future.result(timeout=30)
    scene.start()
    code = scene.job.wait()
    if code == 0 or "failOnDataLoss" not in scene.job.log.read_text(errors="replace"):
        raise ChaosError(f"data were lost and the job ended with {code}:\n{scene.job.tail()}")
    scene.recover(lambda: scene.start(settings=("source.fail_on_data_loss=false",)))
    scene.finish()


@fault("partitions added")
def partitions_added(scene: Scene) -> None:
    """The topic gets more partitions while the job runs."""
    scene.publish(scene.alerts // 2)
    scene.start()
    scene.wait_for_batch(1)

    def grow() -> None:
        futures = scene.broker.admin().create_partitions([NewPartitions(scene.topic, 5)])
        for future in futures.values():
            future.result(timeout=30)
        scene.publish(scene.alerts // 2)

    scene.recover(grow)
    scene.finish()


@fault("clocks wrong")
def clocks_wrong(scene: Scene) -> None:
    """Producers whose clocks are decades off, ahead and behind."""
    scene.start()
    producer = Producer({"bootstrap.servers": scene.broker.bootstrap_servers})
    for number, (message, _) in enumerate(messages(0, scene.alerts)):
        year = 1000 * 3600 * 24 * 365
        moment = (number % 3) * 60 * year + 1
        producer.produce(scene.topic, message, timestamp=moment)
    producer.flush()
    scene.published += scene.alerts
    scene.recover(lambda: None)
    scene.finish()


def _supervise(scene: Scene, batch: int) -> None:
    """Start the job again when it ends, as systemd would, until a batch is committed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while scene.batch() < batch:
        if time.monotonic() > deadline:
            raise ChaosError(f"the job did not recover:\n{scene.job.tail()}")
        if not scene.job.is_running():
            scene.start()
        time.sleep(0.5)


def _refuses(scene: Scene, why: str) -> None:
    """Start the job, which must end at once with one line that says why."""
    begin = scene.log.stat().st_size
    scene.start()
    code = scene.job.wait()
    text = scene.log.read_text(errors="replace")[begin:]
    if code == 0 or why not in text:
        raise ChaosError(f"the job ended with {code} and did not say {why!r}:\n{scene.job.tail()}")
