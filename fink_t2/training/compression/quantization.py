"""Post-training quantization: fewer bits per weight in the exported network."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

import keras
import numpy as np

from fink_t2.training.compression.flatbuffer import store_constants_as_int8, strip
from fink_t2.training.examples.examples import Examples
from fink_t2.training.export.tflite_export import export_tflite, save_for_conversion

#: "float16": half precision, turned into floats when the file is loaded. "dynamic": the
#: converter's 8-bit weights, one scale per output channel, activations quantized as they come.
#: "shared": 8-bit weights with one scale per array, so that clustered weights keep their few
#: distinct values, and every constant of the graph as 8 bits: the smallest file. "stored": the
#: same constants, all of them turned back into floats when the file is loaded: nothing but the
#: weights is rounded. "integer": activations as 8-bit integers too, their ranges measured on
#: examples.
METHODS = ("none", "float16", "dynamic", "shared", "stored", "integer")
#: Methods that round weights as `fink_t2.training.compression.eight_bits.round_weights` does.
EIGHT_BIT_WEIGHTS = ("shared", "stored")

#: Examples on which ranges of activations are measured.
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
        Inputs and outputs stay float32.
    method : str
        One of `METHODS`.
    batch_size : int
        Light curves per call of the interpreter.
    examples : Examples, optional
        Needed for "integer".
    feature_columns : tuple of int
        Columns of the features that the network takes.

    Returns
    -------
    bytes
        The flatbuffer.

    Raises
    ------
    ValueError
        If the method is not known, or lacks examples.
    """
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {method!r}")
    if method in EIGHT_BIT_WEIGHTS:
        return store_constants_as_int8(export_tflite(network, batch_size), method == "shared")
    if method != "integer":
        weights = {"none": "float32", "float16": "float16", "dynamic": "int8"}[method]
        content = export_tflite(network, batch_size, weights)
        # Names and notes are a seventh of the file in half precision.
        return strip(content) if method == "float16" else content
    if examples is None:
        raise ValueError("quantizing activations needs examples to measure their ranges on")
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
