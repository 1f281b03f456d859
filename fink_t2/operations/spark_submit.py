"""The command line that submits the streaming job to Spark."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fink_t2.errors import FinkT2Error

#: The program that spark-submit runs.
MAIN: Final = Path(__file__).resolve().parents[1] / "stream" / "main.py"


def spark_submit() -> str:
    """Return the path of spark-submit: that of this Python's pyspark, otherwise that on the PATH.

    Raises
    ------
    FinkT2Error
        If there is none.
    """
    own = Path(sys.executable).with_name("spark-submit")
    path = str(own) if own.is_file() else shutil.which("spark-submit")
    if path is None:
        raise FinkT2Error(
            f"no spark-submit beside {sys.executable} or on the PATH: install pyspark, or put the "
            "bin folder of your Spark on the PATH"
        )
    return path


def job_command(master: str, options: Sequence[str], arguments: Sequence[str]) -> list[str]:
    """Return the command that runs the streaming job.

    Parameters
    ----------
    master : str
        Spark's master, for instance ``local[*]``.
    options : sequence of str
        More options of spark-submit.
    arguments : sequence of str
        Arguments of the job itself, see `fink_t2.stream.main`.
    """
    return [spark_submit(), "--master", master, *options, str(MAIN), *arguments]
