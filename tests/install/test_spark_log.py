"""Spark logs warnings and errors where fink_t2 starts it, and what the operator has configured."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fink_t2.install.spark_log import CONFIGURATION, PANDAS_WARNING, quiet_environment
from fink_t2.operations.spark_submit import spark_submit

#: Starts a session as the job does, runs a small query, and logs a real warning.
SCRIPT = """
from fink_t2.alerts.limits import Limits
from fink_t2.stream.session import start_session
settings = {"spark.master": "local[1]", "spark.ui.enabled": "false"}
session = start_session(settings, Limits(), "test of the log")
print(session.range(3).count())
session._jvm.org.apache.logging.log4j.LogManager.getLogger("disk").warn("it is nearly full")
session.stop()
"""


def test_the_environment_points_to_the_shipped_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Xss4m")
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    environment = quiet_environment()
    assert environment["SPARK_SUBMIT_OPTS"].split() == [
        "-Xss4m",
        f"-Dlog4j2.configurationFile={CONFIGURATION.as_uri()}",
    ]
    assert environment["PYTHONWARNINGS"] == PANDAS_WARNING
    assert environment["PATH"] == os.environ["PATH"]


def test_what_the_operator_has_configured_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    own = "-Dlog4j2.configurationFile=file:/etc/log4j2.properties"
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", own)
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    environment = quiet_environment()
    assert environment["SPARK_SUBMIT_OPTS"] == own
    assert environment["PYTHONWARNINGS"] == "error"


@pytest.mark.spark
@pytest.mark.parametrize("is_submitted", [False, True], ids=["python", "spark-submit"])
def test_only_real_warnings_are_logged(is_submitted: bool, tmp_path: Path) -> None:
    script = tmp_path / "job.py"
    script.write_text(SCRIPT)
    command = [spark_submit(), "--master", "local[1]"] if is_submitted else [sys.executable]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYSPARK_PYTHON": sys.executable}
    for name in ("SPARK_SUBMIT_OPTS", "SPARK_CONF_DIR", "PYTHONWARNINGS"):
        environment.pop(name, None)
    ran = subprocess.run(
        [*command, str(script)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "3\n"
    assert " WARN disk: it is nearly full" in ran.stderr
    assert "INFO" not in ran.stderr
    assert "[Stage" not in ran.stderr
    if not is_submitted:  # spark-submit itself writes some lines before it starts Python
        assert ran.stderr.count("\n") == 1, ran.stderr
