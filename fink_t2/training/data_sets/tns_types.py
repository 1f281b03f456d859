"""Classes of the spectroscopic types of the Transient Name Server (TNS)."""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable
from importlib import resources

from fink_t2.science.classes import CLASSES


@functools.cache
def tns_types() -> dict[str, str]:
    """Return the class of every type in ``tns_types.csv``.

    Returns
    -------
    dict of str to str
        Class by type. Types without a counterpart among the 14 classes, such as peculiar and
        interacting ones, have the class "other".
    """
    text = resources.files("fink_t2.training.data_sets").joinpath("tns_types.csv").read_text()
    return {row["type"]: row["class"] for row in csv.DictReader(text.splitlines())}


def classes_of_types(types: Iterable[str | None]) -> list[str | None]:
    """Return the class of each type.

    Parameters
    ----------
    types : iterable of str or None
        TNS types, or names of the 14 classes.

    Returns
    -------
    list of str or None
        One of the 14 classes, "other" for a known type outside them, or None for an unknown
        type.
    """
    table = tns_types()
    return [
        name if name in CLASSES else table.get(name.strip()) if isinstance(name, str) else None
        for name in types
    ]
