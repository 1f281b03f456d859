"""Processor time and memory of the processes below one, from Linux's ``/proc``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One process.

    Attributes
    ----------
    pid : int
        Its number.
    command : str
        Its command line.
    cpu_seconds : float
        Processor time, user and system, its ended children included.
    peak_memory_mb : float
        Largest resident memory so far, 10^6 bytes, shared pages included.
    """

    pid: int
    command: str
    cpu_seconds: float
    peak_memory_mb: float


def process_tree(root: int | None = None) -> list[Process]:
    """Return a process and all its descendants.

    Parameters
    ----------
    root : int, optional
        Default: this process.
    """
    children: dict[int, list[int]] = {}
    seconds: dict[int, float] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The second field, the name, may hold blanks and brackets.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        pid = int(folder.name)
        children.setdefault(int(fields[1]), []).append(pid)
        seconds[pid] = sum(map(int, fields[11:15])) / TICKS_PER_SECOND
    found = []
    waiting = [root or os.getpid()]
    while waiting:
        pid = waiting.pop()
        waiting.extend(children.get(pid, []))
        if pid in seconds:
            found.append(Process(pid, _command(pid), seconds[pid], _peak_memory(pid)))
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def _peak_memory(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(s.split()[1]) * 1024 / 1e6 for s in lines if s.startswith("VmHWM")), 0.0)
