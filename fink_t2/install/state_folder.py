"""Where fink_t2 keeps what it downloads and what its local services write."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """Return ``$FINK_T2_HOME``, else ``.fink_t2`` of the checkout, else one in the user's cache."""
    chosen = os.environ.get("FINK_T2_HOME")
    if chosen:
        return Path(chosen).absolute()
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "setup.py").exists():
        return checkout / ".fink_t2"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "fink_t2").absolute()
