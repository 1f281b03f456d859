"""Identifiers in the form of ZTF's: objectId, pid, candid and night number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fink_t2.simulation.arrays import Array, Indices

#: Julian date of the beginning of ZTF's night 0 (2017-01-01).
NIGHT_ZERO = 2457754.5

_LETTERS = np.array(list("abcdefghijklmnopqrstuvwxyz"))


def processing_id(jd: Array, readout_channel: Indices) -> Indices:
    """Return processing ids (``pid``) in the form of ZTF's.

    The digits are the night, the time in units of 1e-5 days, the readout channel, and 15.

    Parameters
    ----------
    jd : ndarray, shape (n,)
        Julian dates of the exposures.
    readout_channel : ndarray of int, shape (n,)
        Readout channels of the camera, 0 to 63.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    fraction = np.floor((np.asarray(jd) - NIGHT_ZERO) * 1e5).astype(np.int64)
    return fraction * 10_000 + np.asarray(readout_channel, dtype=np.int64) * 100 + 15


def candidate_id(jd: Array, readout_channel: Indices, number: Indices) -> Indices:
    """Return candidate ids (``candid``) in the form of ZTF's.

    The digits are those of the processing id, 01, and the number of the candidate in its image.

    Parameters
    ----------
    jd, readout_channel : ndarray, shape (n,)
        See `processing_id`.
    number : ndarray of int, shape (n,)
        Numbers of the candidates in their images, below 10,000.

    Returns
    -------
    ndarray of int64, shape (n,)
    """
    return processing_id(jd, readout_channel) * 1_000_000 + 10_000 + np.asarray(number)


def object_names(mjd: Array, number: Indices) -> npt.NDArray[np.str_]:
    """Return object names in the form of ZTF's.

    A name consists of "ZTF", two digits of the year, and seven letters that count the objects.

    Parameters
    ----------
    mjd : ndarray, shape (n,)
        MJD of the first detections.
    number : ndarray of int, shape (n,)
        Numbers of the objects, all different and below 26^7.

    Returns
    -------
    ndarray of str, shape (n,)
    """
    year = np.floor(2000 + (np.asarray(mjd) - 51544.0) / 365.25).astype(int) % 100
    number = np.asarray(number, dtype=np.int64)
    digits = [(number // 26**power) % 26 for power in range(6, -1, -1)]
    letters = np.stack([_LETTERS[digit] for digit in digits], axis=-1)
    words = letters.astype("U1").view("U7").reshape(-1) if len(number) else np.array([], "U7")
    return np.array([f"ZTF{y:02d}{w}" for y, w in zip(year, words, strict=True)], dtype="U12")
