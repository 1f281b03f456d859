"""Compile a function once and keep it on disk until one of its package's sources changes."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

import numba

logger = logging.getLogger(__name__)


def compile_and_keep(
    make: Callable[[int], Callable[..., Any]], signature: Any, package: str
) -> Callable[..., Any]:
    """Compile a function, or load it from numba's cache on disk.

    The cache lies beside the function's source file, or in the user's cache directory where
    that is not writable, or in ``$NUMBA_CACHE_DIR``. Where none of them can be written, the
    function is compiled in every process, and a warning is logged.

    numba compares a cached function with its own source file only, not with the files of the
    functions that it calls. The values in the closure of a function are part of the cache's
    key, however. Therefore the function is made with a digest of all sources of its package,
    which it must use: after any change of them it is compiled again.

    Parameters
    ----------
    make : callable
        Takes the digest of the sources and returns the function to be compiled, which must
        use the digest, for instance as its result.
    signature : numba signature
        Types of the function's result and arguments.
    package : str
        Name of the package whose sources the function and all that it calls lie in.

    Returns
    -------
    callable
    """
    function = make(source_digest(package))
    return njit_and_keep(function, signature, nogil=True, error_model="numpy")


def njit_and_keep(function: Callable[..., Any], *signature: Any, **options: Any) -> Any:
    """Return `numba.njit` of a function, kept on disk where a directory for it can be written.

    Parameters
    ----------
    function : callable
        The function to be compiled.
    *signature : numba signature, optional
        Types of its result and arguments; by default it is compiled at each first call.
    **options
        Further options of `numba.njit`.

    Returns
    -------
    callable
    """
    try:
        return numba.njit(*signature, cache=True, **options)(function)  # type: ignore[call-overload]
    except RuntimeError as error:
        if "no locator available" not in str(error):
            raise
        _warn_of_no_cache()
        return numba.njit(*signature, **options)(function)


@cache
def _warn_of_no_cache() -> None:
    """Say once in each process that compiled code can't be kept."""
    logger.warning(
        "there is no directory in which to keep compiled code, so it is compiled again in "
        "every process, which takes several seconds; set NUMBA_CACHE_DIR to a writable "
        "directory"
    )


def source_digest(package: str) -> int:
    """Return a digest of the Python sources of a package, as a 63-bit integer.

    Parameters
    ----------
    package : str
        Name of the package; its subpackages are not included.
    """
    digest = hashlib.sha256()
    for source in sorted(resources.files(package).iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".py"):
            digest.update(source.name.encode())
            digest.update(source.read_bytes())
    return int.from_bytes(digest.digest()[:8], "big") >> 1
