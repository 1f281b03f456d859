"""The output folder of the demo: only what a demo has written is ever deleted."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from fink_t2.errors import FinkT2Error
from fink_t2.install.state_folder import state_folder

#: Marks a folder as that of a demo, whose outputs the next demo replaces.
MARKER: Final = ".fink_t2_demo"
#: What a demo writes into its folder.
OUTPUTS: Final = ("checkpoint", "kafka", "tables", "job.log")


def default_demo_folder() -> Path:
    """Return the folder that belongs to demos, with or without the marker."""
    return state_folder() / "demo"


def check_demo_folder(folder: Path) -> None:
    """Check that a folder can take the outputs of a demo, and change nothing.

    Parameters
    ----------
    folder : Path
        The folder; it need not exist.

    Raises
    ------
    FinkT2Error
        If it is not a folder, or holds files and is not the folder of an earlier demo.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise FinkT2Error(f"{folder} is not a folder; name another one with --out")
    is_own = (folder / MARKER).is_file() or folder == default_demo_folder()
    if any(folder.iterdir()) and not is_own:
        raise FinkT2Error(
            f"{folder} is not empty and not the folder of an earlier demo, whose outputs could be "
            "replaced; name an empty or a new folder with --out"
        )


def clear_demo_folder(folder: Path) -> None:
    """Make the folder of a demo, and delete the outputs of an earlier demo in it.

    Raises
    ------
    FinkT2Error
        As `check_demo_folder` does.
    """
    check_demo_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("The outputs in this folder are replaced by the next demo.\n")
    for name in OUTPUTS:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
