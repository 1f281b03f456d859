"""Eight bits per weight: one scale per array, so that equal weights stay equal."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt

#: Arrays of fewer elements stay float32: they would not repay their bookkeeping.
FEWEST_ELEMENTS = 64


def to_eight_bits(values: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.int8], np.float32]:
    """Return integers in [-127, 127] and the scale that turns them back.

    Parameters
    ----------
    values : ndarray
        Any shape.
    """
    scale = np.float32(max(float(np.abs(values).max()), 1e-12) / 127.0)
    return np.clip(np.rint(values / scale), -127, 127).astype(np.int8), scale


def round_weights(network: keras.Model) -> None:
    """Round a network's weights, in place, to what eight bits leave of them.

    What is fitted after it (shared values, calibration) makes up for the rounding, and the
    exported network then computes what its Keras parent does.
    """
    for variable in network.trainable_variables:
        values = np.asarray(variable)
        if values.size >= FEWEST_ELEMENTS:
            integers, scale = to_eight_bits(values)
            variable.assign(integers.astype(np.float32) * scale)
