"""The module atx: Xception over light curves, to compare t2 with."""

from __future__ import annotations

from typing import Final

from fink_t2.modules.light_curve_network import LightCurveNetwork
from fink_t2.surveys import Survey

#: The models of atx, by the names of the surveys that have one.
MODELS: Final = {"ztf": "atx-ztf"}


class Atx(LightCurveNetwork):
    """The one-dimensional Xception of Allam Jr. (PhD thesis, University College London, 2023)."""

    name = "atx"

    @classmethod
    def default_model(cls, survey: Survey) -> str | None:
        """Return the name of the survey's model; None where it has none."""
        return MODELS.get(survey.name)
