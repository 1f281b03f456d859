"""Light curves of decoded alerts, with their identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from fink_t2.files.tables.light_curves import LightCurveTable
from fink_t2.surveys import Survey
from fink_t2.surveys.reading import read_records
from fink_t2.surveys.values import first_set_value


def alert_table(
    survey: Survey, alerts: Sequence[dict[str, Any]], forced_photometry: bool | None = None
) -> LightCurveTable:
    """Build the light curves of decoded alerts.

    Parameters
    ----------
    survey : Survey
        Whose alerts these are.
    alerts : sequence of dict
        N decoded alerts; fields that a broker has added, such as ``cdsxmatch``, are used where
        present.
    forced_photometry : bool, optional
        Whether forced photometry joins the light curves; default: as the survey says.

    Returns
    -------
    LightCurveTable
        Identifiers are integers that may be null, or text; they never pass through a
        floating-point number.
    """
    reading = read_records(survey, alerts, forced_photometry)
    objects = [first_set_value(alert, survey.object_id.names) for alert in alerts]
    identifiers = pd.DataFrame(
        {
            "objectId": pd.array(
                ["" if name is None else str(name) for name in objects], dtype="string"
            ),
            survey.alert_id.name.rpartition(".")[2]: pd.array(
                [first_set_value(alert, survey.alert_id.names) for alert in alerts], dtype="Int64"
            ),
        }
    )
    return LightCurveTable(reading.light_curves, reading.catalogues, reading.is_ragged, identifiers)
