"""Light curves of tables that are in memory or in one file, as the training reads them."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa

from fink_t2.errors import AlertError, LightCurveError
from fink_t2.files.members import archive_members
from fink_t2.files.tables.cells import identifiers, lists_of_texts, numbers
from fink_t2.files.tables.light_curves import LightCurveTable, table_light_curves
from fink_t2.files.tables.read import read_table as read_member
from fink_t2.surveys import DEFAULT_SURVEY, Survey


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a table from one file.

    Parameters
    ----------
    path : path
        Any kind of file that `fink_t2.files.tables.read.read_table` reads.

    Raises
    ------
    LightCurveError
        If it can't be read.
    """

    def refuse(error: AlertError) -> None:
        raise LightCurveError(str(error))

    try:
        members = archive_members(Path(path), refuse)
        for member in members:
            return _typed(read_member(member)[0]).to_pandas()
    except AlertError as error:
        raise LightCurveError(str(error)) from None
    raise LightCurveError(f"{path} holds no file")


def _typed(table: pa.Table) -> pa.Table:
    """Give columns of text that hold only numbers, as those of CSV files do, a type of numbers."""
    for position, name in enumerate(table.column_names):
        column = table[name]
        if pa.types.is_string(column.type) and lists_of_texts(column) is None:
            typed = identifiers(column)
            if pa.types.is_string(typed.type):
                values, unreadable = numbers(column)
                typed = typed if unreadable else pa.array(values, from_pandas=True)
            table = table.set_column(position, name, typed)
    return table


def light_curves_of_table(
    table: pd.DataFrame,
    survey: str | Survey = DEFAULT_SURVEY,
    flux_unit: str | None = None,
    name: str = "the table",
) -> LightCurveTable:
    """Build light curves from a table in memory; see `table_light_curves`.

    Parameters
    ----------
    table : DataFrame
        One row per alert or object with arrays of photometry, or one row per point.
    survey : str or Survey
        Whose photometry it is.
    flux_unit : {"fluxcal", "nJy", "uJy"}, optional
        Unit of columns whose name does not define one.
    name : str
        What errors call the table.

    Returns
    -------
    LightCurveTable

    Raises
    ------
    LightCurveError
        See `table_light_curves`.
    """
    try:
        content = pa.Table.from_pandas(table, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise LightCurveError(f"{name}: can't be read as a table ({error})") from None
    return table_light_curves(content, survey, name, flux_unit=flux_unit)
