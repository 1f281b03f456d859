"""Write a table of results: checked before the work, written aside, then put into place."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from fink_t2.errors import OutputError


def check_output(path: Path) -> None:
    """Check that a table can be written, before the work that makes it.

    Raises
    ------
    OutputError
        If the format is not known or the packages that it needs are not installed, or if the
        folder does not exist or can't be written.
    """
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise OutputError(f"{path}: the name must end in {', '.join(WRITERS)}")
    if path.is_dir():
        raise OutputError(f"{path} is a folder; a file is wanted")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OutputError(f"{path} can't be written: there is no folder {folder}")
    if not os.access(folder, os.W_OK):
        raise OutputError(f"{path} can't be written: the folder {folder} is read-only")
    if suffix in ASTROPY_FORMATS:
        _astropy_table()


def join_tables(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join tables of results, one below the other.

    Parameters
    ----------
    frames : sequence of DataFrame
        The tables. A column that is text in one of them and numbers in another, as the names of
        objects in files of different origin, becomes text in all.

    Returns
    -------
    DataFrame
    """
    types: dict[str, set[bool]] = {}
    for frame in frames:
        for name, dtype in frame.dtypes.items():
            types.setdefault(str(name), set()).add(pd.api.types.is_numeric_dtype(dtype))
    mixed = [name for name, are_numbers in types.items() if len(are_numbers) > 1]
    return pd.concat(
        [
            frame.astype({name: "string" for name in mixed if name in frame.columns})
            for frame in frames
        ],
        ignore_index=True,
    )


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table; what was at the path before is replaced only by a complete one.

    Parameters
    ----------
    frame : DataFrame
        The table. Integers that may be null are of pandas' type ``Int64``.
    path : Path
        Its suffix tells the format: ``.parquet``, ``.csv``, ``.ecsv``, ``.vot`` or ``.fits``.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    temporary = None
    try:
        descriptor, temporary = tempfile.mkstemp(
            dir=path.absolute().parent, prefix=f".{path.stem}-", suffix=path.suffix.lower()
        )
        os.close(descriptor)
        WRITERS[path.suffix.lower()](frame, Path(temporary))
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise OutputError(f"{path} can't be written: {error.strerror or error}") from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    frame.to_parquet(path, index=False)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False)


def _write_by_astropy(frame: pd.DataFrame, path: Path) -> None:
    table = _astropy_table().from_pandas(frame)
    if path.suffix == ".fits":
        table.convert_unicode_to_bytestring()
    table.write(path, format=ASTROPY_FORMATS[path.suffix], overwrite=True)


def _astropy_table() -> Any:
    try:
        from astropy.table import Table
    except ModuleNotFoundError:
        raise OutputError(
            "this format is written by astropy: pip install 'fink_t2[tables]'"
        ) from None
    return Table


ASTROPY_FORMATS: Final = {".ecsv": "ascii.ecsv", ".vot": "votable", ".fits": "fits"}
WRITERS: Final[dict[str, Callable[[pd.DataFrame, Path], None]]] = {
    ".parquet": _write_parquet,
    ".csv": _write_csv,
    ".ecsv": _write_by_astropy,
    ".vot": _write_by_astropy,
    ".fits": _write_by_astropy,
}
