"""The short form of the fault suite, with a real Kafka and real spark-submits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fink_t2.chaos import faults
from fink_t2.chaos.messages import BROKEN_ONE_IN, messages
from fink_t2.cli import main
from tests.fuzz.checks import check_decoding

#: A multiple of `BROKEN_ONE_IN`.
ALERTS = 300


def test_messages_are_sound_but_for_those_that_are_not() -> None:
    for message, is_sound in messages(0, 2 * BROKEN_ONE_IN):
        assert check_decoding(message, "ztf") == is_sound


def test_every_short_fault_is_a_fault() -> None:
    assert set(faults.SHORT) <= set(faults.FAULTS)


def test_the_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chaos", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(faults.FAULTS)
    for line, name in zip(lines, faults.FAULTS, strict=True):
        assert line.startswith(f"{name} ")
        assert len(line[38:].split()) > 4


def test_an_unknown_fault_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chaos", "--fault", "earthquake"]) == 1
    assert "no such fault: earthquake" in capsys.readouterr().err


@pytest.mark.end_to_end
@pytest.mark.timeout(2700)
def test_short_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "report.json"
    code = main(
        [
            "chaos",
            "--short",
            "--alerts",
            str(ALERTS),
            "--folder",
            str(tmp_path / "chaos"),
            "--report",
            str(report),
        ]
    )
    out = capsys.readouterr().out
    assert code == 0, out
    assert list((tmp_path / "chaos").iterdir()) == [], "a good run leaves nothing"
    outcomes = [json.loads(line) for line in report.read_text().splitlines()]
    assert [one["fault"] for one in outcomes] == list(faults.SHORT)
    for one in outcomes:
        assert one["messages"] >= ALERTS
        assert one["rows"] + one["dead_letters"] == one["messages"]
        assert one["dead_letters"] == one["messages"] // BROKEN_ONE_IN
        assert one["lost"] == one["duplicated"] == 0
