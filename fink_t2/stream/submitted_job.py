"""The streaming job as a process of its own, under spark-submit, and what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from fink_t2.errors import FinkT2Error

JOB: Final = Path(__file__).resolve().parent.parent.parent / "bin" / "stream_classify.py"
STOP_SECONDS: Final = 90.0


class JobError(FinkT2Error):
    """The streaming job has ended, or does not do what was waited for."""


class SubmittedJob:
    """Runs the job while the context lasts; leaving it asks the job to stop, and waits.

    Parameters
    ----------
    log : Path
        File that takes the job's output: one JSON line per event, and what Spark says.
    config : Path
        Configuration file.
    settings : mapping
        Overrides, ``section.key`` to value.
    master : str
        Spark's master.
    """

    def __init__(
        self, log: Path, config: Path, settings: Mapping[str, Any], master: str = "local[2]"
    ) -> None:
        self.log = log
        self._command = [
            str(Path(sys.executable).with_name("spark-submit")),
            *("--master", master, "--conf", "spark.ui.showConsoleProgress=false"),
            *(str(JOB), "--config", str(config)),
        ]
        for key, value in settings.items():
            self._command += ["--set", f"{key}={json.dumps(value)}"]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SubmittedJob:
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                self._command,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYSPARK_PYTHON": sys.executable},
                # Ctrl-C at the terminal is for the one who started the job; it stops the job.
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> int | None:
        """Ask the job to finish its micro-batch, by force after a while; return its exit code."""
        if self._process is None:
            return None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        return self._process.returncode

    def check(self) -> None:
        """Raise `JobError`, with the job's last lines, if it has ended."""
        if self._process is not None and self._process.poll() is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise JobError(f"the streaming job has ended; its last lines in {self.log}:\n{tail}")

    def events(self) -> list[dict[str, Any]]:
        """Return the events that the job has logged so far."""
        found = []
        for line in self.log.read_text(errors="replace").splitlines():
            if line.startswith("{") and line.endswith("}"):
                found.append(json.loads(line))
        return found

    def batches(self) -> list[dict[str, Any]]:
        """Return the lines of the micro-batches that are committed."""
        return [event for event in self.events() if event["event"] == "batch"]

    def wait_for_event(self, name: str, seconds: float) -> None:
        """Wait until the job has logged an event.

        Raises
        ------
        JobError
            If it ends, or takes longer than so many seconds.
        """
        give_up = time.monotonic() + seconds
        while not any(event["event"] == name for event in self.events()):
            self.check()
            if time.monotonic() > give_up:
                raise JobError(f"no event {name!r} within {seconds:.0f} s; see {self.log}")
            time.sleep(0.2)
