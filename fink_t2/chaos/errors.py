"""What keeps a fault's story from its good end."""

from __future__ import annotations

from fink_t2.errors import FinkT2Error


class ChaosError(FinkT2Error):
    """The job did not do what a fault's story needs."""


class CannotStage(FinkT2Error):
    """This machine does not let the fault happen."""
