"""The columns of an alert from which its light curve is made, taken in the JVM."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from fink_t2.stream.columns.alert_struct import column_of, points_of, value_of
from fink_t2.surveys.survey import Survey

#: Days from the zero of a time format to 1970-01-01.
DAYS_OF_1970 = {"jd": 2440587.5, "mjd": 40587.0}
#: Seconds by which a time scale is ahead of UTC; TAI since 2017.
SECONDS_AHEAD_OF_UTC = {"utc": 0.0, "tai": 37.0}
SECONDS_PER_DAY = 86400.0
#: Days around 1970 within which a time is a date, as for Modified Julian Dates.
LARGEST_DAYS = 40587.0


def light_curve_columns(
    survey: Survey, alert: StructType, forced_photometry: bool | None = None
) -> dict[str, Column]:
    """Return the columns that `fink_t2.surveys.reading.read_columns` takes.

    Parameters
    ----------
    survey : Survey
        Whose alerts these are.
    alert : StructType
        Type of the column ``alert``. What an alert lacks is null.
    forced_photometry : bool, optional
        Whether forced photometry joins the light curve; default: as the survey says.

    Returns
    -------
    dict of str to Column
        Arrays of all measurements of an alert, then values of the alert.
    """
    sources = survey.sources(forced_photometry)
    points = survey.columns(forced_photometry)
    return {
        **{name: points_of(survey, alert, sources, field) for name, field in points.items()},
        **{name: column_of(survey, alert, field) for name, field in survey.alert_fields.items()},
    }


def night(survey: Survey, alert: StructType) -> Column:
    """Return the date of the night in which an alert was observed; null where it has no date.

    Parameters
    ----------
    survey : Survey
        Whose alerts these are; see its ``night_offset_days``.
    alert : StructType
        Type of the column ``alert``.
    """
    ahead = SECONDS_AHEAD_OF_UTC[survey.time_scale] / SECONDS_PER_DAY
    zero = DAYS_OF_1970[survey.time_format] + ahead + survey.night_offset_days
    days = value_of(alert, survey.time) - zero
    is_date = (days > -LARGEST_DAYS) & (days < LARGEST_DAYS)
    return F.when(is_date, F.to_date(F.timestamp_seconds(days * SECONDS_PER_DAY)))
