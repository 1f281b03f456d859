"""Keep known announcements of libraries off standard error, and let everything else through.

Some C++ libraries write to the file descriptor itself and offer no setting that stops them.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

STANDARD_ERROR = 2
#: Two threads that redirected the descriptor at once could leave it redirected for good.
_REDIRECTION = threading.RLock()


@contextmanager
def without_lines(pattern: str) -> Iterator[None]:
    """Hold back what is written to standard error, then write it without the matching lines.

    Meant for a short step such as an import: nothing appears before the step has ended.

    Parameters
    ----------
    pattern : str
        Regular expression; lines that it matches from their beginning are dropped.
    """
    with _REDIRECTION, ExitStack() as stack:
        try:
            held_back = stack.enter_context(tempfile.TemporaryFile())
            original = os.dup(STANDARD_ERROR)
        except OSError:  # no folder for temporary files, or standard error is closed
            yield
            return
        os.dup2(held_back.fileno(), STANDARD_ERROR)
        try:
            yield
        finally:
            os.dup2(original, STANDARD_ERROR)
            os.close(original)
            held_back.seek(0)
            dropped = re.compile(pattern.encode())
            kept = b"".join(line for line in held_back if not dropped.match(line))
            if kept:
                os.write(STANDARD_ERROR, kept)
