"""Stop at the end of a micro-batch when asked to: SIGTERM from a supervisor, or Ctrl-C.

Under spark-submit the signal reaches Java, the parent, which would shut Spark down at once and
leave the batch half done. So both processes are told to note it and go on.
"""

from __future__ import annotations

import logging
import signal
import threading
from types import FrameType
from typing import Any

LOG = logging.getLogger(__name__)
SIGNALS = ("TERM", "INT")


class StopRequest:
    """Notes that the job shall stop after the micro-batch that runs."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def is_made(self) -> bool:
        """Tell whether the job shall stop."""
        return self._event.is_set()

    def make(self, why: str) -> None:
        """Ask the job to stop."""
        if not self._event.is_set():
            LOG.info("stopping after this micro-batch: %s", why)
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait until the job shall stop, at most so long."""
        return self._event.wait(seconds)

    def listen(self, jvm: Any) -> None:
        """Make the request when this process or its Java parent gets a signal.

        Parameters
        ----------
        jvm
            Of the SparkContext, whose callback server must be running.
        """
        for name in SIGNALS:
            signal.signal(getattr(signal, f"SIG{name}"), self._on_signal)
            jvm.sun.misc.Signal.handle(jvm.sun.misc.Signal(name), _JavaHandler(self))

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.make(signal.Signals(number).name)


class _JavaHandler:
    """Java's ``SignalHandler``, answered by this process."""

    def __init__(self, request: StopRequest) -> None:
        self._request = request

    def handle(self, signal_object: Any) -> None:
        """Called by Java when it has got the signal."""
        self._request.make(f"SIG{signal_object.getName()}")

    class Java:
        implements = ["sun.misc.SignalHandler"]  # noqa: RUF012 - py4j reads this
