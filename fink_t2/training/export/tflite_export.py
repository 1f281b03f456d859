"""Export a Keras network to TFLite, in a form that LiteRT's XNNPACK delegate runs whole."""

from __future__ import annotations

import os
import tempfile
from typing import Any

import keras
import numpy as np

#: How weights are stored: as trained, in half precision, or as 8-bit integers with one
#: scale per output channel ("dynamic range": activations stay float32).
WEIGHTS = ("float32", "float16", "int8")


def export_tflite(model: keras.Model, batch_size: int = 1, weights: str = "float32") -> bytes:
    """Convert a network with one fixed batch size.

    Shapes are all known at conversion, which lets the delegate take the graph in one piece.

    Parameters
    ----------
    model : keras.Model
        Inputs "light_curve" and, optionally, "features"; see `fink_t2.science.inference`.
    batch_size : int
        Light curves per call of the interpreter.
    weights : str
        One of `WEIGHTS`.

    Returns
    -------
    bytes
        The flatbuffer.

    Raises
    ------
    ValueError
        If `weights` is not known.
    """
    import tensorflow as tf

    if weights not in WEIGHTS:
        raise ValueError(f"weights are one of {', '.join(WEIGHTS)}, not {weights!r}")
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
        The network; its weights may have been trained with any Keras backend.
    folder : path
        Where to write.
    batch_size : int or None
        The fixed batch size; None leaves it free.
    """
    import tensorflow as tf

    specifications = {
        tensor.name: tf.TensorSpec((batch_size, *tensor.shape[1:]), tf.float32, name=tensor.name)
        for tensor in model.inputs
    }

    # Weights as constants of the graph: as variables, the converter would keep them apart as
    # resources, which LiteRT reads from outside the flatbuffer and XNNPACK can't pack.
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
