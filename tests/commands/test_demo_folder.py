"""``fink-t2 demo`` checks before it acts, and deletes only the outputs of an earlier demo."""

from __future__ import annotations

from pathlib import Path

import pytest

from fink_t2.cli import main
from fink_t2.errors import FinkT2Error
from fink_t2.operations.demo_folder import (
    MARKER,
    OUTPUTS,
    check_demo_folder,
    clear_demo_folder,
    default_demo_folder,
)


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder with somebody's data, under names that a demo uses as well."""
    folder = tmp_path / "thesis"
    (folder / "tables").mkdir(parents=True)
    (folder / "tables" / "chapter.csv").write_text("1,2\n")
    (folder / "notes.txt").write_text("irreplaceable\n")
    return folder


def test_a_folder_with_other_files_is_refused_and_kept(
    foreign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = listing(foreign)
    assert main(["demo", "--out", str(foreign)]) == 1
    err = capsys.readouterr().err
    assert f"{foreign} is not empty" in err
    assert "--out" in err
    assert listing(foreign) == before
    with pytest.raises(FinkT2Error, match="not empty"):
        clear_demo_folder(foreign)
    assert listing(foreign) == before


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("content")
    with pytest.raises(FinkT2Error, match="is not a folder"):
        check_demo_folder(path)
    assert path.read_text() == "content"


@pytest.mark.parametrize("missing", ["java", "alerts", "rate"])
def test_everything_is_checked_before_an_earlier_demo_is_deleted(
    missing: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "demo"
    clear_demo_folder(folder)
    (folder / "tables").mkdir()
    (folder / "tables" / "alerts.parquet").write_text("yesterday's")
    before = listing(folder)
    arguments = ["demo", "--out", str(folder)]
    if missing == "java":
        monkeypatch.delenv("JAVA_HOME", raising=False)
        monkeypatch.setenv("PATH", str(tmp_path))
    elif missing == "alerts":
        arguments += ["--alerts", str(tmp_path / "none")]
    else:
        arguments += ["--rate", "0"]
    assert main(arguments) == 1
    assert missing in capsys.readouterr().err
    assert listing(folder) == before
    assert not (tmp_path / "new").exists()


def test_the_outputs_of_an_earlier_demo_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "demo"
    clear_demo_folder(folder)
    for name in OUTPUTS:
        if name.endswith(".log"):
            (folder / name).write_text("old\n")
        else:
            (folder / name / "below").mkdir(parents=True)
    (folder / "mine.txt").write_text("kept\n")
    clear_demo_folder(folder)
    assert listing(folder) == sorted([MARKER, "mine.txt"])


def test_an_empty_folder_and_the_default_folder_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    check_demo_folder(tmp_path / "empty")
    check_demo_folder(tmp_path / "new")
    assert not (tmp_path / "new").exists()
    monkeypatch.setenv("FINK_T2_HOME", str(tmp_path / "home"))
    folder = default_demo_folder()
    (folder / "tables").mkdir(parents=True)  # by a version that left no marker
    clear_demo_folder(folder)
    assert listing(folder) == [MARKER]
