"""The folders that fink_t2 ships beside its code: ``models`` and ``conf``.

In a checkout, and in an editable installation of one, they lie at its root. The wheel has them
inside the package, in ``fink_t2/_shipped`` (see ``setup.py``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parent


def checkout() -> Path | None:
    """Return the root of the source tree that this code runs from; None for an installed wheel."""
    root = PACKAGE.parent
    return root if (root / "setup.py").is_file() else None


def shipped_folder(name: str) -> Path:
    """Return a folder that fink_t2 ships.

    Parameters
    ----------
    name : {"models", "conf"}
        The models in service with their metadata, or the configurations to start from.

    Returns
    -------
    Path
        It exists, unless the installation is incomplete.
    """
    root = checkout()
    return (root or PACKAGE / "_shipped") / name
