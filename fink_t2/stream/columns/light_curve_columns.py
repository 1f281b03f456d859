"""From the alert struct to the arrays of its light curve, in the JVM.

The same fields as `fink_t2.surveys.alert_fields` takes, as expressions over columns: history and
current detection as arrays; a null magnitude or flux is a non-detection.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StructType

from fink_t2.science.cuts import KNOWN_SOLAR_SYSTEM_OBJECT
from fink_t2.surveys.alert_fields import FORCED_DETECTION_THRESHOLD

#: What ``isdiffpos`` is in a positive subtraction, as text.
POSITIVE_SUBTRACTION = ("t", "1", "true")
#: Seconds by which TAI is ahead of UTC since 2017.
TAI_MINUS_UTC_SECONDS = 37.0
SECONDS_PER_DAY = 86400.0
JULIAN_DATE_OF_1970 = 2440587.5
MJD_OF_1970 = 40587.0

#: Names and types of what a point is made of.
ZTF_POINT = {"jd": "double", "fid": "int", "magpsf": "float", "sigmapsf": "float"}
LSST_POINT = {
    "midpointMjdTai": "double",
    "band": "string",
    "psfFlux": "double",
    "psfFluxErr": "double",
}
#: The simulated alerts of ELAsTiCC have other names; their fluxes are nJy as well.
ELASTICC_POINT = {
    "midPointTai": "double",
    "filterName": "string",
    "psFlux": "double",
    "psFluxErr": "double",
}


def classification_arguments(
    survey: str, alert: StructType, forced_photometry: bool
) -> list[Column]:
    """Return the columns that `fink_t2.processor.alert_classification` takes.

    Parameters
    ----------
    survey : str
        "ztf" or "lsst".
    alert : StructType
        Type of the column ``alert``; a catalogue column that it lacks makes no cut.
    forced_photometry : bool
        Whether forced photometry joins the light curve.

    Returns
    -------
    list of Column
        In the order of that function's arguments.
    """
    if survey == "ztf":
        return _ztf_arguments(alert, forced_photometry)
    return _lsst_arguments(alert, forced_photometry)


def night(survey: str, alert: StructType) -> Column:
    """Return the date of the night in which an alert was observed; null where it has no date.

    ZTF's night lies within one UTC date. Rubin's goes past midnight UTC and is counted by the
    date on which it began, 12 hours being taken from the time (Rubin's ``day_obs``).

    Parameters
    ----------
    survey : str
        "ztf" or "lsst".
    alert : StructType
        Type of the column ``alert``.
    """
    if survey == "ztf":
        days = _field(alert, "candidate.jd", "double") - JULIAN_DATE_OF_1970
    else:
        time = "diaSource." + _first_name(_lsst_point(alert))
        shift = MJD_OF_1970 + TAI_MINUS_UTC_SECONDS / SECONDS_PER_DAY + 0.5
        days = _field(alert, time, "double") - shift
    is_date = (days > -MJD_OF_1970) & (days < MJD_OF_1970)
    return F.when(is_date, F.to_date(F.timestamp_seconds(days * SECONDS_PER_DAY)))


def _ztf_arguments(alert: StructType, forced_photometry: bool) -> list[Column]:
    columns = {
        name: F.concat(
            _history(alert, "prv_candidates", name, kind),
            F.array(_field(alert, f"candidate.{name}", kind)),
        )
        for name, kind in ZTF_POINT.items()
    }
    signs = F.concat(
        _history(alert, "prv_candidates", "isdiffpos", "string"),
        F.array(_field(alert, "candidate.isdiffpos", "string")),
    )
    columns["isdiffpos"] = F.transform(
        signs, lambda sign: F.coalesce(sign.isin(*POSITIVE_SUBTRACTION), F.lit(False))
    )
    if forced_photometry and "fp_hists" in alert.names:
        forced = _ztf_forced()
        columns = {name: F.concat(column, forced[name]) for name, column in columns.items()}
    return [
        *columns.values(),
        _field(alert, "roid", "int"),
        _field(alert, "cdsxmatch", "string"),
        _field(alert, "candidate.jdstarthist", "double"),
    ]


def _ztf_forced() -> dict[str, Column]:
    """Return forced photometry as magnitudes with a sign, null below the threshold.

    magnitude = magzpsci - 2.5 log10 |flux|, error = 2.5 / ln 10 / (signal to noise). A flux
    that was not measured is -99999 with an error of -99999.
    """
    flux, error = "p.forcediffimflux", "p.forcediffimfluxunc"
    detected = f"{error} > 0 and abs({flux}) >= {FORCED_DETECTION_THRESHOLD} * {error}"
    values = {
        "jd": "p.jd",
        "fid": "p.fid",
        "magpsf": f"if({detected}, float(p.magzpsci - 2.5 * log10(abs({flux}))), null)",
        "sigmapsf": f"if({detected}, float(2.5 / ln(10) * {error} / abs({flux})), null)",
        "isdiffpos": f"coalesce({flux} > 0, false)",
    }
    points = "filter(coalesce(alert.fp_hists, array()), p -> p is not null)"
    return {name: F.expr(f"transform({points}, p -> {value})") for name, value in values.items()}


def _lsst_point(alert: StructType) -> dict[str, str]:
    is_elasticc = _type_of(alert, "diaSource.psFlux") is not None
    return ELASTICC_POINT if is_elasticc else LSST_POINT


def _first_name(point: dict[str, str]) -> str:
    return next(iter(point))


def _lsst_arguments(alert: StructType, forced_photometry: bool) -> list[Column]:
    point = _lsst_point(alert)
    histories = ["prvDiaSources", *(["prvDiaForcedSources"] if forced_photometry else [])]
    columns = [
        F.concat(
            *[_history(alert, history, name, kind) for history in histories],
            F.array(_field(alert, f"diaSource.{name}", kind)),
        )
        for name, kind in point.items()
    ]
    # Rubin has matched its alerts with known solar-system objects; 0 and null are none.
    is_known = (_field(alert, "diaSource.ssObjectId", "long") != 0) | (
        _field(alert, "ssSource.ssObjectId", "long") != 0
    )
    redshift = _field(alert, "diaObject.hostgal_zphot", "double")
    has_host = redshift > -1  # ELAsTiCC writes -9 for "no host"; Rubin has no redshift yet
    return [
        *columns,
        F.when(is_known, KNOWN_SOLAR_SYSTEM_OBJECT).otherwise(0),
        _field(alert, "cdsxmatch", "string"),
        _field(alert, "diaObject.firstDiaSourceMjdTai", "double"),
        F.when(has_host, redshift),
        F.when(has_host, _field(alert, "diaObject.hostgal_zphot_err", "double")),
    ]


def _type_of(alert: StructType, name: str) -> DataType | None:
    """Return the type of a dotted field, None where the alert has no such field."""
    kind: DataType = alert
    for part in name.split("."):
        if not isinstance(kind, StructType) or part not in kind.names:
            return None
        kind = kind[part].dataType
    return kind


def _field(alert: StructType, name: str, kind: str) -> Column:
    """Return a field, null where the alert has none."""
    column = F.lit(None) if _type_of(alert, name) is None else F.col(f"alert.{name}")
    return column.cast(kind)


def _history(alert: StructType, array: str, name: str, kind: str) -> Column:
    """Return one field of all records of an array, [] where there is none."""
    nothing = F.array().cast(f"array<{kind}>")
    its_type = _type_of(alert, array)
    has_field = (
        isinstance(its_type, ArrayType)
        and isinstance(its_type.elementType, StructType)
        and name in its_type.elementType.names
    )
    if not has_field:
        return nothing
    return F.coalesce(F.col(f"alert.{array}.{name}").cast(f"array<{kind}>"), nothing)
