"""Kill processes of the streaming job by SIGKILL, as the kernel does when memory runs out."""

from __future__ import annotations

from fink_t2.chaos.errors import ChaosError
from fink_t2.operations.process_tree import Process
from fink_t2.operations.submitted_job import SubmittedJob, kill

#: Text by which the command line of a process is recognised.
WORKER = "pyspark.daemon"
EXECUTOR = "CoarseGrainedExecutorBackend"
STOP_SECONDS = 60.0


def kill_driver(job: SubmittedJob) -> None:
    """Kill the JVM and the Python driver, but not the workers, which must end by themselves."""
    for process in job.processes():
        if WORKER not in process.command:
            kill(process)
    job.wait(STOP_SECONDS)


def kill_worker(job: SubmittedJob) -> None:
    """Kill one Python worker."""
    # The first process is the daemon, from which the workers are forked.
    kill(_last(job, WORKER, at_least=2))


def kill_executor(job: SubmittedJob) -> None:
    """Kill the JVM of one executor; with a local master there is none."""
    kill(_last(job, EXECUTOR, at_least=1))


def _last(job: SubmittedJob, name: str, at_least: int) -> Process:
    processes = [process for process in job.processes() if name in process.command]
    if len(processes) < at_least:
        raise ChaosError(f"the job has no process {name} that could be killed")
    return processes[-1]
