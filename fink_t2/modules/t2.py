"""The module t2: the project's transformer network."""

from __future__ import annotations

from fink_t2.modules.light_curve_network import LightCurveNetwork
from fink_t2.surveys import Survey


class T2(LightCurveNetwork):
    """The transformer of Allam Jr. & McEwen (2021, arXiv:2105.06178)."""

    name = "t2"

    @classmethod
    def default_model(cls, survey: Survey) -> str:
        """Return the name of the survey's default model."""
        return survey.default_model
