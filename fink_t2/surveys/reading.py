"""Read alerts: from decoded records or from columns of arrays to light curves and cuts.

What a measurement is, which of them count, what is negative and what the defaults are stands in
the `Survey`; here and in `fink_t2.stream.columns`, which takes the same fields in the JVM, is
only how a declaration is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.science.cuts import CutSettings, Status, apply_cuts
from fink_t2.science.light_curves import LightCurves, flatten
from fink_t2.surveys.fields import AlertField, Meaning, PointSource
from fink_t2.surveys.survey import Survey
from fink_t2.surveys.values import first_value, is_set, values_of_field


@dataclass(frozen=True)
class AlertReading:
    """Light curves of N alerts, and what the quality cuts need of them.

    Attributes
    ----------
    light_curves : LightCurves
        N light curves.
    catalogues : dict of str to ndarray of shape (N,)
        Arguments of `fink_t2.science.cuts.apply_cuts`.
    is_ragged : ndarray of bool, shape (N,)
        Alerts whose arrays differ in length, so that their points can't be told.
    """

    light_curves: LightCurves
    catalogues: dict[str, npt.NDArray[Any]]
    is_ragged: npt.NDArray[np.bool_]

    def status(self, cuts: CutSettings, *, catalogue_cuts: bool = True) -> npt.NDArray[np.int8]:
        """Return the status of every alert, values of `fink_t2.science.cuts.Status`.

        Parameters
        ----------
        cuts : CutSettings
            Thresholds of the quality cuts.
        catalogue_cuts : bool
            Whether what catalogues say of the alerts makes cuts.
        """
        catalogues = self.catalogues if catalogue_cuts else {}
        status = apply_cuts(self.light_curves, cuts, **catalogues)
        status[self.is_ragged] = Status.BAD_PHOTOMETRY
        return status


def read_columns(survey: Survey, columns: Mapping[str, pd.Series]) -> AlertReading:
    """Read alerts from columns.

    Parameters
    ----------
    survey : Survey
        Whose alerts these are.
    columns : mapping of str to Series of N rows
        Named as in `Survey.point_fields`, `Survey.forced_fields` (arrays, one element per
        measurement; a null array is an empty one) and `Survey.alert_fields`. A column that is
        not given is not known of any alert.

    Returns
    -------
    AlertReading
    """
    fields = {name: field for name, field in survey.columns(True).items() if name in columns}
    starts, values, is_ragged = flatten([columns[name] for name in fields])
    points = dict(zip(fields, values, strict=True))
    alerts = {name: columns[name] for name in survey.alert_fields if name in columns}
    return _reading(survey, starts, points, alerts, is_ragged)


def read_records(
    survey: Survey, records: Sequence[Mapping[str, Any]], forced_photometry: bool | None = None
) -> AlertReading:
    """Read decoded alerts.

    Parameters
    ----------
    survey : Survey
        Whose alerts these are.
    records : sequence of mapping
        N decoded alerts, with inner records as mappings.
    forced_photometry : bool, optional
        Whether forced photometry joins the light curves; default: as the survey says.

    Returns
    -------
    AlertReading
    """
    sources = survey.sources(forced_photometry)
    histories = [measurements(record, sources) for record in records]
    lengths = [len(history) for history in histories]
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    points = {
        name: _array([first_value(p, field.all_names) for history in histories for p in history])
        for name, field in survey.columns(forced_photometry).items()
    }
    alerts = {
        name: _array([_value_of_alert(record, field) for record in records])
        for name, field in survey.alert_fields.items()
    }
    return _reading(survey, starts, points, alerts, np.zeros(len(records), dtype=bool))


def measurements(
    record: Mapping[str, Any], sources: Sequence[PointSource]
) -> list[Mapping[str, Any]]:
    """Return the records of one decoded alert that are measurements, in the order of the sources.

    Parameters
    ----------
    record : mapping
        A decoded alert.
    sources : sequence of PointSource
        Parts of the alert that hold measurements.
    """
    found: list[Mapping[str, Any]] = []
    for source in sources:
        value = record.get(source.name)
        if value is None:
            continue
        found.extend(one for one in (value if source.is_array else [value]) if one is not None)
    return found


def _value_of_alert(record: Mapping[str, Any], field: AlertField) -> Any:
    if field.meaning is Meaning.IS_SET:
        return any(is_set(first_value(record, (name,))) for name in field.all_names)
    return first_value(record, field.all_names)


def _array(values: list[Any]) -> npt.NDArray[np.object_]:
    """Return an array of objects, so that no number is rounded before its field is looked at."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _reading(
    survey: Survey,
    starts: npt.NDArray[np.int64],
    points: Mapping[str, Any],
    alerts: Mapping[str, Any],
    is_ragged: npt.NDArray[np.bool_],
) -> AlertReading:
    fields = {**survey.columns(True), **survey.alert_fields}
    points = {name: values_of_field(survey, fields[name], v) for name, v in points.items()}
    alerts = {name: values_of_field(survey, fields[name], v) for name, v in alerts.items()}
    return AlertReading(
        survey.light_curves(starts, points, alerts), survey.catalogues(alerts), is_ragged
    )
