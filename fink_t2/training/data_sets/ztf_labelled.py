"""Real ZTF light curves and alerts with spectroscopic types or catalogue classes.

Magnitudes are difference-image PSF magnitudes (AB), dates MJD or JD (UTC); sources: ZTF public
alerts, types from the Transient Name Server, catalogue classes from SIMBAD.
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.files.light_curve_tables import light_curves_of_table, read_table
from fink_t2.training.examples.labelled import Labelled, label_mask_of

#: Catalogue entries that may well be a transient, not a variable object: nothing is learnt
#: from them. (They are counted where the contaminants are scored.)
POSSIBLE_TRANSIENT = r"TNS|SN|Supernova|Nova|Transient|Kilonova"


def typed_light_curves(path: str | os.PathLike[str]) -> Labelled:
    """Read whole light curves of typed transients (long table: one row per detection).

    Parameters
    ----------
    path : path
        Parquet with ``objectId, mjd, band, mag, magerr, t2class``.

    Returns
    -------
    Labelled
        One curve per object; types outside the 14 classes are left out.
    """
    table = read_table(path)
    found = light_curves_of_table(table, "ztf", name=os.fspath(path))
    classes = table.drop_duplicates("objectId").set_index("objectId")["t2class"]
    return _transients(found.light_curves, found.identifiers["objectId"], classes, False)


def typed_alerts(path: str | os.PathLike[str]) -> Labelled:
    """Read alerts of typed transients (one row per alert with arrays of its history).

    Parameters
    ----------
    path : path
        Parquet with ``objectId, cjd, cfid, cmagpsf, csigmapsf, t2class``; NaN magnitudes
        are non-detections.

    Returns
    -------
    Labelled
        One curve per alert; types outside the 14 classes are left out.
    """
    table = read_table(path)
    found = light_curves_of_table(table, "ztf", name=os.fspath(path))
    classes = table.drop_duplicates("objectId").set_index("objectId")["t2class"]
    return _transients(found.light_curves, found.identifiers["objectId"], classes, True)


def _transients(curves, objects: pd.Series, classes: pd.Series, is_alert: bool) -> Labelled:  # type: ignore[no-untyped-def]
    names = classes.reindex(objects).tolist()
    keep = np.array([name != "other" for name in names])
    source = "ztf_alerts" if is_alert else "ztf_light_curves"
    return Labelled(
        curves,
        label_mask_of(names),
        objects.to_numpy(dtype=str),
        np.full(len(names), source),
        np.full(len(names), is_alert),
    ).select(keep)


def contaminants(path: str | os.PathLike[str], transients: bool = True) -> Labelled:
    """Read alerts of catalogued variable stars and active galaxies.

    Parameters
    ----------
    path : path
        Parquet with ``objectId, cdsxmatch, cjd, cfid, cmagpsf, csigmapsf, cisdiffpos,
        jdstarthist, t2class``.
    transients : bool
        Whether to keep entries that may be transients (`POSSIBLE_TRANSIENT`).

    Returns
    -------
    Labelled
        One curve per alert; a type outside the 14 classes may be any variable class.
    """
    table = read_table(path)
    signs = [_is_positive(signs) for signs in table["cisdiffpos"]]
    table = table.assign(cisdiffpos=pd.Series(signs, dtype=object))
    found = light_curves_of_table(table, "ztf", name=os.fspath(path))
    labelled = Labelled(
        found.light_curves,
        label_mask_of(table["t2class"].tolist()),
        found.identifiers["objectId"].to_numpy(dtype=str),
        np.full(len(table), "ztf_contaminants"),
        np.full(len(table), True),
    )
    if transients:
        return labelled
    maybe = table["cdsxmatch"].str.contains(POSSIBLE_TRANSIENT, regex=True, na=False)
    return labelled.select(~maybe.to_numpy(dtype=bool))


def _is_positive(signs: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Translate ZTF's ``isdiffpos`` ("t", "1", True: positive; null at non-detections)."""
    return np.array([sign not in ("f", "0", False) for sign in signs], dtype=bool)
