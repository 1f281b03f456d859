"""The real job in processes of its own: spark-submit, its JVM, its driver, its workers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from fink_t2.benchmark.process_tree import Process, process_tree
from fink_t2.errors import FinkT2Error

CHECKOUT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 400.0


class ChaosError(FinkT2Error):
    """The job did not do what a fault's story needs."""


class Job:
    """One run of ``spark-submit bin/stream_classify.py``.

    Parameters
    ----------
    config : Path
        Its configuration.
    log : Path
        Where standard output and error go; appended to.
    master : str
        Spark master.
    settings : sequence of str
        ``--set`` arguments.
    """

    def __init__(
        self, config: Path, log: Path, master: str = "local[2]", settings: tuple[str, ...] = ()
    ) -> None:
        self.log = log
        self._begin = log.stat().st_size if log.exists() else 0
        spark_submit = Path(sys.executable).parent / "spark-submit"
        command = [str(spark_submit), "--master", master, "--conf", "spark.ui.enabled=false"]
        command += ["--conf", "spark.driver.memory=1g", "--conf", "spark.executor.memory=1g"]
        command += [str(CHECKOUT / "bin" / "stream_classify.py"), "--config", str(config)]
        for setting in settings:
            command += ["--set", setting]
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment,
                cwd=CHECKOUT,
            )

    def is_running(self) -> bool:
        """Tell whether spark-submit runs."""
        return self.process.poll() is None

    def events(self) -> list[dict[str, Any]]:
        """Return the JSON lines that this run has logged."""
        with self.log.open("rb") as stream:
            stream.seek(self._begin)
            text = stream.read().decode("utf-8", "replace")
        found = []
        for line in text.splitlines():
            if line.startswith('{"time"'):
                try:
                    found.append(json.loads(line))
                except ValueError:
                    continue  # being written
        return found

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of the log, for a person to see why."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def kill_driver(self) -> None:
        """Kill the JVM and the Python driver, -9, as a lost machine would."""
        drivers = [p for p in self._processes() if "pyspark.daemon" not in p.command]
        for one in drivers:
            _kill(one.pid)
        self.process.wait(timeout=STOP_SECONDS)

    def kill_worker(self) -> None:
        """Kill one Python worker, -9.

        Raises
        ------
        ChaosError
            If there is none.
        """
        daemons = [p for p in self._processes() if "pyspark.daemon" in p.command]
        if len(daemons) < 2:
            raise ChaosError("no Python worker is there to be killed")
        _kill(daemons[-1].pid)

    def kill_executor(self) -> None:
        """Kill the JVM of one executor, -9.

        Raises
        ------
        ChaosError
            If there is none: the master is a local one.
        """
        executors = [p for p in self._processes() if "CoarseGrainedExecutorBackend" in p.command]
        if not executors:
            raise ChaosError("no executor is there to be killed")
        _kill(executors[-1].pid)

    def terminate(self) -> int:
        """Ask the job to stop as a supervisor does; return its exit code."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait for the end; return the exit code.

        Raises
        ------
        ChaosError
            If it does not end.
        """
        try:
            return self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise ChaosError(f"the job did not end within {seconds:.0f} s") from None

    def clear(self) -> None:
        """Leave no process of this run behind."""
        for one in self._processes():
            _kill(one.pid)
        deadline = time.monotonic() + STOP_SECONDS
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.1)

    def _processes(self) -> list[Process]:
        return process_tree(self.process.pid) if self.is_running() else []


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
