"""Processor time and memory of a process and of all processes below it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

MEGABYTE = 1e6


@dataclass(frozen=True)
class Process:
    """A process as it was when it was looked at.

    Attributes
    ----------
    pid : int
        Process id.
    command : str
        Command line.
    cpu_seconds : float
        Processor time, user and system, with that of its ended children.
    memory_mb : float
        Resident memory, 10^6 bytes, shared pages included.
    peak_memory_mb : float
        Largest resident memory so far; outside Linux, where it is not known, the present one.
    """

    pid: int
    command: str
    cpu_seconds: float
    memory_mb: float
    peak_memory_mb: float


def process_tree(root: int | None = None) -> list[Process]:
    """Return a process and all its descendants, every process after its parent.

    Parameters
    ----------
    root : int, optional
        Process id; default: this process.

    Returns
    -------
    list of Process
        Empty if the process has ended.
    """
    members = []
    with suppress(psutil.NoSuchProcess):
        top = psutil.Process(root)
        members = [top, *top.children(recursive=True)]
    processes = []
    for member in members:
        with suppress(psutil.NoSuchProcess), member.oneshot():  # it may have ended meanwhile
            times = member.cpu_times()
            memory_mb = member.memory_info().rss / MEGABYTE
            processes.append(
                Process(
                    member.pid,
                    " ".join(member.cmdline()),
                    times.user + times.system + times.children_user + times.children_system,
                    memory_mb,
                    _peak_memory_mb(member.pid) or memory_mb,
                )
            )
    return processes


def _peak_memory_mb(pid: int) -> float:
    """Return Linux's high-water mark of the resident memory, which psutil does not offer."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    kilobytes = (int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return next(kilobytes, 0) * 1024 / MEGABYTE
