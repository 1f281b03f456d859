"""The jars that Spark and Kafka need: a pinned list, fetched once from Maven Central.

The list with checksums is ``jvm_packages.toml`` beside this file. The jars are downloaded by Ivy,
which pyspark brings and whose default repository is Maven Central. No dependencies are resolved
and no ``~/.m2`` or ``~/.ivy2`` is read, so exactly this list is fetched on every machine.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from xml.sax.saxutils import quoteattr

from fink_t2.errors import FinkT2Error
from fink_t2.install.java import find_java
from fink_t2.install.state_folder import state_folder

IVY_SETTINGS = """\
<ivysettings>
  <settings defaultResolver="central"/>
  <resolvers><ibiblio name="central" m2compatible="true" usepoms="false"/></resolvers>
</ivysettings>
"""


class JvmPackageError(FinkT2Error):
    """The jars could not be fetched, or are not the pinned ones."""


@cache
def pinned(part: str) -> dict[str, str]:
    """Return the Maven coordinates of ``"spark"`` or ``"kafka"`` with their jars' SHA-256."""
    lists = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    jars: dict[str, str] = lists[part]
    return jars


def jar_folder(part: str) -> Path:
    """Return the folder that holds the jars of ``part`` once they are fetched."""
    return state_folder() / "jars" / part


def jars(part: str) -> list[Path]:
    """Return the jars of ``part`` in this machine's cache, after fetching those that are missing.

    Parameters
    ----------
    part : {"spark", "kafka"}
        The connectors and the Avro reader that Spark needs, or the Kafka broker.

    Raises
    ------
    JvmPackageError
        If a download fails or a jar is not the pinned one.
    """
    folder = jar_folder(part)
    files = [folder / jar_name(coordinates) for coordinates in pinned(part)]
    if not all(file.exists() for file in files):
        fetch(part)
    return files


def jar_name(coordinates: str) -> str:
    """Return the jar's file name in a Maven repository."""
    _, name, version = coordinates.split(":")
    return f"{name}-{version}.jar"


def fetch(part: str) -> None:
    """Download the jars of ``part``, check them, and put them into place in one step."""
    folder = jar_folder(part)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{part}.") as name:
        scratch = Path(name)
        run_ivy(list(pinned(part)), scratch)
        new = scratch / "jars"
        for coordinates, checksum in pinned(part).items():
            jar = new / jar_name(coordinates)
            if not jar.exists() or hashlib.sha256(jar.read_bytes()).hexdigest() != checksum:
                raise JvmPackageError(
                    f"{coordinates} as downloaded is not the jar pinned in jvm_packages.toml"
                )
        shutil.rmtree(folder, ignore_errors=True)
        try:
            new.rename(folder)
        except OSError:
            if not folder.exists():  # otherwise another process has just fetched the same jars
                raise


def run_ivy(packages: list[str], scratch: Path) -> None:
    """Let Ivy download the jars of the Maven coordinates ``packages`` into ``scratch``/jars."""
    dependencies = "\n".join(
        "<dependency org={} name={} rev={} transitive='false'/>".format(
            *map(quoteattr, coordinates.split(":"))
        )
        for coordinates in packages
    )
    (scratch / "settings.xml").write_text(IVY_SETTINGS)
    (scratch / "ivy.xml").write_text(
        '<ivy-module version="2.0"><info organisation="fink_t2" module="jvm_packages"/>'
        f"<dependencies>{dependencies}</dependencies></ivy-module>"
    )
    command = [str(find_java()), f"-Divy.default.ivy.user.dir={scratch / 'ivy'}"]
    command += ["-jar", str(ivy_jar()), "-warn"]
    command += ["-settings", str(scratch / "settings.xml"), "-ivy", str(scratch / "ivy.xml")]
    command += ["-cache", str(scratch / "cache")]
    command += ["-retrieve", str(scratch / "jars" / "[artifact]-[revision].[ext]")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode or "UNRESOLVED" in ran.stdout:
        log = state_folder() / "ivy.log"
        log.write_text(ran.stdout + ran.stderr)
        raise JvmPackageError(
            f"the jars could not be fetched from Maven Central; is there a network? "
            f"Ivy's log: {log}"
        )


def ivy_jar() -> Path:
    """Return the jar of Ivy that pyspark brings."""
    pyspark = importlib.util.find_spec("pyspark")
    if pyspark is None or pyspark.origin is None:
        raise JvmPackageError("pyspark is not installed: run bin/setup")
    candidates = sorted(Path(pyspark.origin).parent.glob("jars/ivy-*.jar"))
    if not candidates:
        raise JvmPackageError(f"no jars/ivy-*.jar in {os.path.dirname(pyspark.origin)}")
    return candidates[-1]


def fetch_missing(parts: Iterable[str]) -> None:
    """Fetch the jars of ``parts`` that are missing, and say so; see `jars`."""
    for part in parts:
        if not jar_folder(part).exists():
            print(f"fetching {len(pinned(part))} jars for {part} from Maven Central", flush=True)
        jars(part)
