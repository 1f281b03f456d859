"""What differs from survey to survey: passbands, fields of an alert, units, flags and defaults."""

from fink_t2.surveys.lsst import LSST
from fink_t2.surveys.registry import (
    DEFAULT_SURVEY,
    get_survey,
    passbands_of,
    recognise,
    register,
    registered,
    survey_names,
)
from fink_t2.surveys.survey import Survey
from fink_t2.surveys.ztf import ZTF

__all__ = [
    "DEFAULT_SURVEY",
    "LSST",
    "ZTF",
    "Survey",
    "get_survey",
    "passbands_of",
    "recognise",
    "register",
    "registered",
    "survey_names",
]
