"""Find a Java that Spark and Kafka run on.

``bin/setup`` runs this module before any package is installed, so it needs the standard library
only.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from fink_t2.errors import FinkT2Error

OLDEST = 17  # Spark 4.0 and the Kafka 4.1 broker are compiled for Java 17
NEWEST = 22  # from Java 23 on, Hadoop's log-in inside Spark 4.0 fails (Subject.getSubject)
WANTED = "Java 17 is needed (a headless JRE will do, for instance Debian's openjdk-17-jre-headless)"


class JavaError(FinkT2Error):
    """There is no Java, or none that Spark and Kafka run on."""


def find_java() -> Path:
    """Return the ``java`` of ``$JAVA_HOME``, otherwise that of the search path.

    Raises
    ------
    JavaError
        If there is none, it does not run, or its version does not fit.
    """
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    if java is None:
        raise JavaError(f"no java found: {WANTED}; put it on the PATH or set JAVA_HOME")
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    except OSError as error:
        raise JavaError(f"{java} can't be run ({error.strerror}): {WANTED}") from error
    version = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    if answer.returncode or not version:
        raise JavaError(f"{java} does not run: {WANTED}")
    if not OLDEST <= int(version[1]) <= NEWEST:
        raise JavaError(f"{java} is Java {version[1]}: {WANTED}, up to {NEWEST} works")
    return Path(java)


if __name__ == "__main__":
    try:
        print(find_java())
    except JavaError as error:
        sys.exit(str(error))
