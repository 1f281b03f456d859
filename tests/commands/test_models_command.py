"""``fink-t2 models``: what an operator types and reads."""

import json

import pytest

from fink_t2.cli import main
from fink_t2.science.classes import CLASSES
from fink_t2.science.preprocessing import PREPROCESSING_VERSION


@pytest.fixture
def folder(tmp_path):
    for version in ("0.1.0", "0.2.0"):
        place = tmp_path / "t2-test" / version
        place.mkdir(parents=True)
        metadata = {
            "name": "t2-test",
            "version": version,
            "survey": "ztf",
            "passbands": ["g", "r"],
            "classes": list(CLASSES),
            "features": ["log_span"],
            "grid_length": 100,
            "preprocessing_version": PREPROCESSING_VERSION,
        }
        (place / "metrics.json").write_text(json.dumps(metadata))
        (place / "model.tflite").write_bytes(b"x" * 2500)
    return tmp_path


def run(folder, *words):
    return main(["models", *words, "--models", str(folder)])


def test_list_show_promote_and_roll_back(folder, capsys):
    assert run(folder, "list") == 0
    assert "no version serves" in capsys.readouterr().out
    assert run(folder, "promote", "t2-test/0.1.0") == 0
    assert run(folder, "promote", "t2-test/0.2.0") == 0
    assert "0.2.0 serves instead of 0.1.0" in capsys.readouterr().out
    run(folder, "list")
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines] == [" ", "*"]
    assert "2.5 kB" in lines[0]
    assert run(folder, "show", "t2-test") == 0
    text = capsys.readouterr().out
    assert "t2-test/0.2.0" in text
    assert "served before: 0.1.0" in text
    assert run(folder, "rollback", "t2-test") == 0
    assert "0.1.0 serves instead of 0.2.0" in capsys.readouterr().out
    assert (folder / "t2-test" / "current").read_text() == "0.1.0\n"


def test_what_the_gate_kept_back_is_told(folder, capsys):
    decision = {
        "candidate": "t2-test/0.2.0",
        "serving": "t2-test/0.1.0",
        "promoted": False,
        "reasons": ["too slow"],
        "checks": [{"name": "latency", "passed": False, "reason": "too slow"}],
        "decided_at": "2026-01-01T00:00:00+00:00",
    }
    (folder / "t2-test" / "0.2.0" / "gate.json").write_text(json.dumps(decision))
    run(folder, "list")
    assert "kept back by the gate" in capsys.readouterr().out
    run(folder, "show", "t2-test/0.2.0")
    assert "FAIL  latency: too slow" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["promote", "t2-test"], "needs a version"),
        (["promote", "t2-test/9.9.9"], "can't read the model's metadata"),
        (["show", "t2-test/9.9.9"], "no such version"),
        (["rollback", "t2-test"], "can't read which version"),
        (["rollback"], "needs the name of a model"),
        (["show", "t2-none"], "no model t2-none"),
    ],
)
def test_mistakes_are_told_and_change_nothing(folder, capsys, words, message):
    assert run(folder, *words) == 1
    assert message in capsys.readouterr().err
    assert not (folder / "t2-test" / "current").exists()
