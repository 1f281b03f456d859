"""Libraries' announcements stay off standard error; what is not an announcement gets through."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fink_t2.stderr_filter import without_lines

CHECKOUT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fink_t2.cli", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_classify_writes_nothing_to_standard_error(tmp_path: Path) -> None:
    packet = str(next((CHECKOUT / "data" / "alerts").glob("*.avro")))
    ran = run("classify", packet, "--out", str(tmp_path / "out.csv"))
    assert ran.returncode == 0
    assert ran.stderr == ""
    assert ran.stdout.startswith("1 rows")


def test_simulate_shows_no_progress_bar_outside_a_terminal(tmp_path: Path) -> None:
    out = str(tmp_path / "alerts")
    ran = run("simulate", "alerts", "--n", "4", "--workers", "1", "--out", out)
    assert ran.returncode == 0
    assert ran.stderr == ""


@pytest.mark.training
def test_tensorflow_is_imported_silently() -> None:
    pytest.importorskip("tensorflow")
    script = (
        "import os; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'\n"
        "from fink_t2.commands._keras import import_keras\n"
        "import_keras()\n"
        "import sys; print('tensorflow' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"
    assert ran.stderr == ""


def test_only_matching_lines_are_dropped(capfd: pytest.CaptureFixture[str]) -> None:
    with without_lines("INFO: Created"):
        os.write(2, b"INFO: Created a delegate\nERROR: INFO: Created no delegate\nlast, no newline")
    assert capfd.readouterr().err == "ERROR: INFO: Created no delegate\nlast, no newline"
    os.write(2, b"INFO: Created later\n")
    assert capfd.readouterr().err == "INFO: Created later\n"


def test_lines_before_an_error_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        with without_lines("INFO"):
            os.write(2, b"the reason\n")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert capfd.readouterr().err == "the reason\n"


def test_threads_leave_standard_error_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    barrier = threading.Barrier(4)

    def work(number: int) -> None:
        barrier.wait()
        for _ in range(20):
            with without_lines("INFO"):
                os.write(2, f"INFO {number}\nline {number}\n".encode())

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"the end\n")
    lines = capfd.readouterr().err.splitlines()
    assert lines.pop() == "the end"
    assert sorted(lines) == sorted(20 * [f"line {number}" for number in range(4)])


def test_a_closed_standard_error_does_not_matter() -> None:
    script = (
        "import os\nfrom fink_t2.stderr_filter import without_lines\nos.close(2)\n"
        "with without_lines('INFO'):\n    print('done')"
    )
    ran = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
    assert ran.stdout == b"done\n"
