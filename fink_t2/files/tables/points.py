"""Read the points of a table whose layout has been recognised."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fink_t2.errors import LightCurveError
from fink_t2.files.tables.cells import flat_list, identifiers, plain, texts
from fink_t2.files.tables.passband_names import passband_letters
from fink_t2.files.tables.recognise import Columns, Reading
from fink_t2.science.photometry import FLUXCAL_ZERO_POINT, JULIAN_DATE_OF_MJD_ZERO

FloatArray = npt.NDArray[np.float64]

#: A Julian Date is larger than this and a Modified Julian Date smaller, for every date since 1859.
SMALLEST_JULIAN_DATE = 2_400_001.0
UNITS = ("fluxcal", "nJy", "uJy")


@dataclass(frozen=True)
class TablePoints:
    """The points of N objects or alerts of a table.

    Attributes
    ----------
    starts : ndarray of int64, shape (N + 1,)
        Where each object's points begin in the flat arrays.
    mjd : ndarray of float64, shape (P,)
        Modified Julian Date, days; NaN where it is missing.
    passband : ndarray of object, shape (P,)
        Letters u, g, r, i, z, y; "" where the passband is missing.
    value, error : ndarray of float64, shape (P,)
        Measurement and its error in `unit`; a NaN value is a non-detection.
    unit : {"mag", "fluxcal", "nJy", "uJy"}
        Unit of the measurements.
    sign : pyarrow.Array or None, shape (P,)
        The cells that tell negative subtractions, as they stand in the table.
    identifiers : dict of str to pyarrow.Array, shape (N,)
        Object and alert identifiers, exact.
    rows : ndarray of int64, shape (N,)
        The first row of each object in the table, for its other columns.
    is_ragged : ndarray of bool, shape (N,)
        Rows whose arrays differ in length; they have no points.
    notes : list of str
        What was not read, with counts, in sentences.
    """

    starts: npt.NDArray[np.int64]
    mjd: FloatArray
    passband: npt.NDArray[np.object_]
    value: FloatArray
    error: FloatArray
    unit: str
    sign: pa.Array | None
    identifiers: dict[str, pa.Array]
    rows: npt.NDArray[np.int64]
    is_ragged: npt.NDArray[np.bool_]
    notes: list[str] = field(default_factory=list)


def read_points(
    columns: Columns,
    reading: Reading,
    name: str,
    survey: str,
    flux_unit: str | None = None,
    time_scale: str | None = None,
) -> TablePoints:
    """Read the points of a table.

    Parameters
    ----------
    columns : Columns
        The table.
    reading : Reading
        How it is read.
    name : str
        What messages call the table; the object's name where the table has none.
    survey : str
        Whose passband numbers are meant where the column does not tell.
    flux_unit : {"fluxcal", "nJy", "uJy"}, optional
        Unit of columns whose name does not define one.
    time_scale : {"jd", "mjd"}, optional
        Scale of the times; default: as the column's name says.

    Returns
    -------
    TablePoints

    Raises
    ------
    LightCurveError
        If the unit of the fluxes is not known, the times are not of the scale that their
        column's name says, or a passband is not known.
    """
    photometry = reading.photometry
    names = [reading.time.name, reading.passband, photometry.value, photometry.error]
    names += [photometry.zero_point] if photometry.zero_point else []
    sign_name = columns.first(photometry.signs)
    if sign_name and columns.has_arrays(sign_name) != columns.has_arrays(reading.time.name):
        sign_name = None
    names += [sign_name] if sign_name else []
    notes: list[str] = []

    if columns.has_arrays(reading.time.name):
        starts, orders, is_ragged = _array_rows(columns, names)
        rows = np.arange(columns.n_rows)
        if is_ragged.any():
            notes.append(f"{is_ragged.sum()} rows have arrays of different lengths")
    else:
        starts, order, rows = _long_rows(columns, columns.first(reading.layout.objects))
        orders = dict.fromkeys(names, order)
        is_ragged = np.zeros(len(rows), dtype=bool)

    def column(column_name: str) -> FloatArray:
        values, unreadable = columns.numbers(column_name)
        if unreadable:
            notes.append(f"{unreadable} cells of {column_name} are not numbers")
        return values[orders[column_name]]

    mjd = _mjd(column(reading.time.name), reading, name, time_scale, notes)
    value, error, unit = column(photometry.value), column(photometry.error), photometry.unit
    if unit == "unknown":
        if flux_unit not in UNITS:
            raise LightCurveError(
                f"{name}: the unit of column {photometry.value!r} is not known; say "
                f"--flux-unit {', '.join(UNITS[:-1])} or {UNITS[-1]}"
            )
        unit = flux_unit  # type: ignore[assignment]
    if unit == "zero_point":
        with np.errstate(over="ignore", invalid="ignore"):
            factor = 10 ** (0.4 * (FLUXCAL_ZERO_POINT - column(photometry.zero_point)))
            value, error, unit = value * factor, error * factor, "fluxcal"

    cells = np.array(texts(columns.flat(reading.passband)), dtype=object)[orders[reading.passband]]
    letters = passband_letters(columns.different_passbands[reading.passband], reading.passband,
                               survey)  # fmt: skip
    passband = np.array([letters.get(cell, "") for cell in cells], dtype=object)
    missing = int(np.count_nonzero(passband == ""))
    if missing:
        notes.append(f"{missing} points have no {reading.passband}")
    sign = None
    if sign_name:
        sign = plain(columns.flat(sign_name)).take(pa.array(orders[sign_name]))

    return TablePoints(
        starts=starts,
        mjd=mjd,
        passband=passband,
        value=value,
        error=error,
        unit=unit,
        sign=sign,
        identifiers=_identifiers(columns, reading, rows, name),
        rows=rows,
        is_ragged=is_ragged,
        notes=notes,
    )


def _array_rows(
    columns: Columns, names: list[str]
) -> tuple[npt.NDArray[np.int64], dict[str, npt.NDArray[np.int64]], npt.NDArray[np.bool_]]:
    """Return where each row's points begin, the elements that are kept, and the ragged rows."""
    lengths = np.zeros((len(names), columns.n_rows), dtype=np.int64)
    for number, name in enumerate(names):
        # One value for all points of a row is not an array.
        lengths[number] = flat_list(columns[name])[0] if columns.has_arrays(name) else -1
    is_ragged = (lengths != lengths[0]).any(axis=0)
    kept = np.where(is_ragged, 0, lengths[0])
    starts = np.concatenate(([0], np.cumsum(kept))).astype(np.int64)
    orders = {
        name: np.flatnonzero(np.repeat(~is_ragged, np.maximum(lengths[number], 0)))
        for number, name in enumerate(names)
    }
    return starts, orders, is_ragged


