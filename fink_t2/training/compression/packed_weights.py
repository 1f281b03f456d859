"""Compact storage of the weights of a network, clustered ones as 4-bit indices."""

from __future__ import annotations

import io
import zlib

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.errors import ModelError

#: Largest number of distinct values of an array that is stored as indices.
LARGEST_CODEBOOK = 16


def pack_weights(network: keras.Model) -> bytes:
    """Return all weights as bytes, without loss.

    An array with at most 16 distinct values is stored as a codebook and 4-bit indices. The result
    is compressed by DEFLATE, which provides the Huffman coding of the indices in the published
    method (Han et al. 2016, section 4).

    Parameters
    ----------
    network : keras.Model
        The network.

    Returns
    -------
    bytes
        The argument of `unpack_weights`.
    """
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for number, weights in enumerate(network.get_weights()):
        values, indices = np.unique(weights, return_inverse=True)
        if weights.dtype == np.float32 and len(values) <= LARGEST_CODEBOOK < weights.size:
            arrays[f"{number}_values"] = values
            arrays[f"{number}_indices"] = _pack_nibbles(indices.ravel().astype(np.uint8))
            arrays[f"{number}_shape"] = np.array(weights.shape)
        else:
            arrays[f"{number}_plain"] = weights
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return zlib.compress(stream.getvalue(), 9)


def unpack_weights(data: bytes, network: keras.Model) -> None:
    """Set the weights of a network in place.

    Parameters
    ----------
    data : bytes
        Result of `pack_weights`.
    network : keras.Model
        A network of the same architecture.

    Raises
    ------
    ModelError
        If the data are damaged or of another architecture.
    """
    try:
        arrays = np.load(io.BytesIO(zlib.decompress(data)))
    except (zlib.error, ValueError, OSError) as error:
        raise ModelError(f"the packed weights can't be read ({error})") from None
    weights = []
    for number, present in enumerate(network.get_weights()):
        if f"{number}_plain" in arrays:
            stored = arrays[f"{number}_plain"]
        elif f"{number}_values" in arrays:
            shape = tuple(arrays[f"{number}_shape"])
            indices = _unpack_nibbles(arrays[f"{number}_indices"])[: int(np.prod(shape))]
            stored = arrays[f"{number}_values"][indices].reshape(shape)
        else:
            raise ModelError(f"the packed weights lack array {number}: another architecture")
        if stored.shape != present.shape:
            raise ModelError(
                f"array {number} of the packed weights has shape {stored.shape}, the network needs "
                f"{present.shape}: another architecture"
            )
        weights.append(stored)
    network.set_weights(weights)


def _pack_nibbles(indices: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Store two indices below 16 in each byte."""
    padded = np.append(indices, np.uint8(0)) if len(indices) % 2 else indices
    return (padded[0::2] | (padded[1::2] << 4)).astype(np.uint8)


def _unpack_nibbles(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.stack([packed & 15, packed >> 4], axis=1).ravel()
