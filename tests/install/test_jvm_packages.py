"""The JVM parts on this machine are the pinned ones, and no others are taken."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from fink_t2.install import jvm_packages
from fink_t2.install.jvm_packages import JvmPackageError, jar_name, jars, pinned


@pytest.mark.parametrize("part", ["spark", "kafka"])
def test_the_jars_in_use_are_the_pinned_ones(part: str) -> None:
    files = jars(part)
    assert [file.name for file in files] == [jar_name(package) for package in pinned(part)]
    for file, checksum in zip(files, pinned(part).values(), strict=True):
        assert hashlib.sha256(file.read_bytes()).hexdigest() == checksum


def test_a_jar_with_another_content_is_refused_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(packages: list[str], scratch: Path) -> None:
        (scratch / "jars").mkdir()
        for package in packages:
            (scratch / "jars" / jar_name(package)).write_bytes(b"something else")

    monkeypatch.setattr(jvm_packages, "run_ivy", download)
    monkeypatch.setenv("FINK_T2_HOME", str(tmp_path))
    with pytest.raises(JvmPackageError, match="is not the jar pinned"):
        jars("spark")
    assert list((tmp_path / "jars").iterdir()) == []


def test_without_a_network_the_log_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINK_T2_HOME", str(tmp_path))
    monkeypatch.setenv(
        "JAVA_TOOL_OPTIONS",
        "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=9 -Dhttps.nonProxyHosts=",
    )
    with pytest.raises(JvmPackageError, match="is there a network") as raised:
        jars("spark")
    assert "spark-avro" in (tmp_path / "ivy.log").read_text()
    assert str(tmp_path / "ivy.log") in str(raised.value)
    assert list((tmp_path / "jars").iterdir()) == []
