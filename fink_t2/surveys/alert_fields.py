"""Which fields of a decoded alert make its light curve: ZTF, Rubin and ELAsTiCC.

The streaming job takes the same fields by Spark SQL; a test holds the two together.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fink_t2.science.cuts import KNOWN_SOLAR_SYSTEM_OBJECT

FloatArray = npt.NDArray[np.float64]

#: ZTF's forced photometry below this signal-to-noise ratio is a non-detection.
FORCED_DETECTION_THRESHOLD: Final = 3.0

#: What ``isdiffpos`` is in a positive subtraction (ZTF alert schema).
POSITIVE_SUBTRACTION: Final = ("t", "1", True, 1)

Point = tuple[Any, Any, Any, Any, Any]


def survey_of(alert: dict[str, Any]) -> str | None:
    """Tell a decoded alert's survey by its fields; None if it is no alert."""
    if "candidate" in alert:
        return "ztf"
    return "lsst" if "diaSource" in alert else None


def positive_signs(signs: npt.ArrayLike | None) -> npt.NDArray[np.bool_]:
    """Translate ``isdiffpos`` values, as letters, digits or booleans, mixed as they may come.

    Parameters
    ----------
    signs : array_like or None
        "t" or "1", "f" or "0", booleans, or nulls, of which a non-detection has one.

    Returns
    -------
    ndarray of bool
        False for a negative subtraction.
    """
    values = np.atleast_1d([] if signs is None else np.asarray(signs))
    if values.dtype == bool:
        return values
    return np.array([sign not in ("f", "0", False) for sign in values.tolist()], dtype=bool)


def ztf_points(alert: dict[str, Any], *, forced_photometry: bool = False) -> list[Point]:
    """Return (jd, fid, magpsf, sigmapsf, isdiffpos) of an alert's history and candidate.

    Parameters
    ----------
    alert : dict
        A decoded ZTF alert, schema 3.0 to 4.02.
    forced_photometry : bool
        Whether to add ``fp_hists`` (schema 4): a flux with its sign, on the zero point
        ``magzpsci``; below `FORCED_DETECTION_THRESHOLD` it is a non-detection.

    Returns
    -------
    list of tuple
        A non-detection has a NaN magnitude.
    """
    points: list[Point] = []
    for one in [*_records(alert.get("prv_candidates")), alert["candidate"]]:
        positive = one.get("isdiffpos") in POSITIVE_SUBTRACTION
        magnitude, error = _number(one.get("magpsf")), _number(one.get("sigmapsf"))
        points.append((_number(one.get("jd")), one.get("fid") or -1, magnitude, error, positive))
    if forced_photometry:
        points.extend(_forced_point(one) for one in _records(alert.get("fp_hists")))
    return points


def _forced_point(one: dict[str, Any]) -> Point:
    flux, error = _number(one.get("forcediffimflux")), _number(one.get("forcediffimfluxunc"))
    zero_point = _number(one.get("magzpsci"))
    ratio = abs(flux) / error if error > 0 else 0.0
    magnitude = sigma = np.nan
    # A flux that was not measured is -99999 with an error of -99999.
    if ratio >= FORCED_DETECTION_THRESHOLD:
        magnitude, sigma = zero_point - 2.5 * np.log10(abs(flux)), 2.5 / np.log(10) / ratio
    return (_number(one.get("jd")), one.get("fid") or -1, magnitude, sigma, flux > 0)


def lsst_points(alert: dict[str, Any], *, forced_photometry: bool = False) -> list[Point]:
    """Return (mjd, passband name, flux, flux error, True) of an alert's history and source.

    Parameters
    ----------
    alert : dict
        A decoded Rubin alert (schema 7 to 11) or an ELAsTiCC one; fluxes in nJy.
    forced_photometry : bool
        Whether to add ``prvDiaForcedSources``.
    """
    records = [*_records(alert.get("prvDiaSources")), alert["diaSource"]]
    if forced_photometry:
        records += _records(alert.get("prvDiaForcedSources"))
    return [
        (
            _number(_first(one, "midpointMjdTai", "midPointTai")),
            _first(one, "band", "filterName") or "",
            _number(_first(one, "psfFlux", "psFlux")),
            _number(_first(one, "psfFluxErr", "psFluxErr")),
            True,
        )
        for one in records
    ]


def lsst_object_values(alert: dict[str, Any]) -> dict[str, float]:
    """Return photoz, photoz_error, first_mjd and roid of a Rubin or ELAsTiCC alert.

    Returns
    -------
    dict of str to float
        NaN where the alert does not say; ``roid`` is Fink's number for a known
        solar-system object where the alert is of one, else 0.
    """
    source, found = alert["diaSource"], alert.get("diaObject") or {}
    # Fink writes an empty ssSource record, not null, for what does not move.
    solar_system_source = alert.get("ssSource") or {}
    moving = bool(source.get("ssObjectId")) or bool(solar_system_source.get("ssObjectId"))
    redshift = _number(_first(found, "hostgal_zphot"))
    error = _number(_first(found, "hostgal_zphot_err"))
    known = redshift > -1  # ELAsTiCC writes -9 for "no host"
    return {
        "photoz": redshift if known else np.nan,
        "photoz_error": error if known else np.nan,
        "first_mjd": _number(_first(found, "firstDiaSourceMjdTai")),
        "roid": float(KNOWN_SOLAR_SYSTEM_OBJECT) if moving else 0.0,
    }


def lsst_object_id(alert: dict[str, Any]) -> str:
    """Return the object a Rubin alert belongs to, as text; "" if to none."""
    source, found = alert["diaSource"], alert.get("diaObject") or {}
    # Of a solar-system object's alert diaObjectId is 0.
    return str(
        source.get("diaObjectId") or source.get("ssObjectId") or found.get("diaObjectId") or ""
    )


def _records(value: Any) -> list[dict[str, Any]]:
    return [] if value is None else [record for record in value if record is not None]


def _first(record: dict[str, Any], *names: str) -> Any:
    for name in names:
        if record.get(name) is not None:
            return record[name]
    return None


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)
