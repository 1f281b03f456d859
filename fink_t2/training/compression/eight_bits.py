"""Weights in 8 bits with one scale for each array, so that equal weights remain equal."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

#: Smallest number of elements of an array that is quantized; smaller ones would not save space.
FEWEST_ELEMENTS = 64


def to_eight_bits(values: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.int8], np.float32]:
    """Quantize an array.

    Parameters
    ----------
    values : ndarray
        An array of any shape.

    Returns
    -------
    integers : ndarray of int8
        Integers in [-127, 127].
    scale : float32
        Factor by which the integers are multiplied to obtain the values.
    """
    scale = np.float32(max(float(np.abs(values).max()), 1e-12) / 127.0)
    return np.clip(np.rint(values / scale), -127, 127).astype(np.int8), scale


def round_weights(network: keras.Model) -> None:
    """Round the weights of a network in place to the values that 8 bits represent.

    Centroids and calibration that are fitted afterwards compensate for the rounding in part, and
    the exported network agrees with the Keras network.
    """
    for variable in network.trainable_variables:
        values = np.asarray(variable)
        if values.size >= FEWEST_ELEMENTS:
            integers, scale = to_eight_bits(values)
            variable.assign(integers.astype(np.float32) * scale)
