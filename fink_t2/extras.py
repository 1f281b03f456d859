"""Which extra of this package brings a library that the stream does without."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from fink_t2.errors import FinkT2Error

#: Name under which a library is imported, and the extra that installs it.
EXTRA_OF: Final = {
    "astropy": "simulation",
    "dust_extinction": "simulation",
    "george": "train",
    "keras": "train",
    "matplotlib": "train",
    "optuna": "train",
    "scipy": "train",
    "sklearn": "train",
    "tensorflow": "train",
    "lsst": "lsst",
    "fink_client": "dev",
    "hypothesis": "dev",
    "pytest": "dev",
    "mkdocs": "docs",
    "nbclient": "docs",
    "nbformat": "docs",
}


class MissingPackageError(FinkT2Error):
    """A library of an extra is not installed; the message says how to install it.

    Parameters
    ----------
    library : str
        Name under which the library is imported, one of `EXTRA_OF`.
    """

    def __init__(self, library: str) -> None:
        extra = EXTRA_OF[library]
        super().__init__(
            f"the package {library} is not installed; the extra '{extra}' brings it: "
            f"pip install 'fink_t2[{extra}]', or bin/setup dev in a checkout"
        )


def require(library: str) -> None:
    """Check that a library of an extra can be imported, without importing it.

    Raises
    ------
    MissingPackageError
        If it is not installed.
    """
    if find_spec(library) is None:
        raise MissingPackageError(library)


def missing_package(error: ModuleNotFoundError) -> MissingPackageError | None:
    """Return the error to show for a failed import, None if no extra brings that module."""
    library = (error.name or "").partition(".")[0]
    return MissingPackageError(library) if library in EXTRA_OF else None
