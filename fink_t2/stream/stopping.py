"""Stop at the end of a micro-batch after SIGTERM from a supervisor, or Ctrl-C.

With spark-submit the signal reaches the parent process, Java, which would stop Spark in the middle
of a batch. Therefore both processes only record the signal.
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
    """A request to stop the job after the current micro-batch."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def is_made(self) -> bool:
        """Return whether the job was asked to stop."""
        return self._event.is_set()

    def make(self, why: str) -> None:
        """Ask the job to stop.

        Parameters
        ----------
        why : str
            Reason, for the log.
        """
        if not self._event.is_set():
            LOG.info("stopping after this micro-batch: %s", why)
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Wait for the request.

        Parameters
        ----------
        seconds : float
            Longest time to wait, seconds.

        Returns
        -------
        bool
            Whether the job was asked to stop.
        """
        return self._event.wait(seconds)

    def listen(self, jvm: Any) -> None:
        """Make the request when this process or its Java parent receives a signal.

        Parameters
        ----------
        jvm
            JVM of the SparkContext, whose callback server must be running.
        """
        for name in SIGNALS:
            signal.signal(getattr(signal, f"SIG{name}"), self._on_signal)
            jvm.sun.misc.Signal.handle(jvm.sun.misc.Signal(name), _JavaHandler(self))

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.make(signal.Signals(number).name)


class _JavaHandler:
    """Implementation of Java's ``SignalHandler`` in this process."""

    def __init__(self, request: StopRequest) -> None:
        self._request = request

    def handle(self, signal_object: Any) -> None:
        """Make the request; called by Java when it has received the signal."""
        self._request.make(f"SIG{signal_object.getName()}")

    class Java:
        implements = ["sun.misc.SignalHandler"]  # noqa: RUF012 - py4j reads this
