"""bin/setup says in one line what a machine lacks, before it installs anything."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[2] / "bin" / "setup"
TOOLS = ("awk", "bash", "cat", "cksum", "dirname", "env", "grep", "mkdir", "tail", "tee")


@pytest.fixture
def bare_machine(tmp_path: Path) -> dict[str, str]:
    """An environment whose search path has a shell's usual tools, but no Python and no Java."""
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / tool).symlink_to(found)
    return {"PATH": str(tmp_path), "HOME": str(tmp_path)}


def set_up(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(SETUP), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_without_python_it_says_which_is_needed(bare_machine: dict[str, str]) -> None:
    ran = set_up(bare_machine)
    assert ran.returncode == 1
    assert ran.stderr.startswith("bin/setup: Python 3.11 with its venv module is needed")
    assert ran.stderr.count("\n") == 1


def test_without_java_it_says_so(bare_machine: dict[str, str]) -> None:
    python = Path(sys.base_prefix, "bin", "python3.11")
    ran = set_up(bare_machine | {"PYTHON": str(python)})
    assert ran.returncode == 1
    assert ran.stderr.startswith("no java found: Java 17 is needed")
    assert ran.stderr.count("\n") == 1


def test_another_kind_of_set_up_is_refused() -> None:
    ran = set_up(dict(os.environ), "everything")
    assert ran.returncode == 2
    assert ran.stderr == "usage: bin/setup [runtime|dev]\n"
