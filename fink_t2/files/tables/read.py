"""Read a file into an Arrow table, whatever kind of table it is.

Parquet is read by pyarrow, text by pyarrow's CSV reader, and ECSV, VOTable, FITS and IPAC tables by
astropy (``pip install 'fink_t2[tables]'``).
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from fink_t2.errors import LightCurveError
from fink_t2.files.members import READ_ERRORS, Member, reason

PARQUET_MAGIC: Final = b"PAR1"
FITS_MAGIC: Final = b"SIMPLE  ="
PARQUET_SUFFIXES: Final = (".parquet", ".pq", ".parq")
TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt", ".dat", ".tbl", ".ecsv", ".ipac")
VOTABLE_SUFFIXES: Final = (".vot", ".votable", ".xml")
FITS_SUFFIXES: Final = (".fits", ".fit", ".fts")
#: Kinds of files that are read as tables, by their names.
SUFFIXES: Final = (*PARQUET_SUFFIXES, *TEXT_SUFFIXES, *VOTABLE_SUFFIXES, *FITS_SUFFIXES)

#: Delimiters that text tables are tried with, besides runs of spaces.
DELIMITERS: Final = ",\t;|"


def is_table(member: Member) -> bool:
    """Tell whether a file is a table, by its first bytes and its name."""
    head = member.head()
    if head.startswith((PARQUET_MAGIC, FITS_MAGIC)):
        return True
    return member.file_name.lower().endswith(SUFFIXES)


def read_table(member: Member) -> tuple[pa.Table, list[str]]:
    """Read a file as a table.

    Parameters
    ----------
    member : Member
        A file.

    Returns
    -------
    table : pyarrow.Table
        Text tables have columns of text, whose cells are interpreted where they are used, so
        that a cell such as ``>20.5`` costs a point and not the file, and identifiers keep all
        digits.
    notes : list of str
        What of the file was not read.

    Raises
    ------
    LightCurveError
        If the file can't be read, naming it.
    """
    try:
        return _read(member)
    except LightCurveError:
        raise
    except (*READ_ERRORS, pa.ArrowException, csv.Error, UnicodeError, KeyError) as error:
        raise LightCurveError(f"{member.name} can't be read as a table: {reason(error)}") from None


def _read(member: Member) -> tuple[pa.Table, list[str]]:
    head = member.head()
    name = member.file_name.lower()
    if head.startswith(PARQUET_MAGIC) or name.endswith(PARQUET_SUFFIXES):
        with member.random_access() as file:
            return pq.ParquetFile(file).read(), []
    if head.startswith(FITS_MAGIC) or name.endswith(FITS_SUFFIXES):
        with member.random_access() as file:
            return _by_astropy(member.name, file, "fits"), []
    text = head.lstrip()
    if text.startswith(b"# %ECSV") or name.endswith(".ecsv"):
        return _by_astropy(member.name, member.stream, "ascii.ecsv"), []
    if (text.startswith(b"<?xml") and b"VOTABLE" in head.upper()) or name.endswith(
        VOTABLE_SUFFIXES
    ):
        return _by_astropy(member.name, io.BytesIO(member.stream.read()), "votable"), []
    if text.startswith((b"\\", b"|")):
        return _by_astropy(member.name, member.stream, "ascii.ipac"), []
    return read_text(member.stream.read().decode("utf-8-sig"), member.name)


def read_text(text: str, name: str) -> tuple[pa.Table, list[str]]:
    """Read delimited text: CSV, TSV, or columns separated by spaces.

    Lines that begin with ``#`` are comments, of which the last before the data may hold the
    names of the columns, as in the files of forced-photometry services.

    Parameters
    ----------
    text : str
        The whole file.
    name : str
        What messages call it.

    Returns
    -------
    table : pyarrow.Table
        All columns are text.
    notes : list of str
        The lines that have more or fewer cells than the header, which are left out.

    Raises
    ------
    LightCurveError
        If there is no header, or most lines do not fit it.
    """
    lines = text.splitlines()
    first = next(
        (n for n, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines)
    )
    comments = [line.lstrip("#").strip() for line in lines[:first] if line.startswith("#")]
    if first == len(lines):
        if not comments:
            raise LightCurveError(f"{name} is empty: it has no line with the columns' names")
        return _text_table(_cells(comments[-1]), [], name, first)
    header = _cells(lines[first])
    body = first + 1
    if comments and _looks_like_data(header):
        header, body = _cells(comments[-1]), first
    rows = lines[body:]
    # The header of ZTF's forced photometry has commas, its rows have spaces.
    delimiter = _delimiter(next((row for row in rows if row.strip()), lines[first]))
    if delimiter:
        parsed = list(csv.reader(rows, delimiter=delimiter, skipinitialspace=True))
    else:
        parsed = [line.split() for line in rows]
    return _text_table(header, parsed, name, body)


def _text_table(
    header: list[str], rows: list[list[str]], name: str, offset: int
) -> tuple[pa.Table, list[str]]:
    if len(set(header)) < len(header):
        raise LightCurveError(f"{name}: two columns have one name: {', '.join(header)}")
    columns: list[list[str | None]] = [[] for _ in header]
    unfit: list[int] = []
    for number, row in enumerate(rows):
        if not row or (len(row) == 1 and not row[0].strip()) or row[0].startswith("#"):
            continue
        if len(row) != len(header):
            unfit.append(offset + number + 1)
            continue
        for column, cell in zip(columns, row, strict=True):
            column.append(cell.strip() or None)
    if len(unfit) > len(columns[0]):
        raise LightCurveError(
            f"{name} can't be read as a table: {len(unfit)} lines, the first of them line "
            f"{unfit[0]}, do not have the {len(header)} cells of its header"
        )
    notes = [] if not unfit else [
        f"{len(unfit)} lines, the first of them line {unfit[0]}, do not have the {len(header)} "
        "cells of the header"
    ]  # fmt: skip
    table = {
        title: pa.array(column, pa.string()) for title, column in zip(header, columns, strict=True)
    }
    return pa.table(table), notes


def _delimiter(line: str) -> str:
    """Return the delimiter that splits a line into most cells; "" for spaces."""
    counts = {delimiter: line.count(delimiter) for delimiter in DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    return best if counts[best] else ""


def _cells(line: str) -> list[str]:
    delimiter = _delimiter(line)
    if not delimiter:
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter))]


def _looks_like_data(cells: list[str]) -> bool:
    """Tell a line of data from a header by its first cells: a column's name is no number."""
    for cell in cells:
        try:
            float(cell)
        except ValueError:
            continue
        return True
    return False


def _by_astropy(name: str, file: IO[Any], kind: str) -> pa.Table:
    try:
        from astropy.table import Table
    except ModuleNotFoundError:
        raise LightCurveError(
            f"{name}: reading {kind.removeprefix('ascii.').upper()} tables needs astropy: "
            "pip install 'fink_t2[tables]'"
        ) from None
    from fink_t2.files.tables.astropy_tables import arrow_table

    try:
        return arrow_table(Table.read(file, format=kind))
    except Exception as error:  # astropy's readers raise errors of many types
        raise LightCurveError(f"{name} can't be read as a table: {reason(error)}") from None


def table_name(path: Path) -> str:
    """Return the name of a table without its folder and suffixes."""
    return path.name.partition(".")[0]
