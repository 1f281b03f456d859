"""Inference by a memory-mapped TFLite network on a batch of preprocessed light curves."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fink_t2.errors import ModelError
from fink_t2.science.classes import CLASSES
from fink_t2.stderr_filter import without_lines

#: What LiteRT writes to standard error of every process; no setting of its Python package stops it.
ANNOUNCEMENT = "INFO: Created TensorFlow Lite XNNPACK delegate"


class TfliteNetwork:
    """A t2 or atx network in LiteRT, single-threaded.

    LiteRT memory-maps the file, so that the workers of one machine share its pages. A network
    that was exported with a fixed batch size is given that many light curves at a time, and the
    last batch is padded. A network with a free batch dimension is given one light curve at a
    time, which is fastest.

    Parameters
    ----------
    path : path
        The ``.tflite`` file.

    Attributes
    ----------
    light_curve_shape : tuple of int
        Shape (L, M) of one light curve.
    n_features : int
        Number of auxiliary features that the network takes; may be 0.
    batch_size : int
        Number of light curves in one call of the interpreter.

    Raises
    ------
    ModelError
        If the file is missing, damaged or no classifier of light curves into 14 classes.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        from ai_edge_litert.interpreter import Interpreter

        if not Path(path).is_file():
            raise ModelError(f"{path}: no such model file")
        try:
            with without_lines(ANNOUNCEMENT):
                self._interpreter = Interpreter(model_path=os.fspath(path), num_threads=1)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path}: not a TFLite model that LiteRT can run ({error})") from None
        inputs = self._interpreter.get_input_details()
        outputs = self._interpreter.get_output_details()
        curves = [detail for detail in inputs if len(detail["shape"]) == 3]
        features = [detail for detail in inputs if len(detail["shape"]) == 2]
        shapes = [tuple(int(n) for n in detail["shape"]) for detail in inputs]
        fits = (
            len(curves) == 1
            and len(features) == len(inputs) - 1 <= 1
            and len(outputs) == 1
            and int(outputs[0]["shape"][-1]) == len(CLASSES)
            and all(detail["dtype"] is np.float32 for detail in inputs + outputs)
        )
        if not fits:
            raise ModelError(
                f"{path}: inputs {shapes} and {len(outputs)} output(s) are not those of a "
                f"classifier of light curves into {len(CLASSES)} classes"
            )
        self._curve_index = curves[0]["index"]
        self._feature_index = features[0]["index"] if features else None
        self._output_index = outputs[0]["index"]
        self.batch_size = int(curves[0]["shape"][0])
        self.light_curve_shape = tuple(int(n) for n in curves[0]["shape"][1:])
        self.n_features = int(features[0]["shape"][1]) if features else 0

    def predict(
        self, grid: npt.NDArray[np.float32], features: npt.NDArray[np.float32] | None = None
    ) -> npt.NDArray[np.float32]:
        """Classify preprocessed light curves.

        Parameters
        ----------
        grid : ndarray of float32, shape (N, L, M)
            Interpolated light curves, scaled.
        features : ndarray of float32, shape (N, R), optional
            The auxiliary features that this network takes, in its order.

        Returns
        -------
        ndarray of float32, shape (N, 14)
            Probabilities in the order of `fink_t2.science.classes.CLASSES`.

        Raises
        ------
        ModelError
            If the shapes do not fit the network.
        """
        if grid.shape[1:] != self.light_curve_shape:
            raise ModelError(
                f"the network takes light curves of shape {self.light_curve_shape}, "
                f"not {grid.shape[1:]}"
            )
        n_given = 0 if features is None else features.shape[1]
        if n_given != self.n_features:
            raise ModelError(f"the network takes {self.n_features} features, not {n_given}")
        n_curves, batch = len(grid), self.batch_size
        probabilities = np.empty((n_curves, len(CLASSES)), dtype=np.float32)
        interpreter = self._interpreter
        for begin in range(0, n_curves, batch):
            end = min(begin + batch, n_curves)
            interpreter.set_tensor(self._curve_index, _padded(grid[begin:end], batch))
            if features is not None:
                interpreter.set_tensor(self._feature_index, _padded(features[begin:end], batch))
            interpreter.invoke()
            output = interpreter.get_tensor(self._output_index)
            probabilities[begin:end] = output[: end - begin]
        return probabilities


def _padded(values: npt.NDArray[np.float32], batch: int) -> npt.NDArray[np.float32]:
    """Return a batch of the full size, filled up with zeros."""
    if len(values) == batch:
        return np.ascontiguousarray(values, dtype=np.float32)
    padded = np.zeros((batch, *values.shape[1:]), dtype=np.float32)
    padded[: len(values)] = values
    return padded
