"""Light curves of decoded alerts: what ``fink-t2 classify`` makes of packets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from fink_t2.files.light_curve_tables import LightCurveTable, passband_indices
from fink_t2.science.light_curves import from_fluxes
from fink_t2.surveys import LSST
from fink_t2.surveys.alert_fields import (
    lsst_object_id,
    lsst_object_values,
    lsst_points,
    ztf_points,
)
from fink_t2.surveys.ztf import from_ztf


def ztf_table(
    alerts: Sequence[dict[str, Any]], *, forced_photometry: bool = False
) -> LightCurveTable:
    """Build the light curves of decoded ZTF alerts.

    Parameters
    ----------
    alerts : sequence of dict
        N decoded alerts; Fink's own fields ``cdsxmatch`` and ``roid`` are used where present.
    forced_photometry : bool
        See `fink_t2.surveys.alert_fields.ztf_points`.

    Returns
    -------
    LightCurveTable
    """
    histories = [ztf_points(alert, forced_photometry=forced_photometry) for alert in alerts]
    starts, (jd, fid, magpsf, sigmapsf, isdiffpos) = _flat(histories)
    jdstarthist = np.array(
        [alert["candidate"].get("jdstarthist") or np.nan for alert in alerts], dtype=np.float64
    )
    curves = from_ztf(starts, jd, fid, magpsf, sigmapsf, isdiffpos, jdstarthist)
    catalogues = {"jdstarthist": jdstarthist}
    for name in ("cdsxmatch", "roid"):
        if any(name in alert for alert in alerts):
            catalogues[name] = np.array([alert.get(name) for alert in alerts], dtype=object)
    identifiers = pd.DataFrame(
        {
            "objectId": [alert.get("objectId") for alert in alerts],
            "candid": [alert.get("candid") for alert in alerts],
        }
    )
    return LightCurveTable(identifiers, curves, catalogues)


def lsst_table(
    alerts: Sequence[dict[str, Any]], *, forced_photometry: bool = False
) -> LightCurveTable:
    """Build the light curves of decoded Rubin or ELAsTiCC alerts.

    Parameters
    ----------
    alerts : sequence of dict
        N decoded alerts.
    forced_photometry : bool
        See `fink_t2.surveys.alert_fields.lsst_points`.

    Returns
    -------
    LightCurveTable
    """
    histories = [lsst_points(alert, forced_photometry=forced_photometry) for alert in alerts]
    starts, (time, band, flux, error, _) = _flat(histories)
    values = pd.DataFrame([lsst_object_values(alert) for alert in alerts])
    curves = from_fluxes(
        LSST.passbands,
        starts,
        time,
        passband_indices(band, LSST.passbands),
        flux,
        error,
        unit="nJy",
        first_seen=values["first_mjd"] if alerts else None,
        photoz=values["photoz"] if alerts else None,
        photoz_error=values["photoz_error"] if alerts else None,
    )
    identifiers = pd.DataFrame(
        {
            "objectId": [lsst_object_id(alert) for alert in alerts],
            "diaSourceId": [alert["diaSource"].get("diaSourceId") for alert in alerts],
        }
    )
    catalogues = {"roid": values["roid"].to_numpy()} if alerts else {}
    return LightCurveTable(identifiers, curves, catalogues)


def _flat(histories: list[list[Any]]) -> tuple[np.ndarray, list[np.ndarray]]:
    starts = np.concatenate(([0], np.cumsum([len(points) for points in histories])))
    flat = [point for points in histories for point in points]
    columns = [np.array(column) for column in zip(*flat, strict=True)]
    return starts.astype(np.int64), columns or [np.empty(0)] * 5
