"""The wheel, made from the source distribution, at work in an empty folder without a checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pyarrow.dataset as ds
import pytest

from fink_t2.install.state_folder import state_folder
from fink_t2.science.model_store import ModelStore
from fink_t2.surveys import passbands_of
from tests.conftest import CHECKOUT

#: What a build reads of a checkout.
SOURCES = ("MANIFEST.in", "README.md", "LICENSE", "pyproject.toml", "setup.py")
FOLDERS = ("bin", "conf", "fink_t2", "models")


def clean_environment() -> dict[str, str]:
    """Return the environment without what points to the checkout or to a Python."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYSPARK", "FINK_T2"))
    }


@dataclass(frozen=True)
class Installation:
    """A virtual environment that has the wheel, and sees the packages of the tests' one."""

    environment: Path
    cwd: Path

    def run(self, *command: str | Path) -> str:
        """Run a program of the environment in the empty folder; return its standard output."""
        variables = clean_environment()
        # The tests' environment comes second, for spark-submit; the jars are there already.
        folders = (self.environment / "bin", Path(sys.executable).parent, variables["PATH"])
        variables["PATH"] = os.pathsep.join(map(str, folders))
        variables["FINK_T2_HOME"] = str(state_folder())
        ran = subprocess.run(
            [str(self.environment / "bin" / command[0]), *map(str, command[1:])],
            cwd=self.cwd,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}"
        return ran.stdout


def copy_of_the_sources(folder: Path) -> Path:
    """Copy what a build reads, so that it writes nothing into the checkout."""
    folder.mkdir()
    for name in SOURCES:
        shutil.copy(CHECKOUT / name, folder)
    for name in FOLDERS:
        shutil.copytree(
            CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.nb?")
        )
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    sources = copy_of_the_sources(folder / "sources")
    build = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=sources, check=True, capture_output=True
    )
    (archive,) = folder.glob("fink_t2-*.tar.gz")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--wheel-dir", str(folder), str(archive)], check=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python")]
    subprocess.run(
        [*pip, "install", "--quiet", "--no-deps", str(wheel)], check=True, env=clean_environment()
    )
    # A folder named in a .pth file joins the path without its own .pth files, among which is that
    # of the editable installation.
    site_packages = sysconfig.get_path("purelib", vars={"base": str(environment)})
    Path(site_packages, "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    empty = folder / "empty"
    empty.mkdir()
    return Installation(environment, empty)


def test_the_code_is_that_of_the_wheel(installation: Installation) -> None:
    path = installation.run("python", "-c", "import fink_t2; print(fink_t2.__file__)")
    assert path.startswith(str(installation.environment))


def test_the_models_in_service_are_in_it(installation: Installation) -> None:
    listed = installation.run("fink-t2", "models", "list")
    store = ModelStore(passbands_of=passbands_of)
    for name in store.names():
        assert f"* {name}/{store.current_version(name)}" in listed
        shown = installation.run("fink-t2", "models", "show", name)
        assert "fits this code" in shown
        assert "gate, " in shown


@pytest.mark.slow
def test_it_classifies_as_the_checkout_does(installation: Installation) -> None:
    packets = sorted((CHECKOUT / "data" / "alerts").glob("*.avro"))[:40]
    folder = installation.cwd / "packets"
    folder.mkdir()
    for packet in packets:
        shutil.copy(packet, folder)
    installation.run("fink-t2", "classify", folder, "--out", "classified.csv")
    ours = installation.cwd.parent / "ours.csv"
    command = [Path(sys.executable).with_name("fink-t2"), "classify", folder, "--out", ours]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    assert (installation.cwd / "classified.csv").read_text() == ours.read_text()


@pytest.mark.end_to_end
def test_it_runs_the_job_from_its_own_configuration(installation: Installation) -> None:
    archive = installation.cwd / "night"
    archive.mkdir()
    packets = sorted((CHECKOUT / "data" / "alerts").glob("*.avro"))[:10]
    for packet in packets:
        shutil.copy(packet, archive)
    example = installation.run("fink-t2", "config", "example", "ztf")
    assert example == (CHECKOUT / "conf" / "ztf.toml").read_text()
    (installation.cwd / "ztf.toml").write_text(example)
    settings = {
        "source.kind": "archive",
        "source.path": str(archive),
        "source.topic_pattern": "",
        "output.path": "tables",
        "output.topic": "",
        "output.dead_letter_topic": "",
        "checkpoint": "checkpoint",
        "substream": [],
    }
    overrides = [
        argument
        for key, value in settings.items()
        for argument in ("--set", f"{key}={json.dumps(value)}")
    ]
    options = ["--", "--conf", "spark.ui.enabled=false"]
    written = installation.run(
        "fink-t2", "stream", "--config", "ztf.toml", "--once", *overrides, "--master", "local[1]",
        *options,
    )  # fmt: skip
    events = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert sum(event.get("alerts", 0) for event in events) == len(packets)
    rows = ds.dataset(installation.cwd / "tables" / "alerts", format="parquet").to_table()
    assert rows.num_rows == len(packets)
    assert "ok" in rows["t2_status"].to_pylist()
