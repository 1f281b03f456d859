"""Real ZTF light curves and alerts with spectroscopic types or catalogue classes.

The data are from ZTF's public alerts, the types from the Transient Name Server, and the catalogue
classes from SIMBAD. Magnitudes are PSF magnitudes of difference images (AB), dates are MJD or JD
(UTC).
"""

from __future__ import annotations

import os

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.files.light_curve_tables import light_curves_of_table, read_table
from fink_t2.training.examples.labelled import Labelled, label_mask_of

#: Catalogue classes of objects that may be transients. They are not used for training, but they
#: count in the evaluation on contaminants.
POSSIBLE_TRANSIENT = r"TNS|SN|Supernova|Nova|Transient|Kilonova"


def typed_light_curves(path: str | os.PathLike[str]) -> Labelled:
    """Read whole light curves of typed transients.

    Parameters
    ----------
    path : path
        Parquet table with the columns ``objectId, mjd, band, mag, magerr, t2class`` and one
        row for each detection.

    Returns
    -------
    Labelled
        One light curve for each object of the 14 classes.
    """
    table = read_table(path)
    read = light_curves_of_table(table, "ztf", name=os.fspath(path))
    classes = table.drop_duplicates("objectId").set_index("objectId")["t2class"]
    return _transients(read.light_curves, read.identifiers["objectId"], classes, False)


def typed_alerts(path: str | os.PathLike[str]) -> Labelled:
    """Read alerts of typed transients.

    Parameters
    ----------
    path : path
        Parquet table with the columns ``objectId, cjd, cfid, cmagpsf, csigmapsf, t2class`` and
        one row for each alert, with arrays of its history. Magnitudes of non-detections are
        NaN.

    Returns
    -------
    Labelled
        One light curve for each alert of the 14 classes.
    """
    table = read_table(path)
    read = light_curves_of_table(table, "ztf", name=os.fspath(path))
    classes = table.drop_duplicates("objectId").set_index("objectId")["t2class"]
    return _transients(read.light_curves, read.identifiers["objectId"], classes, True)


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
        Parquet table with the columns ``objectId, cdsxmatch, cjd, cfid, cmagpsf, csigmapsf,
        cisdiffpos, jdstarthist, t2class`` and one row for each alert.
    transients : bool
        Whether to include objects that may be transients (`POSSIBLE_TRANSIENT`).

    Returns
    -------
    Labelled
        One light curve for each alert. For an object outside the 14 classes, every variable
        class is correct.
    """
    table = read_table(path)
    signs = [_is_positive(signs) for signs in table["cisdiffpos"]]
    table = table.assign(cisdiffpos=pd.Series(signs, dtype=object))
    read = light_curves_of_table(table, "ztf", name=os.fspath(path))
    labelled = Labelled(
        read.light_curves,
        label_mask_of(table["t2class"].tolist()),
        read.identifiers["objectId"].to_numpy(dtype=str),
        np.full(len(table), "ztf_contaminants"),
        np.full(len(table), True),
    )
    if transients:
        return labelled
    may_be_transient = table["cdsxmatch"].str.contains(POSSIBLE_TRANSIENT, regex=True, na=False)
    return labelled.select(~may_be_transient.to_numpy(dtype=bool))


def _is_positive(signs: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Translate ZTF's ``isdiffpos`` ("t", "1", True: positive; null at non-detections)."""
    return np.array([sign not in ("f", "0", False) for sign in signs], dtype=bool)
