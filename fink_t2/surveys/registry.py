"""The surveys that are known: those of this package, and those that other packages add."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib.metadata import entry_points
from typing import Final

from fink_t2.errors import SurveyError
from fink_t2.science.passbands import PassbandSet
from fink_t2.surveys.lsst import LSST
from fink_t2.surveys.survey import Survey
from fink_t2.surveys.ztf import ZTF

#: Survey of data that do not tell theirs.
DEFAULT_SURVEY: Final = ZTF.name
#: Entry points of this group in other packages name a `Survey`, which is then known, too.
ENTRY_POINTS: Final = "fink_t2.surveys"

_SURVEYS: Final = {survey.name: survey for survey in (ZTF, LSST)}


def register(survey: Survey) -> None:
    """Make a survey known in this process.

    Raises
    ------
    SurveyError
        If another survey has the name.
    """
    if _SURVEYS.get(survey.name, survey) is not survey:
        raise SurveyError(f"a survey named {survey.name!r} is registered already")
    _SURVEYS[survey.name] = survey


def registered() -> tuple[Survey, ...]:
    """Return the surveys that are known, those of this package first."""
    _load_entry_points()
    return tuple(_SURVEYS.values())


def survey_names() -> tuple[str, ...]:
    """Return the names of the surveys that are known."""
    return tuple(survey.name for survey in registered())


def get_survey(survey: str | Survey) -> Survey:
    """Return a survey by its name.

    Parameters
    ----------
    survey : str or Survey
        Name; a survey is returned as it is.

    Raises
    ------
    SurveyError
        If there is no survey of that name; the message lists those that are known.
    """
    if isinstance(survey, Survey):
        return survey
    if survey not in _SURVEYS:
        _load_entry_points()
    try:
        return _SURVEYS[survey]
    except KeyError:
        raise SurveyError(
            f"unknown survey {survey!r}; known surveys: {', '.join(_SURVEYS)}"
        ) from None


def passbands_of(survey: str) -> PassbandSet:
    """Return the passbands of a survey.

    Raises
    ------
    SurveyError
        If there is no survey of that name.
    """
    return get_survey(survey).passbands


def recognise(fields: Collection[str]) -> Survey | None:
    """Tell whose alert has these top-level fields.

    Parameters
    ----------
    fields : collection of str
        Names of the fields of a decoded alert, of its schema or of the columns of a table.

    Returns
    -------
    Survey or None
        The survey with the most telling fields, if there are several; None for no alert.
    """
    fitting = [survey for survey in registered() if survey.recognises(fields)]
    return max(fitting, key=lambda survey: len(survey.recognised_by), default=None)


@cache
def _load_entry_points() -> None:
    for entry_point in entry_points(group=ENTRY_POINTS):
        register(entry_point.load())
