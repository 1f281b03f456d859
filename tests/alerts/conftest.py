"""Rubin's own schemas, where they can be had."""

from __future__ import annotations

import os

import pytest

from fink_t2.alerts import SchemaSource, schema_source
from fink_t2.errors import ConfigError


@pytest.fixture(scope="session")
def rubin_schemas() -> SchemaSource:
    """The schemas of the package lsst-alert-packet, or of the folder $FINK_T2_LSST_SCHEMAS."""
    setting = os.environ.get("FINK_T2_LSST_SCHEMAS", "package:lsst-alert-packet")
    try:
        source = schema_source(setting)
    except ConfigError as error:
        pytest.skip(f"no schemas of Rubin's alerts: {error}")
    assert source is not None
    return source
