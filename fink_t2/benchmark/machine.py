"""The machine that figures were measured on: processor, memory, versions, load."""

from __future__ import annotations

import datetime
import importlib.metadata
import platform
import subprocess
from pathlib import Path
from typing import Any, Final

import psutil

from fink_t2 import __version__
from fink_t2.errors import FinkT2Error
from fink_t2.install.java import find_java

#: Packages whose version influences the figures.
PACKAGES: Final = (
    "numpy", "numba", "pandas", "pyarrow", "pyspark", "ai-edge-litert", "fastavro",
    "confluent-kafka", "george", "scipy",
)  # fmt: skip


def describe_machine() -> dict[str, Any]:
    """Return processor, memory, versions, commit and load of the machine, ready for JSON."""
    return {
        "measured_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": _cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "load_average": [round(value, 2) for value in psutil.getloadavg()],
        "system": platform.platform(),
        "python": platform.python_version(),
        "java": _java(),
        "fink_t2": __version__,
        "commit": _commit(),
        "packages": {name: _version(name) for name in PACKAGES},
    }


def _processor() -> str:
    """Return the processor's name, which Python knows on some systems only."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if psutil.LINUX:
        return len(psutil.Process().cpu_affinity() or [])
    return psutil.cpu_count() or 1


def _java() -> str | None:
    try:
        answer = subprocess.run([find_java(), "-version"], capture_output=True, text=True)
    except FinkT2Error:
        return None
    return answer.stderr.partition("\n")[0].strip()


def _commit() -> str | None:
    """Return the commit of the checkout, marked if tracked files differ from it."""
    try:
        answer = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
        )
    except OSError:
        return None
    return answer.stdout.strip() or None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
