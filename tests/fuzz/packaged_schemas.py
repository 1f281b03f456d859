"""Rubin's own schemas, where the package that has them is installed."""

from __future__ import annotations

from fink_t2.alerts import SchemaSource, schema_source
from fink_t2.errors import ConfigError


def lsst_schemas() -> SchemaSource | None:
    """Return the schemas of the package lsst-alert-packet, or None."""
    try:
        return schema_source("package:lsst-alert-packet")
    except ConfigError:
        return None
