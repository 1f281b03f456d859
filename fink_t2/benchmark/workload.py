"""The alerts that are timed: packets of a folder, and their columns as Spark hands them over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from fink_t2.alerts import decode_alert
from fink_t2.errors import AlertError
from fink_t2.surveys import ZTF
from fink_t2.surveys.fields import AlertField, Meaning
from fink_t2.surveys.reading import measurements
from fink_t2.surveys.values import first_value, negative_signs

#: Types in which Arrow brings the fields of a measurement to Python.
ARROW_TYPES: Final = {"int": np.int32, "long": np.int64, "float": np.float32, "double": np.float64}


@dataclass(frozen=True)
class Packet:
    """One alert as it is sent by Kafka.

    Attributes
    ----------
    path : Path
        The file that it was read from.
    content : bytes
        The whole Avro container, including the cutouts.
    """

    path: Path
    content: bytes


def read_packets(folder: Path) -> list[Packet]:
    """Read every ZTF packet below a folder, in the order of their names.

    Parameters
    ----------
    folder : Path
        Folder with ``.avro`` files of one alert each, at any depth.

    Raises
    ------
    AlertError
        If there are none.
    """
    packets = [
        Packet(path, content)
        for path in sorted(folder.rglob("*.avro"))
        if b'"prv_candidates"' in (content := path.read_bytes())
    ]
    if not packets:
        raise AlertError(
            f"{folder}: there are no ZTF alert packets (*.avro) in this folder or below; name "
            "another folder with --alerts"
        )
    return packets


def decode(packet: Packet) -> dict[str, Any]:
    """Decode the fields that classification needs, in Python.

    Raises
    ------
    AlertError
        If the packet is damaged; the message names its file.
    """
    try:
        return decode_alert(packet.content, ZTF)
    except AlertError as error:
        raise AlertError(f"{packet.path}: {error}") from None


def alert_columns(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the columns of alerts as the stream's JVM hands them over.

    Parameters
    ----------
    records : list of dict
        N decoded packets.

    Returns
    -------
    DataFrame
        N rows; the columns of `fink_t2.stream.columns.light_curve_columns`, arrays in the types
        that Arrow brings to a pandas UDF. The alerts are in no catalogue, so that the cuts on
        catalogues are timed but reject nothing.
    """
    sources = ZTF.sources(False)
    fields = ZTF.columns(False)
    rows = []
    for record in records:
        points = measurements(record, sources)
        arrays = [
            _arrow_array([first_value(point, field.all_names) for point in points], field)
            for field in fields.values()
        ]
        rows.append([*arrays, 0, "Unknown", first_value(record, ("candidate.jdstarthist",))])
    return pd.DataFrame(rows, columns=[*fields, "roid", "cdsxmatch", "jdstarthist"])


def _arrow_array(values: list[Any], field: AlertField) -> npt.NDArray[Any]:
    if field.meaning is Meaning.NEGATIVE_SIGN:  # the JVM converts the text; True is positive
        return ~negative_signs(np.array(values, dtype=object))
    return np.array(values, dtype=ARROW_TYPES[field.type])


def shuffled(n_rows: int, seed: int) -> npt.NDArray[np.int64]:
    """Return a random order of rows, so that every block is representative of the folder."""
    return np.random.default_rng(seed).permutation(n_rows)
