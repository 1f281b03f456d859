"""From a decoded alert to the arrays of its light curve: history and current detection.

The same as `fink_t2.stream.light_curve_columns`, for one alert at a time in Python.
"""

from __future__ import annotations

import math
from typing import Any, Final

#: A forced measurement below this many standard deviations says nothing as a magnitude.
FORCED_SIGNAL_TO_NOISE: Final = 3.0
#: ZTF's mark for "not measured" in forced photometry.
NOT_MEASURED: Final = -99999.0
POSITIVE: Final = ("t", "1")
NAN: Final = math.nan


def history_arrays(
    alert: dict[str, Any], survey: str, forced_photometry: bool = False
) -> dict[str, list[Any]]:
    """Return an alert's light curve, oldest first as the alert has it, current one last.

    Parameters
    ----------
    alert : dict
        From `fink_t2.alerts.decode_alert`.
    survey : str
        "ztf" or "lsst".
    forced_photometry : bool
        Whether forced photometry is added (ZTF: where significant, as magnitudes).

    Returns
    -------
    dict of str to list
        ZTF: ``jd, fid, magpsf, sigmapsf, isdiffpos`` (NaN magnitude: non-detection); LSST:
        ``mjd, band, flux, flux_error`` in nJy.
    """
    if survey == "ztf":
        points = [*(alert["prv_candidates"] or ()), alert["candidate"]]
        arrays: dict[str, list[Any]] = {
            "jd": [_number(point["jd"]) for point in points],
            "fid": [-1 if point["fid"] is None else point["fid"] for point in points],
            "magpsf": [_number(point["magpsf"]) for point in points],
            "sigmapsf": [_number(point["sigmapsf"]) for point in points],
            "isdiffpos": [point["isdiffpos"] in POSITIVE for point in points],
        }
        if forced_photometry:
            for point in alert["fp_hists"] or ():
                _add_forced(arrays, point)
        return arrays
    points = [*(alert["prvDiaSources"] or ()), alert["diaSource"]]
    if forced_photometry:
        points = [*(alert["prvDiaForcedSources"] or ()), *points]
    return {
        "mjd": [_number(point["midpointMjdTai"]) for point in points],
        "band": [point["band"] for point in points],
        "flux": [_number(point["psfFlux"]) for point in points],
        "flux_error": [_number(point["psfFluxErr"]) for point in points],
    }


def _number(value: float | None) -> float:
    return NAN if value is None else value


def _add_forced(arrays: dict[str, list[Any]], point: dict[str, Any]) -> None:
    """Append a forced measurement, as magnitude and sign, where it is significant.

    magnitude = magzpsci - 2.5 log10 |flux|, error = 1.0857 / (signal to noise): ZTF's forced
    photometry guide.
    """
    flux = _number(point["forcediffimflux"])
    error = _number(point["forcediffimfluxunc"])
    zero_point = _number(point["magzpsci"])
    is_measured = flux > NOT_MEASURED and error > 0 and abs(flux) >= FORCED_SIGNAL_TO_NOISE * error
    if not is_measured or math.isnan(zero_point):
        return
    arrays["jd"].append(_number(point["jd"]))
    arrays["fid"].append(-1 if point["fid"] is None else point["fid"])
    arrays["magpsf"].append(zero_point - 2.5 * math.log10(abs(flux)))
    arrays["sigmapsf"].append(2.5 / math.log(10.0) * error / abs(flux))
    arrays["isdiffpos"].append(flux > 0)
