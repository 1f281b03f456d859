"""Multi-head self-attention, written such that TFLite executes it as batched matrix products."""

from __future__ import annotations

import math
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="fink_t2")
class SelfAttention(keras.layers.Layer):
    """Multi-head self-attention (Vaswani et al. 2017, section 3.2).

    It computes the same function, with the same number of parameters, as the Keras layer
    ``MultiHeadAttention`` with ``key_dim = width / heads``. That layer contracts over the heads
    by einsum, which TFLite converts to reshapes and transposes of five-dimensional tensors.
    XNNPACK does not support these; here every tensor has at most four dimensions.

    Parameters
    ----------
    heads : int
        Number of heads h, a divisor of the width.
    """

    def __init__(self, heads: int, **options: Any) -> None:
        super().__init__(**options)
        self.heads = heads

    def build(self, input_shape: tuple[int | None, int, int]) -> None:
        """Create the four projections.

        Raises
        ------
        ValueError
            If the number of heads does not divide the width.
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
        """Reshape (batch, steps, width) to (batch, heads, steps, width / heads)."""
        if self.heads == 1:
            return tensor
        steps, width = tensor.shape[1], tensor.shape[2]
        parts = keras.ops.reshape(tensor, (-1, steps, self.heads, width // self.heads))
        return keras.ops.transpose(parts, (0, 2, 1, 3))

    def call(self, inputs: Any) -> Any:
        """Apply the layer to a sequence of shape (batch, steps, width); the shape is kept."""
        steps, width = inputs.shape[1], inputs.shape[2]
        # Scaling the queries takes steps * width products; the scores, steps^2 * heads.
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
        """Return the arguments with which a saved model recreates this layer."""
        return {**super().get_config(), "heads": self.heads}
