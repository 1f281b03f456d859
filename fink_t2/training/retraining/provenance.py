"""Which configuration and which code made a model."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import fink_t2

PACKAGE = Path(fink_t2.__file__).resolve().parent


@dataclass(frozen=True)
class Provenance:
    """Identity of the configuration and of the code of a retraining run.

    Attributes
    ----------
    configuration : str
        Path of the configuration file: relative to the checkout if it lies in it, otherwise
        as it was given.
    configuration_sha256 : str
        SHA-256 of the content that was used, hexadecimal.
    version : str
        Version of fink_t2.
    commit : str or None
        Git commit of the code; None if the package does not belong to a git checkout.
    tree_is_clean : bool or None
        Whether the package's files are those of the commit; None without a commit.
    """

    configuration: str
    configuration_sha256: str
    version: str
    commit: str | None = None
    tree_is_clean: bool | None = None


def provenance_of(path: Path, content: bytes, package: Path = PACKAGE) -> Provenance:
    """Describe a configuration file and the code that is running.

    Parameters
    ----------
    path : Path
        The configuration file.
    content : bytes
        Its content as it was read. It is not read again, because the file may have changed.
    package : Path
        Folder of the package whose commit is recorded.

    Returns
    -------
    Provenance
    """
    checkout = _git(package, "rev-parse", "--show-toplevel")
    # A package that is installed into an environment may lie within another project's checkout.
    is_tracked = _git(package, "ls-files", "--error-unmatch", "__init__.py") is not None
    commit = _git(package, "rev-parse", "HEAD") if checkout and is_tracked else None
    is_clean = None
    name = path.as_posix()
    if checkout and commit:
        is_clean = _git(package, "status", "--porcelain", "--untracked-files=no", ".") == ""
        root = Path(checkout).resolve()
        if path.resolve().is_relative_to(root):
            name = path.resolve().relative_to(root).as_posix()
    return Provenance(
        name, hashlib.sha256(content).hexdigest(), fink_t2.__version__, commit, is_clean
    )


def _git(folder: Path, *words: str) -> str | None:
    """Return what a git command prints; None if git is missing or reports an error."""
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run(
        [git, "-C", str(folder), *words], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None
