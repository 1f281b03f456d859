"""Finding Java: what is missing or does not fit is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from fink_t2.install.java import JavaError, find_java


def install(folder: Path, script: str) -> Path:
    """Put a program named java into ``folder``/bin that runs ``script``."""
    (folder / "bin").mkdir(parents=True)
    java = folder / "bin" / "java"
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(0o755)
    return java


def says(version: str) -> str:
    return f"echo 'openjdk version \"{version}\" 2025-04-15' >&2"


def test_the_real_java_is_found() -> None:
    assert find_java().name == "java"


def test_java_home_goes_before_the_search_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = install(tmp_path / "home", says("17.0.15"))
    install(tmp_path / "other", says("21.0.1"))
    monkeypatch.setenv("PATH", f"{tmp_path}/other/bin:/bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == home
    monkeypatch.delenv("JAVA_HOME")
    assert find_java() == tmp_path / "other" / "bin" / "java"


def test_what_java_is_told_by_the_environment_does_not_confuse(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "echo 'Picked up JAVA_TOOL_OPTIONS: -Da=\"1\"' >&2; " + says("17"))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    find_java()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (says("1.8.0_402"), "is Java 8: Java 17 is needed"),
        (says("11.0.22"), "is Java 11: Java 17 is needed"),
        (says("24.0.1"), "is Java 24: Java 17 is needed"),
        ("exit 1", "does not run: Java 17 is needed"),  # as macOS's stub without a Java
        ("echo hello", "does not run: Java 17 is needed"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    install(tmp_path, script)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JavaError, match=message) as raised:
        find_java()
    assert "\n" not in str(raised.value)


def test_no_java_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JavaError, match="no java found: Java 17 is needed"):
        find_java()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "gone"))
    with pytest.raises(JavaError, match="can't be run"):
        find_java()
