"""The faults: each a short story that ends with a job that has caught up and stopped cleanly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fink_t2.chaos import kafka_faults, model_faults, process_faults, storage_faults
from fink_t2.chaos.scene import Scene

Fault = Callable[[Scene], None]
#: The faults, by the names that they have in the table.
FAULTS: Final[dict[str, Fault]] = {
    "restart": process_faults.restart,
    "SIGTERM": process_faults.sigterm,
    "driver killed": process_faults.driver_killed,
    "driver killed between the two sinks": process_faults.driver_killed_when_decided,
    "worker killed": process_faults.worker_killed,
    "executor killed": process_faults.executor_killed,
    "broker stopped and restarted": kafka_faults.broker_stopped,
    "partitions added": kafka_faults.partitions_added,
    "offsets expired": kafka_faults.offsets_expired,
    "clocks wrong": kafka_faults.clocks_wrong,
    "output not writable": storage_faults.output_not_writable,
    "output disk full": storage_faults.output_disk_full,
    "output deleted": storage_faults.output_deleted,
    "checkpoint deleted": storage_faults.checkpoint_deleted,
    "model swapped under load": model_faults.model_swapped,
}
#: The faults that CI runs.
SHORT: Final = (
    "driver killed",
    "worker killed",
    "SIGTERM",
    "restart",
    "model swapped under load",
)


def summary(name: str) -> str:
    """Return the first line of a fault's description."""
    return (FAULTS[name].__doc__ or "").partition("\n")[0]
