"""The alerts that are timed: packets of a folder, and their fields as Spark hands them over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.alerts import decode_alert
from fink_t2.errors import AlertError
from fink_t2.surveys.alert_fields import ztf_points

#: Columns of `alert_fields`, together in the order of `fink_t2.processor.classify_ztf_alerts`.
ARRAY_COLUMNS: Final = ("jd", "fid", "magpsf", "sigmapsf", "isdiffpos")
CATALOGUE_COLUMNS: Final = ("roid", "cdsxmatch", "jdstarthist")
ARRAY_TYPES: Final = (np.float64, np.int32, np.float32, np.float32, np.bool_)


@dataclass(frozen=True)
class Packet:
    """One alert as it travels.

    Attributes
    ----------
    path : Path
        The file it was read from.
    content : bytes
        The whole Avro container, cutouts included.
    """

    path: Path
    content: bytes


def read_packets(folder: Path) -> list[Packet]:
    """Read every ZTF packet below a folder, in the order of their names.

    Parameters
    ----------
    folder : Path
        Holds ``.avro`` files of one alert each, at any depth.

    Raises
    ------
    AlertError
        If it holds none.
    """
    packets = [
        Packet(path, content)
        for path in sorted(folder.rglob("*.avro"))
        if b'"prv_candidates"' in (content := path.read_bytes())
    ]
    if not packets:
        raise AlertError(
            f"{folder}: no ZTF alert packets (*.avro) here or below; --alerts names another folder"
        )
    return packets


def decode(packet: Packet) -> dict[str, Any]:
    """Decode the fields that classification needs, in Python.

    Raises
    ------
    AlertError
        If the packet is damaged.
    """
    return decode_alert(packet.content, "ztf")


def alert_fields(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Concatenate history and candidate of every alert.

    Parameters
    ----------
    records : list of dict
        N decoded packets.

    Returns
    -------
    DataFrame
        N rows; `ARRAY_COLUMNS` of arrays in the types that Arrow brings to a pandas UDF,
        and ``roid``, ``cdsxmatch``, ``jdstarthist``. No catalogue knows the alerts, so
        that these columns cost what they cost and cut nothing.
    """
    rows = []
    for record in records:
        columns = zip(*ztf_points(record), strict=True)
        arrays: list[Any] = [
            np.array(column, dtype=kind) for column, kind in zip(columns, ARRAY_TYPES, strict=True)
        ]
        rows.append([*arrays, 0, "Unknown", record["candidate"]["jdstarthist"]])
    return pd.DataFrame(rows, columns=[*ARRAY_COLUMNS, *CATALOGUE_COLUMNS])


def shuffled(n_rows: int, seed: int) -> npt.NDArray[np.int64]:
    """Return a random order of rows, so that a block is a fair sample of the folder."""
    return np.random.default_rng(seed).permutation(n_rows)
