"""Examples on disk, between the steps of a run."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from fink_t2.training.examples.examples import Examples

ARRAYS = ("grid", "features", "allowed", "weight")


def save_examples(path: str | os.PathLike[str], examples: Examples) -> None:
    """Write examples to an uncompressed ``.npz``; it is complete or not there."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"unfinished-{path.name}")
    np.savez(unfinished, **{name: getattr(examples, name) for name in ARRAYS})
    os.replace(unfinished, path)


def load_examples(path: str | os.PathLike[str]) -> Examples:
    """Read what `save_examples` wrote."""
    with np.load(path) as arrays:
        return Examples(*(arrays[name] for name in ARRAYS))
