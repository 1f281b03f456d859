"""From the points of a table to light curves of a survey, or an error where they do not fit it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from fink_t2.errors import LightCurveError
from fink_t2.files.tables.cells import numbers, plain, texts
from fink_t2.files.tables.points import TablePoints, read_points
from fink_t2.files.tables.recognise import Columns, Reading, recognise
from fink_t2.science.light_curves import LightCurves, from_fluxes, from_magnitudes
from fink_t2.science.photometry import (
    FLUXCAL_ZERO_POINT,
    JULIAN_DATE_OF_MJD_ZERO,
)
from fink_t2.surveys import DEFAULT_SURVEY, Survey, get_survey, registered, survey_names
from fink_t2.surveys.reading import AlertReading
from fink_t2.surveys.values import negative_signs

FloatArray = npt.NDArray[np.float64]

#: Signal-to-noise ratio above which a point tells how deep the photometry is.
SIGNIFICANT: Final = 5.0
#: Columns of the first detection at the position: Julian Dates, and Modified ones.
FIRST_DETECTION_JD: Final = ("jdstarthist",)
FIRST_DETECTION_MJD: Final = ("firstDiaSourceMjdTai",)
#: Columns of photometric redshift and its error.
REDSHIFT: Final = ("photoz", "hostgal_zphot")
REDSHIFT_ERROR: Final = ("photoz_err", "photoz_error", "hostgal_zphot_err")


@dataclass(frozen=True)
class LightCurveTable(AlertReading):
    """Light curves of a table or of packets, with what identifies them.

    Attributes
    ----------
    identifiers : DataFrame of N rows
        Identifiers of the object, and of the alert where a row is an alert.
    notes : list of str
        What was not read, in sentences.
    """

    identifiers: pd.DataFrame
    notes: list[str] = field(default_factory=list)

    def select(self, rows: npt.NDArray[np.int64]) -> LightCurveTable:
        """Return some of the light curves; the notes stay with all of them."""
        return LightCurveTable(
            self.light_curves.select(rows),
            {name: values[rows] for name, values in self.catalogues.items()},
            self.is_ragged[rows],
            self.identifiers.iloc[rows],
        )


def table_light_curves(
    table: pa.Table,
    survey: str | Survey | None,
    name: str,
    *,
    flux_unit: str | None = None,
    time_scale: str | None = None,
) -> LightCurveTable:
    """Read the light curves of a table in any of the known layouts.

    Parameters
    ----------
    table : pyarrow.Table
        The table.
    survey : str, Survey or None
        Whose passbands and depth the photometry has. None: that of the layout, or the default
        survey where the layout does not tell.
    name : str
        What messages call the table.
    flux_unit : {"fluxcal", "nJy", "uJy"}, optional
        Unit of fluxes whose column does not define one.
    time_scale : {"jd", "mjd"}, optional
        Scale of the times; default: as the column's name says.

    Returns
    -------
    LightCurveTable

    Raises
    ------
    LightCurveError
        If no layout matches, a unit is not known, or the photometry does not fit the survey; the
        message names the remedy.
    """
    columns = Columns(table)
    reading = recognise(columns, name)
    if survey is None:
        told = reading.layout.survey
        survey = told if told in survey_names() else DEFAULT_SURVEY
    survey = get_survey(survey)
    points = read_points(columns, reading, name, survey.name, flux_unit, time_scale)
    passband = _passband_indices(points, reading, survey, name)
    context = _context(columns, points)
    if points.unit == "mag":
        is_negative = None if points.sign is None else negative_signs(_objects(points.sign))
        light_curves = from_magnitudes(
            survey.passbands,
            points.starts,
            points.mjd,
            passband,
            points.value,
            points.error,
            is_negative=is_negative,
            **context,
        )
    else:
        light_curves = from_fluxes(
            survey.passbands,
            points.starts,
            points.mjd,
            passband,
            points.value,
            points.error,
            unit=points.unit,
            **context,
        )
    _check_depth(light_curves, survey, name)
    identifiers = pd.DataFrame(
        {title: _identifier_series(values) for title, values in points.identifiers.items()}
    )
    return LightCurveTable(
        light_curves, _catalogues(columns, points), points.is_ragged, identifiers, points.notes
    )


def _identifier_series(values: pa.Array) -> pd.Series:
    """Return identifiers as integers or text that may be missing, so that none becomes a float.

    A column of numpy's integers would, beside a table that lacks it.
    """
    dtypes = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype()}
    return values.to_pandas(types_mapper=lambda kind: dtypes.get(kind, pd.StringDtype()))


def _passband_indices(
    points: TablePoints, reading: Reading, survey: Survey, name: str
) -> npt.NDArray[np.int8]:
    """Return indices into the survey's passbands, or say that it lacks those of the table."""
    letters = set(points.passband) - {""}
    lacking = sorted(letters - set(survey.passbands.names) - set(survey.unused_passbands))
    if lacking:
        fitting = [
            other.name
            for other in registered()
            if letters <= {*other.passbands.names, *other.unused_passbands}
        ]
        remedy = (
            f"say --survey {' or '.join(fitting)}" if fitting else "no survey here has them all"
        )
        raise LightCurveError(
            f"{name}: column {reading.passband!r} has the passbands {', '.join(lacking)}, which "
            f"survey {survey.name} ({', '.join(survey.passbands.names)}) lacks; {remedy}"
        )
    indices = {letter: index for index, letter in enumerate(survey.passbands.names)}
    return np.array([indices.get(letter, -1) for letter in points.passband], dtype=np.int8)


