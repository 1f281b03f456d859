"""The counted run: other cases every day, each named so that it can be run again."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime

import pytest

from fink_t2.cli import main

CASES = int(os.environ.get("FINK_T2_FUZZ_CASES", "100000"))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_counted_cases(capsys: pytest.CaptureFixture[str]) -> None:
    today = datetime.now(UTC).toordinal()
    code = main(["fuzz", "--cases", str(CASES), "--seed", str(today), "--seconds", "60"])
    out = capsys.readouterr().out
    assert code == 0, out
    report = json.loads(out)
    assert report["cases"] >= CASES
    assert report["alerts"] > 0
    assert report["classified"] > 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_counted_files(capsys: pytest.CaptureFixture[str]) -> None:
    today = datetime.now(UTC).toordinal()
    command = ["fuzz", "--only", "files", "--cases", str(CASES), "--seed", str(today)]
    code = main([*command, "--seconds", "60"])
    out = capsys.readouterr().out
    assert code == 0, out
    report = json.loads(out[out.index("{") :])
    assert report["files"] >= CASES
    assert report["files_with_light_curves"] > CASES / 10
