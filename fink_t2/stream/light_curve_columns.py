"""From the alert struct to the arrays of its light curve, in the JVM.

The same as `fink_t2.alerts.history`, as expressions over columns: history and current
detection as arrays; a null magnitude or flux is a non-detection.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StructType

from fink_t2.alerts.history import FORCED_SIGNAL_TO_NOISE, NOT_MEASURED, POSITIVE
from fink_t2.cuts import KNOWN_SOLAR_SYSTEM_OBJECT

#: Seconds by which TAI is ahead of UTC since 2017.
TAI_MINUS_UTC_SECONDS = 37.0
SECONDS_PER_DAY = 86400.0
JULIAN_DATE_OF_1970 = 2440587.5
MJD_OF_1970 = 40587.0
#: Rubin counts a night by the UTC date 12 hours earlier (its ``day_obs``).
RUBIN_NIGHT_SHIFT_DAYS = 0.5


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


def observation_time(survey: str) -> Column:
    """Return the time of the observation, UTC, as a timestamp; null where it is no date."""
    if survey == "ztf":
        days = F.col("alert.candidate.jd") - JULIAN_DATE_OF_1970
    else:
        days = (
            F.col("alert.diaSource.midpointMjdTai")
            - MJD_OF_1970
            - TAI_MINUS_UTC_SECONDS / SECONDS_PER_DAY
        )
    is_date = (days > -MJD_OF_1970) & (days < MJD_OF_1970)
    return F.when(is_date, F.timestamp_seconds(days * SECONDS_PER_DAY))


def night(survey: str) -> Column:
    """Return the date of the observing night.

    ZTF's night is one UTC date. Rubin's goes past midnight UTC and has the date on which it
    began.
    """
    time = observation_time(survey)
    if survey == "lsst":
        time = time - F.expr("INTERVAL 12 HOURS")
    return F.to_date(time)


def _ztf_arguments(alert: StructType, forced_photometry: bool) -> list[Column]:
    points = {"jd": "double", "fid": "int", "magpsf": "float", "sigmapsf": "float"}
    columns = {
        name: F.concat(
            _history(alert, "prv_candidates", name, kind),
            F.array(F.col(f"alert.candidate.{name}").cast(kind)),
        )
        for name, kind in points.items()
    }
    signs = F.concat(
        _history(alert, "prv_candidates", "isdiffpos", "string"),
        F.array(_field(alert, "candidate.isdiffpos", "string")),
    )
    columns["isdiffpos"] = F.transform(
        signs, lambda sign: F.coalesce(sign.isin(*POSITIVE), F.lit(False))
    )
    if forced_photometry and "fp_hists" in alert.names:
        for name, forced in _ztf_forced(alert).items():
            columns[name] = F.concat(columns[name], forced)
    return [
        *columns.values(),
        _field(alert, "roid", "int"),
        _field(alert, "cdsxmatch", "string"),
        _field(alert, "candidate.jdstarthist", "double"),
    ]


def _ztf_forced(alert: StructType) -> dict[str, Column]:
    """Return significant forced measurements as magnitudes with a sign."""
    points = F.filter(
        F.coalesce(F.col("alert.fp_hists"), F.array().cast(alert["fp_hists"].dataType)),
        lambda point: (
            (point["forcediffimflux"] > NOT_MEASURED)
            & (point["forcediffimfluxunc"] > 0)
            & (
                F.abs(point["forcediffimflux"])
                >= FORCED_SIGNAL_TO_NOISE * point["forcediffimfluxunc"]
            )
            & point["magzpsci"].isNotNull()
        ),
    )
    relative_to_magnitude = 2.5 / F.log(F.lit(10.0))
    return {
        "jd": F.transform(points, lambda p: p["jd"]),
        "fid": F.transform(points, lambda p: p["fid"]),
        "magpsf": F.transform(
            points,
            lambda p: (p["magzpsci"] - 2.5 * F.log10(F.abs(p["forcediffimflux"]))).cast("float"),
        ),
        "sigmapsf": F.transform(
            points,
            lambda p: (
                relative_to_magnitude * p["forcediffimfluxunc"] / F.abs(p["forcediffimflux"])
            ).cast("float"),
        ),
        "isdiffpos": F.transform(points, lambda p: p["forcediffimflux"] > 0),
    }


def _lsst_arguments(alert: StructType, forced_photometry: bool) -> list[Column]:
    points = {
        "midpointMjdTai": "double",
        "band": "string",
        "psfFlux": "double",
        "psfFluxErr": "double",
    }
    columns = []
    for name, kind in points.items():
        parts = [_history(alert, "prvDiaForcedSources", name, kind)] if forced_photometry else []
        parts.append(_history(alert, "prvDiaSources", name, kind))
        parts.append(F.array(F.col(f"alert.diaSource.{name}").cast(kind)))
        columns.append(F.concat(*parts))
    # Rubin has matched its alerts with known solar-system objects; 0 and null are none.
    is_known = _field(alert, "diaSource.ssObjectId", "long") > 0
    roid = F.when(is_known, KNOWN_SOLAR_SYSTEM_OBJECT).cast("int")
    unknown = F.lit(None).cast("double")
    return [
        *columns,
        roid,
        _field(alert, "cdsxmatch", "string"),
        _field(alert, "diaObject.firstDiaSourceMjdTai", "double"),
        unknown,  # Rubin's alerts have no photometric redshift yet
        unknown,
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
