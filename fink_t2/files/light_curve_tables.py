"""Read light curves from tables: one row per alert with arrays, or one row per point."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from fink_t2.errors import LightCurveError
from fink_t2.science.light_curves import LightCurves, flatten, from_fluxes
from fink_t2.science.passbands import PassbandSet
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO, magnitude_to_fluxcal
from fink_t2.surveys import passbands_of
from fink_t2.surveys.alert_fields import positive_signs
from fink_t2.surveys.ztf import from_ztf

#: Names under which a column may stand, most particular first.
OBJECT_NAMES = ("objectId", "object_id", "SNID", "diaObjectId")
TIME_NAMES = ("cjd", "jd", "mjd", "midpointMjdTai", "cmidPointTai")
PASSBAND_NAMES = ("cfid", "fid", "band", "cfilterName", "filter")
FLUX_NAMES = {
    "magnitude": (("cmagpsf", "csigmapsf"), ("magpsf", "sigmapsf"), ("mag", "magerr")),
    "fluxcal": (("fluxcal", "fluxcal_err"), ("fluxcal", "flux_err")),
    "flux": (("cpsFlux", "cpsFluxErr"), ("flux", "flux_err"), ("psfFlux", "psfFluxErr")),
}
IDENTIFIERS = ("candid", "alertId", "diaSourceId")

#: ZTF's filter numbers.
FILTER_ID_NAMES = {1: "g", 2: "r", 3: "i"}


@dataclass(frozen=True)
class LightCurveTable:
    """Light curves with what identifies them and what the cuts need.

    Attributes
    ----------
    identifiers : DataFrame of N rows
        objectId, and candid where the table has one row per alert.
    light_curves : LightCurves
        N light curves.
    catalogues : dict of str to ndarray of shape (N,)
        Those of jdstarthist, roid and cdsxmatch that the table has.
    """

    identifiers: pd.DataFrame
    light_curves: LightCurves
    catalogues: dict[str, npt.NDArray[Any]]


def is_light_curve_table(path: Path) -> bool:
    """Tell a table of light curves from an archive of alert packets.

    A Parquet file with nested ``candidate`` or ``diaSource`` records holds packets.
    """
    if path.suffix == ".csv":
        return True
    if path.suffix not in (".parquet", ".pq") or not path.is_file():
        return False
    try:
        names = set(pq.read_schema(path).names)
    except (OSError, ValueError) as error:
        raise LightCurveError(f"{path}: can't be read as Parquet ({error})") from None
    return not {"candidate", "diaSource"} & names


def read_table(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read a Parquet or CSV file.

    Raises
    ------
    LightCurveError
        If it can't be read.
    """
    path = Path(path)
    try:
        if path.suffix in (".parquet", ".pq"):
            return pd.read_parquet(path)
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise LightCurveError(f"{path}: can't be read as a table ({error})") from None


