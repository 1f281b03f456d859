"""A transformer block: attention and feed-forward layers with residual connections."""

from __future__ import annotations

from typing import Any

import keras

from fink_t2.training.networks.attention import SelfAttention


def transformer_block(
    inputs: Any, heads: int, feed_forward: int, dropout: float, name: str = "block"
) -> Any:
    """Apply one block as published (arXiv:2105.06178, figure 1).

    Each part has a residual connection that is followed by layer normalisation.

    Parameters
    ----------
    inputs : tensor, shape (batch, steps, d)
        The sequence.
    heads : int
        Number h of attention heads.
    feed_forward : int
        Width d_ff of the hidden layer of the feed-forward part, with ReLU activation.
    dropout : float
        Dropout rate after each of the two parts.
    name : str
        Prefix of the names of the layers.

    Returns
    -------
    tensor, shape (batch, steps, d)
    """
    width = inputs.shape[-1]
    attended = SelfAttention(heads, name=f"{name}_attention")(inputs)
    attended = keras.layers.Dropout(dropout)(attended)
    joined = keras.layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_1")(inputs + attended)
    hidden = keras.layers.Dense(feed_forward, activation="relu", name=f"{name}_expand")(joined)
    fed = keras.layers.Dense(width, name=f"{name}_contract")(hidden)
    fed = keras.layers.Dropout(dropout)(fed)
    return keras.layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_2")(joined + fed)
