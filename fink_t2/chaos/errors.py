"""Errors that end the story of a fault early."""

from __future__ import annotations

from fink_t2.errors import FinkT2Error


class ChaosError(FinkT2Error):
    """The job did not do what the story of the fault requires."""


class CannotStage(FinkT2Error):
    """The fault cannot be caused on this machine."""
