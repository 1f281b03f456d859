"""Export of Keras networks to TFLite, such that the XNNPACK delegate executes the whole graph."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import keras
import numpy as np

#: Storage of the weights: as trained, in half precision, or as 8-bit integers with one scale for
#: each output channel ("dynamic range" quantization, in which activations remain float32).
WEIGHTS = ("float32", "float16", "int8")


def export_tflite(model: keras.Model, batch_size: int = 1, weights: str = "float32") -> bytes:
    """Convert a network with a fixed batch size.

    All shapes are known at the conversion, so that the delegate executes the graph as a whole.

    Parameters
    ----------
    model : keras.Model
        Network with the inputs "light_curve" and, optionally, "features", as
        `fink_t2.science.inference` expects them.
    batch_size : int
        Number of light curves that the exported network classifies at a time.
    weights : str
        Storage of the weights, one of `WEIGHTS`.

    Returns
    -------
    bytes
        The content of the TFLite file.

    Raises
    ------
    ValueError
        If `weights` is not known.
    """
    import tensorflow as tf

    if weights not in WEIGHTS:
        raise ValueError(f"weights must be one of {', '.join(WEIGHTS)}, not {weights!r}")
    with tempfile.TemporaryDirectory() as folder:
        save_for_conversion(model, folder, batch_size)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if weights != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def save_for_conversion(
    model: keras.Model, folder: str | os.PathLike[str], batch_size: int | None
) -> None:
    """Write a network as a TensorFlow SavedModel with named inputs and output.

    Parameters
    ----------
    model : keras.Model
        The network, trained with any Keras backend.
    folder : path
        Folder to write.
    batch_size : int or None
        Fixed batch size, or None for a variable one.
    """
    import tensorflow as tf

    specifications = {
        tensor.name: tf.TensorSpec((batch_size, *tensor.shape[1:]), tf.float32, name=tensor.name)
        for tensor in model.inputs
    }

    # The weights become constants of the graph. The converter would store variables as
    # resources outside the graph, which XNNPACK can't pack.
    trainable = [np.asarray(variable) for variable in model.trainable_variables]
    fixed = [np.asarray(variable) for variable in model.non_trainable_variables]

    @tf.function(autograph=False)
    def classify(**inputs: Any) -> dict[str, Any]:
        ordered = [inputs[tensor.name] for tensor in model.inputs]
        constants = [tf.constant(value) for value in trainable]
        fixed_constants = [tf.constant(value) for value in fixed]
        outputs, _ = model.stateless_call(constants, fixed_constants, ordered, training=False)
        return {"probabilities": outputs}

    module = tf.Module()
    module.classify = classify
    signature = classify.get_concrete_function(**specifications)
    tf.saved_model.save(module, os.fspath(folder), signatures={"serving_default": signature})
