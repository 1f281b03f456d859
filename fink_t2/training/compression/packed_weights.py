"""Store a network's weights, clustered ones as short indices into their shared values."""

from __future__ import annotations

import io
import zlib

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.errors import ModelError

#: Arrays with more distinct values than this are stored as they are.
MOST_SHARED_VALUES = 16


def pack_weights(network: keras.Model) -> bytes:
    """Store all weights: codebooks and 4-bit indices where an array has at most 16 values.

    The whole is DEFLATE-compressed, which is the Huffman coding of the indices in the
    published pipeline (Han et al. 2016, section 4).

    Parameters
    ----------
    network : keras.Model
        The network.

    Returns
    -------
    bytes
        For `unpack_weights`, and a network of the same architecture; exact.
    """
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for number, weights in enumerate(network.get_weights()):
        values, indices = np.unique(weights, return_inverse=True)
        if weights.dtype == np.float32 and len(values) <= MOST_SHARED_VALUES < weights.size:
            arrays[f"{number}_values"] = values
            arrays[f"{number}_indices"] = _pack_nibbles(indices.ravel().astype(np.uint8))
            arrays[f"{number}_shape"] = np.array(weights.shape)
        else:
            arrays[f"{number}_plain"] = weights
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]
    return zlib.compress(stream.getvalue(), 9)


def unpack_weights(data: bytes, network: keras.Model) -> None:
    """Put stored weights into a network.

    Parameters
    ----------
    data : bytes
        What `pack_weights` returned.
    network : keras.Model
        A network of the same architecture; changed in place.

    Raises
    ------
    ModelError
        If the data is damaged or of another architecture.
    """
    try:
        arrays = np.load(io.BytesIO(zlib.decompress(data)))
    except (zlib.error, ValueError, OSError) as error:
        raise ModelError(f"the packed weights can't be read ({error})") from None
    weights = []
    for number, present in enumerate(network.get_weights()):
        if f"{number}_plain" in arrays:
            found = arrays[f"{number}_plain"]
        elif f"{number}_values" in arrays:
            shape = tuple(arrays[f"{number}_shape"])
            indices = _unpack_nibbles(arrays[f"{number}_indices"])[: int(np.prod(shape))]
            found = arrays[f"{number}_values"][indices].reshape(shape)
        else:
            raise ModelError(f"the packed weights lack array {number}: another architecture")
        if found.shape != present.shape:
            raise ModelError(
                f"array {number} of the packed weights has shape {found.shape}, the network's "
                f"{present.shape}: another architecture"
            )
        weights.append(found)
    network.set_weights(weights)


def _pack_nibbles(indices: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Put two indices below 16 into each byte."""
    padded = np.append(indices, np.uint8(0)) if len(indices) % 2 else indices
    return (padded[0::2] | (padded[1::2] << 4)).astype(np.uint8)


def _unpack_nibbles(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.stack([packed & 15, packed >> 4], axis=1).ravel()
