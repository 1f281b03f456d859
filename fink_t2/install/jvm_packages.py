"""The JVM parts: which they are, and fetching them once from Maven Central.

The pinned list with checksums is ``jvm_packages.toml`` beside this file. Ivy, which pyspark brings,
downloads; its resolver's default repository is Maven Central. Nothing is resolved transitively
and no ``~/.m2`` or ``~/.ivy2`` is read, so what is fetched is that list, wherever it runs.

``python -m fink_t2.install.jvm_packages [spark|kafka ...]`` fetches what is missing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
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
    """The JVM parts could not be fetched, or are not what was pinned."""


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
    """Return the jars of ``part`` in this machine's cache, fetched first where they are missing.

    Parameters
    ----------
    part : {"spark", "kafka"}
        The connector and Avro reader that Spark needs, or the Kafka broker.

    Raises
    ------
    JvmPackageError
        Where a download fails or a jar is not the pinned one.
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
            if not folder.exists():  # else another process has just fetched the same
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
            f"Maven Central's packages could not be fetched; is there a network? Ivy's log: {log}"
        )


def ivy_jar() -> Path:
    """Return the Ivy that pyspark brings."""
    pyspark = importlib.util.find_spec("pyspark")
    if pyspark is None or pyspark.origin is None:
        raise JvmPackageError("pyspark is not installed: run bin/setup")
    found = sorted(Path(pyspark.origin).parent.glob("jars/ivy-*.jar"))
    if not found:
        raise JvmPackageError(f"no jars/ivy-*.jar in {os.path.dirname(pyspark.origin)}")
    return found[-1]


def main(parts: list[str]) -> None:
    """Fetch what is missing of ``parts``, or of all."""
    for part in parts or ["spark", "kafka"]:
        if not jar_folder(part).exists():
            print(f"fetching {len(pinned(part))} jars for {part} from Maven Central", flush=True)
        jars(part)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except FinkT2Error as error:
        sys.exit(str(error))