def _check_depth(light_curves: LightCurves, survey: Survey, name: str) -> None:
    """Refuse photometry that is fainter than what the survey can measure."""
    if survey.faintest_magnitude is None:
        return
    size = np.abs(light_curves.flux)
    significant = size[size >= SIGNIFICANT * light_curves.flux_error]
    if not significant.size:
        return
    middle = FLUXCAL_ZERO_POINT - 2.5 * np.log10(np.median(significant))
    if middle > survey.faintest_magnitude:
        raise LightCurveError(
            f"{name}: half of the significant points are fainter than magnitude {middle:.1f}, and "
            f"survey {survey.name} reaches {survey.faintest_magnitude}: say another --survey, or "
            "the right --flux-unit"
        )


def _context(columns: Columns, points: TablePoints) -> dict[str, FloatArray | None]:
    """Return what is known of each object besides its points."""
    first_seen = _numbers_of_rows(columns, points, FIRST_DETECTION_JD)
    if first_seen is not None:
        first_seen = first_seen - JULIAN_DATE_OF_MJD_ZERO
    else:
        first_seen = _numbers_of_rows(columns, points, FIRST_DETECTION_MJD)
    return {
        "first_seen": first_seen,
        "photoz": _numbers_of_rows(columns, points, REDSHIFT),
        "photoz_error": _numbers_of_rows(columns, points, REDSHIFT_ERROR),
    }


def _catalogues(columns: Columns, points: TablePoints) -> dict[str, npt.NDArray[Any]]:
    """Return the arguments of the cuts that the table has."""
    catalogues: dict[str, npt.NDArray[Any]] = {}
    started = _numbers_of_rows(columns, points, FIRST_DETECTION_JD)
    if started is not None:
        catalogues["jdstarthist"] = started
    solar_system = _numbers_of_rows(columns, points, ("roid",))
    if solar_system is not None:
        catalogues["roid"] = solar_system
    if "cdsxmatch" in columns:
        cells = texts(plain(columns["cdsxmatch"]).take(pa.array(points.rows)))
        catalogues["cdsxmatch"] = np.array(cells, dtype=object)
    return catalogues


def _numbers_of_rows(
    columns: Columns, points: TablePoints, names: tuple[str, ...]
) -> FloatArray | None:
    name = columns.first(names)
    if name is None or columns.has_arrays(name):
        return None
    return numbers(columns[name])[0][points.rows]


def _objects(values: pa.Array) -> npt.NDArray[np.object_]:
    """Return cells as booleans, numbers or text."""
    kind = values.type
    is_plain = pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)
    objects = np.empty(len(values), dtype=object)
    objects[:] = values.to_pylist() if is_plain else texts(values)
    return objects
