"""Post-training quantization of weights, and optionally of activations, in TFLite files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import keras
import numpy as np

from fink_t2.training.compression.flatbuffer import store_constants_as_int8, strip
from fink_t2.training.examples.examples import Examples
from fink_t2.training.export.tflite_export import export_tflite, save_for_conversion

#: Methods of quantization:
#:
#: * "none": weights are float32.
#: * "float16": weights in half precision, which are converted to float32 when the file is loaded.
#: * "dynamic": 8-bit weights of the TFLite converter, with one scale for each output channel;
#:   activations are quantized at run time.
#: * "shared": 8-bit weights with one scale for each array, so that clustered weights keep their
#:   few distinct values; all other constants in 8 bits as well. This gives the smallest file.
#: * "stored": the same constants, all of which are converted to float32 when the file is loaded,
#:   so that only weights are rounded.
#: * "integer": 8-bit integers also for activations, whose ranges are measured on examples.
METHODS = ("none", "float16", "dynamic", "shared", "stored", "integer")
#: Methods whose weights are rounded as in `fink_t2.training.compression.eight_bits.round_weights`.
EIGHT_BIT_WEIGHTS = ("shared", "stored")

#: Number of examples on which the ranges of activations are measured.
CALIBRATION_EXAMPLES = 256


def quantize(
    network: keras.Model,
    method: str = "shared",
    batch_size: int = 1,
    examples: Examples | None = None,
    feature_columns: tuple[int, ...] = (),
) -> bytes:
    """Export a network to TFLite with quantized weights.

    Parameters
    ----------
    network : keras.Model
        The network. Its inputs and outputs remain float32.
    method : str
        One of `METHODS`.
    batch_size : int
        Number of light curves that the exported network classifies at a time.
    examples : Examples, optional
        Examples, required by "integer".
    feature_columns : tuple of int
        Columns of the features that the network uses.

    Returns
    -------
    bytes
        The content of the TFLite file.

    Raises
    ------
    ValueError
        If the method is not known, or requires examples that are not given.
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if method in EIGHT_BIT_WEIGHTS:
        return store_constants_as_int8(export_tflite(network, batch_size), method == "shared")
    if method != "integer":
        weights = {"none": "float32", "float16": "float16", "dynamic": "int8"}[method]
        content = export_tflite(network, batch_size, weights)
        # Names and metadata are a seventh of the file in half precision.
        return strip(content) if method == "float16" else content
    if examples is None:
        raise ValueError("the quantization of activations requires examples")
    import tensorflow as tf

    arrays = [part[:CALIBRATION_EXAMPLES] for part in examples.inputs(feature_columns)]
    names = [tensor.name for tensor in network.inputs]

    def representative() -> Iterator[dict[str, np.ndarray]]:
        for begin in range(0, len(arrays[0]) - batch_size + 1, batch_size):
            chosen = slice(begin, begin + batch_size)
            yield {name: part[chosen] for name, part in zip(names, arrays, strict=True)}

    with tempfile.TemporaryDirectory() as folder:
        save_for_conversion(network, folder, batch_size)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        return bytes(converter.convert())
