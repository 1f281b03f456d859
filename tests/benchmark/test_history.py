"""The benchmark history: a line for each release, its figures those of ``fink-t2 bench``."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fink_t2.benchmark.history import COLUMNS, append_line, history_line
from fink_t2.cli import main
from fink_t2.errors import FinkT2Error

CHECKOUT = Path(__file__).resolve().parents[2]
MACHINE = {
    "measured_at": "2026-11-25T10:00:00+00:00",
    "commit": "abc1234",
    "processor": "Test CPU",
    "cores": 2,
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_history_of_the_repository_can_be_continued(tmp_path):
    history = CHECKOUT / "docs" / "benchmark_history.csv"
    copy = tmp_path / "history.csv"
    copy.write_bytes(history.read_bytes())
    append_line(copy, history_line({"machine": MACHINE}, "1.0"))
    lines = read(copy)
    assert lines[:-1] == read(history)
    assert lines[-1] == dict.fromkeys(COLUMNS, "") | {
        "release": "1.0",
        "date": "2026-11-25",
        "commit": "abc1234",
        "machine": "Test CPU",
        "cores": "2",
    }
    for line in lines:
        assert None not in line  # no line has more cells than the header
        assert None not in line.values()


def test_figures_of_spark_and_of_the_stream():
    results = {
        "machine": MACHINE,
        "module": [
            {"cores": 1, "steps": {"classify": {"median": 3060.4}}},
            {"cores": 2, "steps": {"classify": {"median": 2923.2}}},
        ],
        "end_to_end": {
            "model": "t2-ztf/0.2.0",
            "fast": {"alerts_per_second": 733.4},
            "steady": {"rate": 270.27, "latency_seconds": {"p50": 2.31, "p95": 4.316}},
            "first_alert_seconds": 25.96,
            "memory_mb": {"worker": 306.2, "jvm": 1582.0},
        },
    }
    line = history_line(results, "unreleased")
    assert {
        name: value for name, value in line.items() if name.startswith(("spark", "stream"))
    } == {
        "spark_two_cores_alerts_per_second": "2923",
        "stream_alerts_per_second": "733",
        "stream_rate_of_latency": "270",
        "stream_latency_p95_seconds": "4.32",
        "stream_first_alert_seconds": "26",
        "stream_worker_mb": "306",
    }
    assert line["model"] == "t2-ztf/0.2.0"


@pytest.mark.slow
def test_the_command_appends_what_it_has_measured(shared, tmp_path):
    history = tmp_path / "history.csv"
    alerts = shared / "data" / "alerts" / "ztf_v3"
    arguments = ["bench", "stages", "--alerts", str(alerts), "--seconds", "0.1"]
    for release in ("0.1", "0.2"):
        assert main([*arguments, "--history", str(history), "--release", release]) == 0
    first, second = read(history)
    assert (first["release"], second["release"]) == ("0.1", "0.2")
    for line in (first, second):
        assert float(line["arrays_us_per_alert"]) > 0
        assert float(line["gaussian_process_ratio_to_george"]) > 1
        assert line["stream_alerts_per_second"] == ""


def test_a_table_of_other_columns_is_left_alone(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("release,speed\n0.1,12\n")
    with pytest.raises(FinkT2Error, match=r"other\.csv"):
        append_line(path, history_line({"machine": MACHINE}, "0.2"))
    assert main(["bench", "stages", "--history", str(path)]) == 1
    assert path.read_text() == "release,speed\n0.1,12\n"