def light_curves_of_table(
    table: pd.DataFrame, survey: str = "ztf", flux_unit: str = "fluxcal", name: str = "the table"
) -> LightCurveTable:
    """Build light curves from a table.

    Two layouts are taken. *Arrays*: one row per alert or object, with arrays of times
    (``cjd`` or ``mjd``), passbands (``cfid`` or ``band``) and magnitudes (``cmagpsf``,
    ``csigmapsf``; NaN for a non-detection) or fluxes (``fluxcal`` or ``flux`` with
    ``_err``). *Long*: one row per point with ``objectId, mjd, band`` and ``mag, magerr`` or
    ``flux, flux_err`` or ``fluxcal, fluxcal_err``. Optional per row or object: ``cisdiffpos``
    (arrays of bool, or of ZTF's "t" and "f"), ``jdstarthist``, ``roid``, ``cdsxmatch``,
    ``photoz``, ``photoz_err``.

    Parameters
    ----------
    table : DataFrame
        The table.
    survey : str
        "ztf" or "lsst".
    flux_unit : {"fluxcal", "nJy"}
        Unit of columns named ``flux``.
    name : str
        What errors call the table.

    Returns
    -------
    LightCurveTable

    Raises
    ------
    LightCurveError
        If a needed column is missing; the message names it.
    """
    passbands = passbands_of(survey)
    time_name = _find(table, TIME_NAMES, name)
    band_name = _find(table, PASSBAND_NAMES, name)
    kind, value_name, error_name = _find_photometry(table, name)
    has_arrays = len(table) > 0 and isinstance(table[time_name].iloc[0], np.ndarray | list)
    names = [time_name, band_name, value_name, error_name]
    if has_arrays:
        if "cisdiffpos" in table:
            table = table.assign(cisdiffpos=table["cisdiffpos"].map(positive_signs))
            names.append("cisdiffpos")
        starts, columns, is_ragged = flatten([table[column] for column in names])
        if is_ragged.any():
            row = int(np.flatnonzero(is_ragged)[0])
            raise LightCurveError(f"{name}: the arrays of row {row} differ in length")
        objects = table
    else:
        object_name = _find(table, OBJECT_NAMES, name)
        table = table.sort_values(object_name, kind="stable")
        codes = pd.factorize(table[object_name])[0]
        begins = np.flatnonzero(np.diff(codes, prepend=-1))
        starts = np.append(begins, len(table)).astype(np.int64)
        columns = [table[column].to_numpy() for column in names]
        objects = table.iloc[begins]

    time = columns[0].astype(np.float64)
    # A Julian Date is five orders larger than any Modified one.
    time = np.where(time > JULIAN_DATE_OF_MJD_ZERO, time - JULIAN_DATE_OF_MJD_ZERO, time)
    value, error = columns[2].astype(np.float64), columns[3].astype(np.float64)
    passband = passband_indices(columns[1], passbands)
    jdstarthist = _numbers(objects, "jdstarthist")
    if kind == "magnitude" and survey == "ztf":
        light_curves = from_ztf(
            starts,
            time + JULIAN_DATE_OF_MJD_ZERO,
            passband + 1,
            value,
            error,
            isdiffpos=columns[4] if len(names) == 5 else None,
            jdstarthist=jdstarthist,
        )
    else:
        if kind == "magnitude":
            value, error = magnitude_to_fluxcal(value, error)
        light_curves = from_fluxes(
            passbands,
            starts,
            time,
            passband,
            value,
            error,
            unit=flux_unit if kind == "flux" else "fluxcal",
            first_seen=None if jdstarthist is None else jdstarthist - JULIAN_DATE_OF_MJD_ZERO,
            photoz=_numbers(objects, "photoz"),
            photoz_error=_numbers(objects, "photoz_err"),
        )
    wanted = OBJECT_NAMES + (IDENTIFIERS if has_arrays else ())
    kept = [column for column in wanted if column in objects]
    identifiers = objects[kept].reset_index(drop=True)
    catalogues = {
        column: objects[column].to_numpy()
        for column in ("jdstarthist", "roid", "cdsxmatch")
        if column in objects
    }
    return LightCurveTable(identifiers, light_curves, catalogues)


def passband_indices(values: npt.ArrayLike, passbands: PassbandSet) -> npt.NDArray[np.int8]:
    """Translate passband names or ZTF filter numbers into indices.

    Parameters
    ----------
    values : array_like, shape (P,)
        Names such as "g", "ztfg", "lsst_g", "Y", or ZTF's 1, 2, 3.
    passbands : PassbandSet
        The survey's passbands.

    Returns
    -------
    ndarray of int8, shape (P,)
        Indices; -1 for a passband that is not used.
    """
    kinds, inverse = np.unique(np.asarray(values), return_inverse=True)
    indices = np.full(len(kinds), -1, dtype=np.int8)
    for place, kind in enumerate(kinds.tolist()):
        text = FILTER_ID_NAMES.get(int(kind), "") if isinstance(kind, int | float) else str(kind)
        letter = text.lower().removeprefix(passbands.survey).strip("_-:. ")
        if letter in passbands.names:
            indices[place] = passbands.index(letter)
    return indices[inverse.reshape(-1)] if len(kinds) else np.empty(0, np.int8)


def _find(table: pd.DataFrame, names: tuple[str, ...], source: str) -> str:
    for column in names:
        if column in table:
            return column
    raise LightCurveError(
        f"{source}: no column {' or '.join(names)}; it has {', '.join(map(str, table.columns))}"
    )


def _find_photometry(table: pd.DataFrame, source: str) -> tuple[str, str, str]:
    for kind, pairs in FLUX_NAMES.items():
        for value, error in pairs:
            if value in table and error in table:
                return kind, value, error
    wanted = [" and ".join(pair) for pairs in FLUX_NAMES.values() for pair in pairs]
    raise LightCurveError(
        f"{source}: no photometry; it needs {' or '.join(wanted)}; "
        f"it has {', '.join(map(str, table.columns))}"
    )


def _numbers(table: pd.DataFrame, column: str) -> npt.NDArray[np.float64] | None:
    if column not in table:
        return None
    return pd.to_numeric(table[column], errors="coerce").to_numpy(np.float64)
