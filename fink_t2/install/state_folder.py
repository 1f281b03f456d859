"""The folder of downloads, of the data of local services, and of the demo."""

from __future__ import annotations

import os
from pathlib import Path

from fink_t2.resources import checkout


def state_folder() -> Path:
    """Return the folder that fink_t2 writes to on its own account.

    ``$FINK_T2_HOME`` if it is set, otherwise ``.fink_t2`` in the checkout, otherwise ``fink_t2`` in
    the user's cache folder. The folder need not exist.
    """
    chosen = os.environ.get("FINK_T2_HOME")
    if chosen:
        return Path(chosen).absolute()
    root = checkout()
    if root is not None:
        return root / ".fink_t2"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "fink_t2").absolute()
