"""The cause of an error in the JVM."""

from __future__ import annotations

from typing import Any

from py4j.protocol import Py4JJavaError


def first_cause(error: Py4JJavaError) -> Any:
    """Return the Java exception that caused the others.

    Parameters
    ----------
    error : Py4JJavaError
        Error of a call into the JVM, whose exceptions are usually wrapped several times.
    """
    cause = error.java_exception
    while cause.getCause() is not None:
        cause = cause.getCause()
    return cause
