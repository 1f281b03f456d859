"""Turn an astropy table into an Arrow table, identifiers and missing cells unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from astropy.table import Table


def arrow_table(table: Table) -> pa.Table:
    """Return the same table in Arrow's form.

    Parameters
    ----------
    table : astropy.table.Table
        As astropy's readers return it: masked cells become nulls, columns of several dimensions
        or of objects become arrays.

    Returns
    -------
    pyarrow.Table
    """
    return pa.table({name: _column(table[name]) for name in table.colnames})


def _column(column: Any) -> pa.Array:
    values = np.asarray(column)
    mask = np.ma.getmaskarray(column) if np.ma.isMaskedArray(column) else None
    if values.ndim > 1 or values.dtype == object:
        rows = [_cell(cell) for cell in column]
        return pa.array(rows)
    if values.dtype.byteorder not in ("=", "|"):
        values = values.astype(values.dtype.newbyteorder("="))  # FITS is big-endian
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    if values.dtype.kind == "U":
        values = values.astype(object)
    return pa.array(values, mask=None if mask is None else np.asarray(mask, dtype=bool))


def _cell(cell: Any) -> Any:
    if cell is None or cell is np.ma.masked:
        return None
    if isinstance(cell, np.ma.MaskedArray):
        return [None if one is np.ma.masked else one for one in cell.tolist(None)]
    return cell.tolist() if isinstance(cell, np.ndarray) else cell
