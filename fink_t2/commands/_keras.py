"""Import Keras and its backend without the lines that TensorFlow writes while it is loaded."""

from __future__ import annotations

from typing import Final

from fink_t2.stderr_filter import without_lines

#: Lines that TensorFlow's C++ code writes before it has read its own logging settings: that
#: oneDNN is used, that there is no GPU, or that another library has registered the GPU's before.
ANNOUNCEMENTS: Final = (
    r"WARNING: All log messages before absl::InitializeLog\(\)"
    r"|I0000 "
    r"|[EW]0000 .*(Unable to register cu|computation placer already registered)"
)


def import_keras() -> None:
    """Import Keras; commands that train call this before they import anything that needs it.

    Raises
    ------
    ModuleNotFoundError
        If Keras or its backend is not installed.
    """
    with without_lines(ANNOUNCEMENTS):
        import keras  # noqa: F401
