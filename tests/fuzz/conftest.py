"""The model that hostile histories are classified with."""

from __future__ import annotations

import pytest

from fink_t2.classifier import find_model
from fink_t2.science.model_store import ModelReference


@pytest.fixture(scope="session")
def ztf_model() -> ModelReference:
    """The model in service for ZTF."""
    return find_model("t2-ztf")
