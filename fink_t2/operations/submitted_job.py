"""The streaming job as a process of its own under spark-submit, and the log that it writes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from fink_t2.errors import FinkT2Error
from fink_t2.install.spark_log import quiet_environment
from fink_t2.operations.process_tree import Process, process_tree
from fink_t2.operations.spark_submit import job_command

#: Longest wait for a job to stop before it is killed (s).
STOP_SECONDS: Final = 90.0


class JobError(FinkT2Error):
    """The streaming job has ended, or an event did not come in time."""


class SubmittedJob:
    """A streaming job that runs while the context lasts; leaving the context stops it.

    Parameters
    ----------
    log : Path
        File that takes the job's output: one JSON line per event, and the log of Spark. The
        output of earlier runs is kept.
    config : Path
        Configuration file.
    settings : mapping
        Overrides of the configuration, from ``section.key`` to value.
    master : str
        Spark's master, for instance ``local[2]``.
    options : sequence of str
        Further arguments of spark-submit.
    """

    def __init__(
        self,
        log: Path,
        config: Path,
        settings: Mapping[str, Any] | None = None,
        master: str = "local[2]",
        options: Sequence[str] = (),
    ) -> None:
        self.log = log
        arguments = ["--config", str(config)]
        for key, value in (settings or {}).items():
            arguments += ["--set", f"{key}={json.dumps(value)}"]
        options = ["--conf", "spark.ui.showConsoleProgress=false", *options]
        self._command = job_command(master, options, arguments)
        self._begin = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SubmittedJob:
        self.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the job."""
        with self.log.open("ab") as output:
            self._begin = output.tell()
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**quiet_environment(), "PYSPARK_PYTHON": sys.executable},
                # Ctrl-C at the terminal shall reach this process only, which stops the job.
                start_new_session=True,
            )

    def is_running(self) -> bool:
        """Tell whether the job runs."""
        return self._process is not None and self._process.poll() is None

    def processes(self) -> list[Process]:
        """Return the job's processes: the JVM, the Python driver and the Python workers."""
        if self._process is None or not self.is_running():
            return []
        return process_tree(self._process.pid)

    def stop(self, seconds: float = STOP_SECONDS) -> int | None:
        """Ask the job to finish its micro-batch and to stop, and return its exit code.

        Parameters
        ----------
        seconds : float
            Longest wait, after which the job is killed.

        Returns
        -------
        int or None
            None if the job was never started.
        """
        if self._process is None:
            return None
        if self.is_running():
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self._process.returncode

    def kill(self) -> None:
        """Kill all processes of the job."""
        for process in self.processes():
            kill(process)
        if self._process is not None:
            self._process.wait()

    def wait(self, seconds: float) -> int:
        """Wait until the job has ended, and return its exit code.

        Parameters
        ----------
        seconds : float
            Longest wait.

        Raises
        ------
        JobError
            If it does not end in time, or was never started.
        """
        if self._process is None:
            raise JobError("the streaming job was not started")
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise JobError(f"the streaming job did not end within {seconds:.0f} s") from None

    def check(self) -> None:
        """Raise `JobError` with the last lines of the log if the job has ended."""
        if self._process is not None and not self.is_running():
            raise JobError(
                f"the streaming job has ended; its last lines in {self.log}:\n{self.tail()}"
            )

    def output(self) -> str:
        """Return the output of this run so far."""
        with self.log.open("rb") as stream:
            stream.seek(self._begin)
            return stream.read().decode("utf-8", "replace")

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of this run's output, to be shown in an error."""
        return "\n".join(self.output().splitlines()[-lines:])

    def events(self) -> list[dict[str, Any]]:
        """Return the events that this run has logged so far."""
        return [
            json.loads(line)
            for line in self.output().splitlines()
            if line.startswith("{") and line.endswith("}")
        ]

    def batches(self) -> list[dict[str, Any]]:
        """Return the events of the micro-batches that are committed."""
        return [event for event in self.events() if event["event"] == "batch"]

    def wait_for_event(self, name: str, seconds: float) -> None:
        """Wait until the job has logged an event.

        Parameters
        ----------
        name : str
            Name of the event.
        seconds : float
            Longest wait.

        Raises
        ------
        JobError
            If the job ends before, or the event does not come in time.
        """
        deadline = time.monotonic() + seconds
        while not any(event["event"] == name for event in self.events()):
            self.check()
            if time.monotonic() > deadline:
                raise JobError(f"no event {name!r} within {seconds:.0f} s; see {self.log}")
            time.sleep(0.2)


def kill(process: Process) -> None:
    """Send SIGKILL to a process, unless it has ended."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
