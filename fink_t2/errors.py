"""Errors that a user can act on; everything else is a defect and shows its traceback."""


class FinkT2Error(Exception):
    """Base of the errors whose message is meant for the user, as it stands."""


class ConfigError(FinkT2Error):
    """A configuration file is not valid; the message names file and key."""


class SurveyError(FinkT2Error, ValueError):
    """There is no survey of that name."""


class ModelError(FinkT2Error):
    """A model artefact is missing, damaged, or does not fit this code."""


class AlertError(FinkT2Error):
    """An alert packet, or a file of them, can't be read."""


class LightCurveError(FinkT2Error):
    """A table of light curves lacks columns or has values of the wrong kind."""


class ModuleError(FinkT2Error):
    """A science module is not known, or is not configured or written as it must be."""


class OutputError(FinkT2Error):
    """A result can't be written."""
