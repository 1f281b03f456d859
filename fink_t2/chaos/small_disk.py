"""A disk that is quickly full: a small file system in memory, which only root can mount."""

from __future__ import annotations

import errno
import shutil
import subprocess
from pathlib import Path

from fink_t2.chaos.errors import CannotStage

MEGABYTES = 64
BLOCK = bytes(1 << 16)


def mount(folder: Path, megabytes: int = MEGABYTES) -> None:
    """Mount an empty file system of a fixed size.

    Raises
    ------
    CannotStage
        If this user cannot mount it, or this machine has no such file system.
    """
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "fink_t2-chaos"]
    _run("mount", *options, str(folder))


def unmount(folder: Path) -> None:
    """Unmount the file system, and lose what is on it."""
    _run("umount", str(folder))


def _run(name: str, *arguments: str) -> None:
    program = shutil.which(name)
    if program is None:
        raise CannotStage(f"a small disk can't be mounted here: there is no {name}")
    ran = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise CannotStage(f"a small disk can't be mounted here: {ran.stderr.strip()}")


def fill(folder: Path) -> Path:
    """Write a file that takes all the space there is, and return its path."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as stream:
        while True:
            try:
                stream.write(BLOCK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                return filler
