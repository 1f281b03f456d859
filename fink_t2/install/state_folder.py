"""Where fink_t2 keeps what it downloads and what its local services write."""

from __future__ import annotations

import os
from pathlib import Path

from fink_t2.resources import checkout


def state_folder() -> Path:
    """Return ``$FINK_T2_HOME``, else ``.fink_t2`` of the checkout, else one in the user's cache."""
    chosen = os.environ.get("FINK_T2_HOME")
    if chosen:
        return Path(chosen).absolute()
    root = checkout()
    if root is not None:
        return root / ".fink_t2"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "fink_t2").absolute()
