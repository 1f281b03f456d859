"""Sinusoidal positional encoding (Vaswani et al. 2017, section 3.5)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import numpy.typing as npt


def sinusoids(length: int, width: int) -> npt.NDArray[np.float32]:
    """Return the sinusoidal encoding of every position.

    Column ``2k`` is ``sin(position / 10000^(2k / width))``, and column ``2k + 1`` is the cosine of
    the same argument.

    Returns
    -------
    ndarray of float32, shape (length, width)
        The encoding.
    """
    position = np.arange(length)[:, None]
    pair = np.arange(width)[None, :] // 2
    angle = position / np.power(10000.0, 2.0 * pair / width)
    return np.where(np.arange(width) % 2 == 0, np.sin(angle), np.cos(angle)).astype(np.float32)


@keras.saving.register_keras_serializable(package="fink_t2")
class PositionalEncoding(keras.layers.Layer):
    """Add the sinusoidal encoding of the position to every step of a sequence."""

    def build(self, input_shape: tuple[int | None, int, int]) -> None:
        """Compute the encoding for the length of the sequence."""
        self.encoding = sinusoids(input_shape[1], input_shape[2])
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        """Apply the layer to a sequence of shape (batch, steps, width); the shape is kept."""
        return inputs + keras.ops.convert_to_tensor(self.encoding, dtype=inputs.dtype)