def _long_rows(
    columns: Columns, object_name: str | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return where each object's points begin, the order of the rows, and each first row."""
    n_rows = columns.n_rows
    if object_name is None or n_rows == 0:
        rows = np.arange(min(n_rows, 1))
        return np.array([0, n_rows] if n_rows else [0]), np.arange(n_rows), rows
    objects = identifiers(columns[object_name])
    encoded = pc.dictionary_encode(objects, null_encoding="encode")
    rank = np.empty(len(encoded.dictionary), dtype=np.int64)
    rank[np.asarray(pc.sort_indices(encoded.dictionary))] = np.arange(len(rank))
    code = rank[np.asarray(encoded.indices, dtype=np.int64)]
    order = np.argsort(code, kind="stable")
    begins = np.flatnonzero(np.diff(code[order], prepend=-1))
    starts = np.append(begins, len(order)).astype(np.int64)
    return starts, order, order[begins]


def _mjd(
    times: FloatArray, reading: Reading, name: str, time_scale: str | None, notes: list[str]
) -> FloatArray:
    """Return Modified Julian Dates, or say that the times are not what their column's name says."""
    scale = time_scale or reading.time.scale
    finite = times[np.isfinite(times)]
    middle = float(np.median(finite)) if finite.size else np.nan
    if scale == "mjd":
        if middle >= SMALLEST_JULIAN_DATE:
            raise LightCurveError(
                f"{name}: column {reading.time.name!r} holds Julian Dates (about {middle:.1f}), "
                "not Modified ones; say --time-scale jd"
            )
        return times
    if middle < SMALLEST_JULIAN_DATE:
        # Brokers write Modified Julian Dates under this name, too, and no date can be both.
        if time_scale is None:
            notes.append(f"{reading.time.name} holds Modified Julian Dates and is read as such")
        return times
    return times - JULIAN_DATE_OF_MJD_ZERO


def _identifiers(
    columns: Columns, reading: Reading, rows: npt.NDArray[np.int64], name: str
) -> dict[str, pa.Array]:
    """Return the object's identifier, and the alert's where a row is an alert."""
    layout = reading.layout
    object_name = columns.first(layout.objects)
    chosen = [object_name] if object_name else []
    if columns.has_arrays(reading.time.name):
        chosen += [alert for alert in layout.alerts if alert in columns and alert != object_name]
    positions = pa.array(rows)
    result = {one: identifiers(columns[one]).take(positions) for one in chosen}
    if not result:
        result = {"objectId": pa.array([name] * len(rows), pa.string())}
    return result
