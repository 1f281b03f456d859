"""Turn the cells of a column into numbers or text, whatever type a producer has given them.

Integers, floats, decimals, booleans, text, bytes, dictionary-encoded values and nulls of any
width are accepted for every column. Identifiers never pass through a floating-point number.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

#: Text that stands for a missing value in tables of surveys and brokers.
MISSING_TEXTS: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--", "nat", "<na>"})
#: So many cells tell whether a column of text holds arrays.
FIRST_CELLS: Final = 1000
#: Numbers of an array written as text: ``[1.0, 2.0]`` (JSON) or ``[1. 2.]`` (numpy).
ARRAY_TEXT: Final = re.compile(r"^\s*[\[(](.*)[\])]\s*$", re.DOTALL)


def numbers(values: pa.Array | pa.ChunkedArray) -> tuple[npt.NDArray[np.float64], int]:
    """Return a column's numbers.

    Parameters
    ----------
    values : pyarrow.Array or pyarrow.ChunkedArray
        N cells of any type.

    Returns
    -------
    numbers : ndarray of float64, shape (N,)
        NaN where a cell is missing or can't be read as a number.
    unreadable : int
        Number of cells that hold something that is no number, such as ``>20.5``.
    """
    values = plain(values)
    kind = values.type
    if pa.types.is_null(kind):
        return np.full(len(values), np.nan), 0
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind):
        if pa.types.is_float16(kind):
            values = values.cast(pa.float32())
        cast = values.cast(pa.float64(), safe=False)
        return np.asarray(cast.to_numpy(zero_copy_only=False), dtype=np.float64), 0
    if pa.types.is_decimal(kind):
        return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False)), 0
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        with suppress(pa.ArrowInvalid):  # fast, where every cell is a number or missing
            cast = values.cast(pa.float64())
            return np.asarray(cast.to_numpy(zero_copy_only=False), dtype=np.float64), 0
    result = np.full(len(values), np.nan)
    unreadable = 0
    for row, text in enumerate(texts(values)):
        if text is None or text.strip().lower() in MISSING_TEXTS:
            continue
        try:
            result[row] = float(text)
        except ValueError:
            unreadable += 1
    return result, unreadable


def texts(values: pa.Array | pa.ChunkedArray) -> list[str | None]:
    """Return a column's cells as text; None where a cell is missing.

    Whole numbers of any type are written without a fraction, so that the 64-bit identifier of
    an alert and the filter number ``1.0`` are what a person would write. A floating-point
    identifier above 2**53 has lost digits before it came here; its digits are written out.
    """
    values = plain(values)
    kind = values.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [
            None if cell is None else cell.decode("utf-8", "replace") for cell in values.to_pylist()
        ]
    if pa.types.is_floating(kind):
        return [
            None if cell is None or cell != cell else _number_text(cell)
            for cell in values.cast(pa.float64()).to_pylist()
        ]
    try:
        return list(values.cast(pa.string()).to_pylist())
    except pa.ArrowException:  # nested cells, which are no text of a name or number
        return [None if cell is None else str(cell) for cell in values.to_pylist()]


def identifiers(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column of identifiers as 64-bit integers where all are whole numbers, else as text.

    Parameters
    ----------
    values : pyarrow.Array or pyarrow.ChunkedArray
        N cells of any type.

    Returns
    -------
    pyarrow.Array
        Of type int64, uint64 or string, with nulls where a cell is missing.
    """
    values = plain(values)
    if pa.types.is_integer(values.type):
        is_large = pa.types.is_uint64(values.type)
        return values.cast(pa.uint64() if is_large else pa.int64())
    cells = [
        None if text is None or text.strip().lower() in MISSING_TEXTS else text.strip()
        for text in texts(values)
    ]
    # Leading zeros and signs belong to a name, not to a number.
    if any(cells) and all(c is None or re.fullmatch(r"-?[1-9]\d{0,18}|0", c) for c in cells):
        whole = [None if c is None else int(c) for c in cells]
        if all(number is None or abs(number) < 1 << 63 for number in whole):
            return pa.array(whole, pa.int64())
    return pa.array(cells, pa.string())


def plain(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, without dictionary encoding."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
        if isinstance(values, pa.ChunkedArray):
            values = pa.concat_arrays(values.chunks) if values.chunks else pa.nulls(0)
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    return values


def is_list(kind: pa.DataType) -> bool:
    """Tell whether a column holds an array in every cell."""
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def flat_list(values: pa.Array | pa.ChunkedArray) -> tuple[npt.NDArray[np.int64], pa.Array]:
    """Flatten a column of arrays.

    Returns
    -------
    lengths : ndarray of int64, shape (N,)
        Length of every array; 0 for a null.
    values : pyarrow.Array
        All elements, one array after the other.
    """
    values = plain(values)
    if pa.types.is_fixed_size_list(values.type):
        values = values.cast(pa.list_(values.type.value_type))
    lengths = pc.fill_null(pc.list_value_length(values), 0)
    return np.asarray(lengths, dtype=np.int64), plain(pc.list_flatten(values))


def lists_of_texts(values: pa.Array | pa.ChunkedArray) -> pa.Array | None:
    """Return arrays that were written as text, as a column of arrays.

    Returns
    -------
    pyarrow.Array or None
        None if none of the first cells holds the text of an array.
    """
    first = texts(values[:FIRST_CELLS])
    if not any(cell and ARRAY_TEXT.match(cell) for cell in first):
        return None
    arrays = [_elements(cell) for cell in texts(values)]
    return pa.array(arrays, pa.list_(pa.string()))


def _elements(cell: str | None) -> list[str | None] | None:
    match = ARRAY_TEXT.match(cell) if cell else None
    if match is None:
        return None
    try:
        parsed = json.loads(f"[{match[1]}]", parse_float=str, parse_int=str, parse_constant=str)
    except ValueError:
        parsed = re.split(r"[,\s]+", match[1].strip()) if match[1].strip() else []
        parsed = [element.strip("'\"") for element in parsed]
    return [None if element is None else _text(element) for element in parsed]


def _text(element: Any) -> str:
    return str(element).lower() if isinstance(element, bool) else str(element)


def _number_text(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)
