"""Multi-head self-attention, laid out so that TFLite runs it as plain batched products."""

from __future__ import annotations

import math
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="fink_t2")
class SelfAttention(keras.layers.Layer):
    """Multi-head self-attention (Vaswani et al. 2017, section 3.2).

    The same function of the same number of parameters as Keras's own
    ``MultiHeadAttention`` with ``key_dim = width / heads``. Keras contracts over heads with
    einsums, which TFLite keeps as reshapes and transposes of five dimensions that XNNPACK
    does not take; here every tensor has at most four.

    Parameters
    ----------
    heads : int
        Number of heads h; divides the width.
    """

    def __init__(self, heads: int, **options: Any) -> None:
        super().__init__(**options)
        self.heads = heads

    def build(self, input_shape: tuple[int | None, int, int]) -> None:
        """Create the four projections.

        Raises
        ------
        ValueError
            If the heads do not divide the width.
        """
        width = input_shape[-1]
        if width % self.heads:
            raise ValueError(f"{self.heads} heads do not divide a width of {width}")
        for name in ("query", "key", "value", "output"):
            projection = keras.layers.Dense(width, name=name)
            projection.build(input_shape)
            setattr(self, f"{name}_projection", projection)
        super().build(input_shape)

    def _split(self, tensor: Any) -> Any:
        """(batch, steps, width) -> (batch, heads, steps, width / heads)."""
        if self.heads == 1:
            return tensor
        steps, width = tensor.shape[1], tensor.shape[2]
        parts = keras.ops.reshape(tensor, (-1, steps, self.heads, width // self.heads))
        return keras.ops.transpose(parts, (0, 2, 1, 3))

    def call(self, inputs: Any) -> Any:
        """Attend: (batch, steps, width) -> the same."""
        steps, width = inputs.shape[1], inputs.shape[2]
        # Scaling the queries costs steps x width products, scaling the scores steps^2 x heads.
        query = self._split(self.query_projection(inputs)) * (1.0 / math.sqrt(width // self.heads))
        key = self._split(self.key_projection(inputs))
        value = self._split(self.value_projection(inputs))
        axes = (0, 2, 1) if self.heads == 1 else (0, 1, 3, 2)
        scores = keras.ops.matmul(query, keras.ops.transpose(key, axes))
        mixed = keras.ops.matmul(keras.ops.softmax(scores, axis=-1), value)
        if self.heads > 1:
            mixed = keras.ops.reshape(keras.ops.transpose(mixed, (0, 2, 1, 3)), (-1, steps, width))
        return self.output_projection(mixed)

    def get_config(self) -> dict[str, Any]:
        """Return what a saved model needs to make this layer again."""
        return {**super().get_config(), "heads": self.heads}
