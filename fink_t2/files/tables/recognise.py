"""Choose the layout of a table by all its columns, and by how much photometry each reading has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fink_t2.errors import LightCurveError
from fink_t2.files.tables.cells import flat_list, is_list, lists_of_texts, numbers, texts
from fink_t2.files.tables.known_layouts import LAYOUTS
from fink_t2.files.tables.layout import Layout, Photometry, TimeColumn

#: Prefixes of Fink's columns: fields of the alert, values that Fink adds, values of the portal.
FINK_PREFIXES = ("i:", "d:", "v:", "r:", "f:")


@dataclass(frozen=True)
class Reading:
    """One way to read a table.

    Attributes
    ----------
    layout : Layout
        The layout that matches.
    time : TimeColumn
        Which of its columns of times the table has.
    passband : str
        Which of its columns of passbands the table has.
    photometry : Photometry
        Which of its pairs of columns is read.
    points : int
        Number of measurements with a positive error.
    """

    layout: Layout
    time: TimeColumn
    passband: str
    photometry: Photometry
    points: int

    def description(self) -> str:
        """Return the reading as it is printed."""
        pair = f"{self.photometry.value} and {self.photometry.error}"
        return f"{self.layout.name}: {pair} by {self.time.name} and {self.passband}"


class Columns:
    """A table's columns by the names that layouts know.

    Parameters
    ----------
    table : pyarrow.Table
        The table as it was read. Fields of a struct column, as in nested Parquet, are taken as
        columns of arrays; Fink's prefixes are taken off; arrays that were written as text are
        read.
    """

    def __init__(self, table: pa.Table) -> None:
        self.n_rows = table.num_rows
        self.names = list(table.column_names)
        self._columns: dict[str, pa.ChunkedArray | pa.Array] = {}
        for name in table.column_names:
            self._add(name, table[name])
        self._numbers: dict[str, tuple[npt.NDArray[np.float64], int]] = {}

    def _add(self, name: str, column: pa.ChunkedArray) -> None:
        if pa.types.is_struct(column.type):
            for number in range(column.type.num_fields):
                field = column.type.field(number).name
                flat = pa.chunked_array([chunk.field(number) for chunk in column.chunks])
                self._columns.setdefault(field, flat)
            return
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            arrays = lists_of_texts(column)
            column = column if arrays is None else arrays
        self._columns.setdefault(name, column)
        for prefix in FINK_PREFIXES:
            if name.startswith(prefix):
                self._columns.setdefault(name.removeprefix(prefix), column)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __getitem__(self, name: str) -> pa.ChunkedArray | pa.Array:
        return self._columns[name]

    def first(self, names: Sequence[str]) -> str | None:
        """Return the first of some names that the table has."""
        return next((name for name in names if name in self), None)

    def has_arrays(self, name: str) -> bool:
        """Tell whether a column holds an array in every row."""
        return is_list(self[name].type)

    def flat(self, name: str) -> pa.ChunkedArray | pa.Array:
        """Return a column's cells, or the elements of its arrays one after the other."""
        return flat_list(self[name])[1] if self.has_arrays(name) else self[name]

    def numbers(self, name: str) -> tuple[npt.NDArray[np.float64], int]:
        """Return a column's numbers and how many cells are unreadable; see `cells.numbers`."""
        if name not in self._numbers:
            self._numbers[name] = numbers(self.flat(name))
        return self._numbers[name]

    @cached_property
    def different_passbands(self) -> dict[str, set[str]]:
        """The different texts of the columns that some layout takes for passbands."""
        names = {name for layout in LAYOUTS for name in layout.passbands if name in self}
        return {name: {text for text in texts(self.flat(name)) if text} for name in names}


def readings(columns: Columns) -> list[Reading]:
    """Return every way in which a table can be read, that with most photometry first.

    Readings with equally many measurements stay in the order of `LAYOUTS`.
    """
    possible = []
    for layout in LAYOUTS:
        time = next((time for time in layout.times if time.name in columns), None)
        passband = columns.first(layout.passbands)
        if time is None or passband is None:
            continue
        needs_object = not (layout.is_one_object or columns.has_arrays(time.name))
        if needs_object and columns.first(layout.objects) is None:
            continue
        if layout.has_numbers and not _are_numbers(columns.different_passbands[passband]):
            continue
        has_arrays = columns.has_arrays(time.name)
        for photometry in layout.photometry:
            names = (passband, *photometry.columns())
            if all(name in columns and columns.has_arrays(name) == has_arrays for name in names):
                points = _count(columns, photometry)
                possible.append(Reading(layout, time, passband, photometry, points))
    return sorted(possible, key=lambda reading: -reading.points)


def has_photometry(columns: Columns) -> bool:
    """Tell whether a table has a column of measurements under any name that is known."""
    return any(pair.value in columns for layout in LAYOUTS for pair in layout.photometry)


def recognise(columns: Columns, name: str) -> Reading:
    """Return how a table is read.

    Parameters
    ----------
    columns : Columns
        The table.
    name : str
        What messages call it.

    Raises
    ------
    LightCurveError
        If no layout matches; the message says what is missing and which columns there are.
    """
    possible = readings(columns)
    if possible:
        return possible[0]
    missing = []
    if not any(time.name in columns for layout in LAYOUTS for time in layout.times):
        missing.append("a time (such as mjd, jd or midpointMjdTai)")
    if not columns.different_passbands:
        missing.append("a passband (such as band, fid or filterName)")
    pairs = [pair for layout in LAYOUTS for pair in layout.photometry]
    if not any(all(part in columns for part in pair.columns()) for pair in pairs):
        errors = sorted({pair.error for pair in pairs if pair.value in columns})
        named = f"; {' or '.join(errors)} would do" if errors else ""
        missing.append(
            f"photometry with its error (such as magpsf and sigmapsf, flux and flux_err{named})"
        )
    if not missing:
        missing.append("an object (such as objectId), or columns that belong together")
    raise LightCurveError(
        f"{name}: no light curves: it lacks {', '.join(missing)}; its columns are "
        f"{', '.join(column[:24] for column in columns.names[:20])}; the layouts that are read are "
        "listed in docs/inputs.md"
    )


def _are_numbers(passbands: set[str]) -> bool:
    return all(text.strip().removesuffix(".0").isdigit() for text in passbands)


def _count(columns: Columns, photometry: Photometry) -> int:
    values, _ = columns.numbers(photometry.value)
    errors, _ = columns.numbers(photometry.error)
    if len(values) != len(errors):
        return 0
    with np.errstate(invalid="ignore"):
        return int(np.count_nonzero(np.isfinite(values) & (errors > 0)))
