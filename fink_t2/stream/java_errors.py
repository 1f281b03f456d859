"""What went wrong in the JVM."""

from __future__ import annotations

from typing import Any

from py4j.protocol import Py4JJavaError


def first_cause(error: Py4JJavaError) -> Any:
    """Return the Java exception with which it began; Java wraps its own many times over."""
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return cause
