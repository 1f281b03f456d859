"""Kill parts of the streaming job, -9, as a lost machine or the kernel's memory killer would."""

from __future__ import annotations

from fink_t2.chaos.errors import ChaosError
from fink_t2.operations.process_tree import Process
from fink_t2.operations.submitted_job import SubmittedJob, kill

WORKER = "pyspark.daemon"
EXECUTOR = "CoarseGrainedExecutorBackend"
STOP_SECONDS = 60.0


def kill_driver(job: SubmittedJob) -> None:
    """Kill the JVM and the Python driver, not the workers, which must find out by themselves."""
    for one in job.processes():
        if WORKER not in one.command:
            kill(one)
    job.wait(STOP_SECONDS)


def kill_worker(job: SubmittedJob) -> None:
    """Kill one Python worker."""
    # The first is the daemon, of which the workers are forks.
    kill(_last(job, WORKER, at_least=2))


def kill_executor(job: SubmittedJob) -> None:
    """Kill the JVM of one executor, which a local master does not have."""
    kill(_last(job, EXECUTOR, at_least=1))


def _last(job: SubmittedJob, name: str, at_least: int) -> Process:
    found = [one for one in job.processes() if name in one.command]
    if len(found) < at_least:
        raise ChaosError(f"the job has no process {name} to be killed")
    return found[-1]
