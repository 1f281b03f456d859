"""Names and numbers as ZTF gives them: objectId, pid, candid, night number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fink_t2.simulation.arrays import Array, Indices

#: JD of ZTF's night 0 (2017-01-01).
NIGHT_ZERO = 2457754.5

_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def processing_id(jd: Array, readout_channel: Indices) -> Indices:
    """Return ZTF's processing ids: night, hundred-thousandths of a day, channel, and 15."""
    fraction = np.floor((np.asarray(jd) - NIGHT_ZERO) * 1e5).astype(np.int64)
    return fraction * 10_000 + np.asarray(readout_channel, dtype=np.int64) * 100 + 15


def candidate_id(jd: Array, readout_channel: Indices, number: Indices) -> Indices:
    """Return ZTF's candidate ids: the processing id, 01, and a 4-digit number in the image."""
    return processing_id(jd, readout_channel) * 1_000_000 + 10_000 + np.asarray(number)


def object_names(mjd: Array, number: Indices) -> npt.NDArray[np.str_]:
    """Return names as ZTF's: "ZTF", two digits of the year, seven letters that count objects.

    Parameters
    ----------
    mjd : ndarray, shape (n,)
        Of the first detection.
    number : ndarray of int, shape (n,)
        Different for every object, below 26^7.
    """
    year = np.floor(2000 + (np.asarray(mjd) - 51544.0) / 365.25).astype(int) % 100
    number = np.asarray(number, dtype=np.int64)
    digits = [(number // 26**place) % 26 for place in range(6, -1, -1)]
    letters = np.stack([_LETTERS[digit] for digit in digits], axis=-1)
    words = letters.astype("U1").view("U7").reshape(-1) if len(number) else np.array([], "U7")
    return np.array([f"ZTF{y:02d}{w}" for y, w in zip(year, words, strict=True)], dtype="U12")
