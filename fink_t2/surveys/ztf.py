"""The Zwicky Transient Facility: alert packets 3.0 to 4.02.

Schema: ZTF Avro alert documentation (ZwickyTransientFacility/ztf-avro-alert). History is in
``prv_candidates`` and, from schema 4, forced photometry in ``fp_hists``.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fink_t2.science.light_curves import LightCurves, from_magnitudes
from fink_t2.science.passbands import PassbandSet
from fink_t2.science.photometry import JULIAN_DATE_OF_MJD_ZERO
from fink_t2.surveys.fields import AlertField, Meaning, PointSource
from fink_t2.surveys.survey import Arrays, Survey
from fink_t2.surveys.values import negative_signs, numbers, passband_indices

FloatArray = npt.NDArray[np.float64]

#: Public alerts seldom have i, so that g and r are the passbands of the classification.
PASSBANDS: Final = PassbandSet("ztf", ("g", "r"), (4804.79, 6436.92))
#: ``fid`` of the alert schema; 3 is i.
FILTER_IDS: Final = {"1": "g", "2": "r"}

#: Forced photometry below this signal-to-noise ratio is a non-detection.
FORCED_DETECTION_THRESHOLD: Final = 3.0


def from_ztf(
    starts: npt.ArrayLike,
    jd: npt.ArrayLike,
    fid: npt.ArrayLike,
    magpsf: npt.ArrayLike,
    sigmapsf: npt.ArrayLike,
    isdiffpos: npt.ArrayLike | None = None,
    jdstarthist: npt.ArrayLike | None = None,
) -> LightCurves:
    """Build light curves from the fields of ZTF alerts.

    Parameters
    ----------
    starts : array_like of int, shape (N + 1,)
        Where each alert's history begins in the flat arrays.
    jd : array_like, shape (P,)
        Julian Date (UTC), days.
    fid : array_like, shape (P,)
        Filter: 1 g, 2 r, 3 i. Points in i are left out.
    magpsf, sigmapsf : array_like, shape (P,)
        PSF magnitude of the difference image and its error; see
        `fink_t2.science.light_curves.from_magnitudes` for which are non-detections and which
        are bad photometry.
    isdiffpos : array_like, shape (P,), optional
        Sign of the subtraction, in any spelling (`fink_t2.surveys.values.NEGATIVE_SIGNS`); a
        negative one (science image fainter than reference) has negative flux. Default: all
        positive.
    jdstarthist : array_like, shape (N,), optional
        Julian Date of the earliest detection ever at this position.

    Returns
    -------
    LightCurves
    """
    return from_magnitudes(
        PASSBANDS,
        starts,
        numbers(jd) - JULIAN_DATE_OF_MJD_ZERO,
        passband_indices(fid, PASSBANDS, FILTER_IDS),
        numbers(magpsf),
        numbers(sigmapsf),
        is_negative=None if isdiffpos is None else negative_signs(isdiffpos),
        first_seen=None if jdstarthist is None else numbers(jdstarthist) - JULIAN_DATE_OF_MJD_ZERO,
    )


def _light_curves(starts: npt.NDArray[Any], points: Arrays, alerts: Arrays) -> LightCurves:
    magnitude, error = points["magpsf"], points["sigmapsf"]
    is_negative = points.get("isdiffpos", np.zeros(magnitude.shape, dtype=bool))
    if "forcediffimflux" in points:
        flux = points["forcediffimflux"]
        forced, forced_error = _forced_magnitudes(
            flux, points["forcediffimfluxunc"], points["magzpsci"]
        )
        is_forced = ~np.isnan(flux)
        magnitude = np.where(is_forced, forced, magnitude)
        error = np.where(is_forced, forced_error, error)
        is_negative = np.where(is_forced, flux < 0, is_negative)
    started = alerts.get("jdstarthist")
    return from_magnitudes(
        PASSBANDS,
        starts,
        points["jd"] - JULIAN_DATE_OF_MJD_ZERO,
        points["fid"],
        magnitude,
        error,
        is_negative=is_negative,
        first_seen=None if started is None else started - JULIAN_DATE_OF_MJD_ZERO,
    )


def _forced_magnitudes(
    flux: FloatArray, error: FloatArray, zero_point: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return forced photometry as magnitudes with errors, NaN below the detection threshold.

    magnitude = magzpsci - 2.5 log10 |flux|, error = 2.5 / ln 10 / (signal-to-noise ratio). A
    flux that was not measured is -99999 with an error of -99999.
    """
    size = np.abs(flux)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        is_detected = (error > 0) & (size >= FORCED_DETECTION_THRESHOLD * error)
        magnitude = zero_point - 2.5 * np.log10(size)
        magnitude_error = 2.5 / np.log(10) * error / size
    return np.where(is_detected, magnitude, np.nan), np.where(is_detected, magnitude_error, np.nan)


def _catalogues(alerts: Arrays) -> dict[str, npt.NDArray[Any]]:
    return {name: alerts[name] for name in ("jdstarthist", "roid", "cdsxmatch") if name in alerts}


def _schema_text() -> str:
    return files("fink_t2.surveys").joinpath("schemas/ztf_4.02.avsc").read_text()


ZTF: Final = Survey(
    name="ztf",
    passbands=PASSBANDS,
    passband_codes=FILTER_IDS,
    default_model="t2-ztf",
    recognised_by=("candidate",),
    object_id=AlertField(("objectId",), "string"),
    alert_id=AlertField(("candid",), "long"),
    time=AlertField(("candidate.jd",), "double"),
    time_format="jd",
    time_scale="utc",
    flux_unit="mag",
    point_sources=(
        PointSource("prv_candidates"),
        PointSource("candidate", is_array=False),
        PointSource("fp_hists", is_forced=True),
    ),
    point_fields={
        "jd": AlertField(("jd",), "double"),
        "fid": AlertField(("fid",), "int", Meaning.PASSBAND),
        "magpsf": AlertField(("magpsf",), "double"),
        "sigmapsf": AlertField(("sigmapsf",), "double"),
        "isdiffpos": AlertField(("isdiffpos",), "string", Meaning.NEGATIVE_SIGN),
    },
    forced_fields={
        "forcediffimflux": AlertField(("forcediffimflux",), "double"),
        "forcediffimfluxunc": AlertField(("forcediffimfluxunc",), "double"),
        "magzpsci": AlertField(("magzpsci",), "double"),
    },
    alert_fields={
        # Fink's solar-system flag and SIMBAD type, which a broker adds to the packet.
        "roid": AlertField(("roid",), "int"),
        "cdsxmatch": AlertField(("cdsxmatch",), "string"),
        "jdstarthist": AlertField(("candidate.jdstarthist",), "double"),
    },
    required_fields=(
        "objectId",
        "candid",
        "candidate.jd",
        "candidate.fid",
        "candidate.magpsf",
        "candidate.sigmapsf",
    ),
    light_curves=_light_curves,
    catalogues=_catalogues,
    history_days=30.0,
    unused_passbands=("i",),
    # The 5-sigma depth of an exposure is about 20.8 in g and 20.6 in r (Bellm et al. 2019);
    # stacks and forced photometry reach somewhat deeper.
    faintest_magnitude=22.5,
    cutouts=("cutoutScience", "cutoutTemplate", "cutoutDifference"),
    schema_text=_schema_text,
)
