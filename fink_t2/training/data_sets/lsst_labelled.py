"""Published simulations of LSST-like light curves: ELAsTiCC, PLAsTiCC and the SPCC challenge.

All give the difference flux of every visit, detected or not, as forced photometry does. The units
are nJy in ELAsTiCC (with any other unit its flux errors would not agree with the depth of LSST),
and FLUXCAL (zero point 27.5) in PLAsTiCC and SPCC (Kessler et al. 2010, PASP 122, 1415). The
passbands are ugrizy, in SPCC griz.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from fink_t2.errors import LightCurveError
from fink_t2.files.light_curve_tables import light_curves_of_table, read_table
from fink_t2.science.classes import PLASTICC_CODES
from fink_t2.training.examples.labelled import Labelled, label_mask_of

#: Classes of the types in the Supernova Photometric Classification Challenge.
SPCC_CLASSES = {
    "Ia": "SNIa",
    "II": "SNII",
    "IIn": "SNII",
    "IIP": "SNII",
    "IIL": "SNII",
    "Ib": "SNIbc",
    "Ic": "SNIbc",
    "Ibc": "SNIbc",
}

#: Passbands by their numbers in PLAsTiCC.
PLASTICC_BANDS = np.array(list("ugrizy"))


def elasticc_alerts(path: str | os.PathLike[str]) -> Labelled:
    """Read alerts of the ELAsTiCC challenge.

    Parameters
    ----------
    path : path
        Parquet table with the columns ``SNID, mjd, band, flux, flux_err, photoz, photoz_err,
        t2class``: one row for each alert, with arrays of its points.

    Returns
    -------
    Labelled
        One light curve for each alert.
    """
    table = read_table(path)
    return _from_table(table, table["t2class"].tolist(), "elasticc", "SNID", True, path, "nJy")


def spcc_light_curves(path: str | os.PathLike[str]) -> Labelled:
    """Read the light curves of the Supernova Photometric Classification Challenge.

    Parameters
    ----------
    path : path
        Parquet table with the columns ``objectId, type, mjd, band, fluxcal, fluxcal_err,
        photoz, photoz_err``: one row for each object, with arrays of its points.

    Returns
    -------
    Labelled
        Objects whose type is one of `SPCC_CLASSES`.
    """
    table = read_table(path)
    classes = [SPCC_CLASSES.get(name) for name in table["type"]]
    known = np.array([name is not None for name in classes])
    table = table[known].reset_index(drop=True)
    names = [name for name in classes if name is not None]
    return _from_table(table, names, "spcc", "objectId", False, path)


def plasticc_light_curves(
    light_curves: str | os.PathLike[str],
    metadata: str | os.PathLike[str] | None = None,
    objects_per_chunk: int = 20000,
) -> Iterator[Labelled]:
    """Read PLAsTiCC light curves in chunks, from the released CSV files or from Parquet.

    Parameters
    ----------
    light_curves : path
        CSV file of the release (columns ``object_id, mjd, passband, flux, flux_err``, rows
        sorted by object, optionally compressed by gzip), or Parquet with the columns
        ``objectId, mjd, band, flux, flux_err, target``.
    metadata : path, optional
        CSV file of the release with the columns ``object_id``, ``target`` or ``true_target``,
        ``hostgal_photoz`` and ``hostgal_photoz_err``. Required with a CSV file of light
        curves.
    objects_per_chunk : int
        Approximate number of objects in memory at a time.

    Yields
    ------
    Labelled
        Objects of the 14 classes.

    Raises
    ------
    LightCurveError
        If a file lacks a column.
    """
    known = None
    if metadata is not None:
        known = pd.read_csv(metadata).rename(columns={"true_target": "target"})
        missing = {"object_id", "target"} - set(known.columns)
        if missing:
            raise LightCurveError(f"{metadata}: no column {', '.join(sorted(missing))}")
        known = known.set_index("object_id")
    names = {code: name for name, code in PLASTICC_CODES.items()}
    for chunk in _chunks(Path(light_curves), objects_per_chunk):
        table = chunk.rename(columns={"object_id": "objectId"})
        if "passband" in table:
            table["band"] = PLASTICC_BANDS[table["passband"].to_numpy()]
        if known is not None:
            columns = {"target": "target", "hostgal_photoz": "photoz"}
            columns["hostgal_photoz_err"] = "photoz_err"
            columns_of_objects = known[[name for name in columns if name in known]].rename(
                columns=columns
            )
            table = table.join(without_absent_hosts(columns_of_objects), on="objectId")
        if "target" not in table:
            raise LightCurveError(f"{light_curves}: no column target, and no metadata given")
        table = table[table["target"].isin(list(names))].sort_values("objectId", kind="stable")
        if table.empty:
            continue
        first = table.drop_duplicates("objectId")
        classes = [names[int(code)] for code in first["target"]]
        yield _from_table(table, classes, "plasticc", "objectId", False, light_curves)


def without_absent_hosts(table: pd.DataFrame) -> pd.DataFrame:
    """Replace the redshifts of objects without a host galaxy by NaN.

    In the PLAsTiCC release, Galactic objects have a redshift of 0.

    Parameters
    ----------
    table : DataFrame
        Table of objects; the columns ``photoz`` and ``photoz_err`` are optional.

    Returns
    -------
    DataFrame
    """
    if "photoz" not in table:
        return table
    return table.assign(**table.filter(like="photoz").where(table["photoz"] > 0))


def _chunks(path: Path, objects_per_chunk: int) -> Iterator[pd.DataFrame]:
    """Yield tables in which no object is incomplete."""
    if path.suffix == ".parquet":
        yield pq.read_table(path).to_pandas()
        return
    rest = None
    # A PLAsTiCC object has 100 to 350 visits.
    for part in pd.read_csv(path, chunksize=objects_per_chunk * 150):
        table = part if rest is None else pd.concat([rest, part], ignore_index=True)
        last = table["object_id"].iloc[-1]
        is_last = table["object_id"] == last
        rest = table[is_last]
        if not is_last.all():
            yield table[~is_last].reset_index(drop=True)
    if rest is not None and len(rest):
        yield rest.reset_index(drop=True)


def _from_table(
    table: pd.DataFrame,
    classes: list[str],
    source: str,
    object_name: str,
    is_alert: bool,
    path: str | os.PathLike[str],
    flux_unit: str = "fluxcal",
) -> Labelled:
    read = light_curves_of_table(table, "lsst", flux_unit, os.fspath(path))
    n = len(read.light_curves)
    objects = read.identifiers[object_name].to_numpy(dtype=str)
    return Labelled(
        read.light_curves,
        label_mask_of(classes),
        objects,
        np.full(n, source),
        np.full(n, is_alert),
    )
