"""The published table of compression (arXiv:2303.08951, Table 5.1) for another model."""

from __future__ import annotations

import gc
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.training.compression.compress import CompressionSettings, cluster, copy_network, prune
from fink_t2.training.compression.deflate import (
    deflate,
    deflate_folder,
    folder_size,
    inflate,
    inflate_folder,
)
from fink_t2.training.compression.quantization import quantize
from fink_t2.training.evaluation.log_loss import flat_weighted_log_loss
from fink_t2.training.evaluation.markdown import markdown_table
from fink_t2.training.examples.examples import Examples
from fink_t2.training.optimisation.fit import FitSettings

Probabilities = npt.NDArray[np.floating]
Predict = Callable[[Sequence[npt.NDArray[np.float32]]], Probabilities]

#: Numbers of repetitions, of which the median is taken.
LOADS = 3
INFERENCES = 50


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes
    ----------
    method : str
        Published name of the method; "+" marks TFLite files.
    kilobytes : float
        Size on disk in units of 1000 bytes.
    load_ms : float
        Time in milliseconds to load the network from the file, decompression included, with the
        libraries imported already.
    inference_ms : float
        Time in milliseconds to classify one light curve.
    log_loss : float
        Flat-weighted log-loss on the test examples.
    is_flatbuffer : bool
        Whether the file is a TFLite file.
    """

    method: str
    kilobytes: float
    load_ms: float
    inference_ms: float
    log_loss: float
    is_flatbuffer: bool = False


@dataclass(frozen=True)
class CompressionTable:
    """The table of compression.

    Attributes
    ----------
    rows : tuple of Row
        The eight published rows, and one for the smallest TFLite file compressed by DEFLATE.
    parent_loss : float
        Log-loss of the Keras network from which the smallest TFLite file was made.
    keras_export_kilobytes : float
        Size of the export of Keras 3 for serving, without optimiser and training functions.
    """

    rows: tuple[Row, ...]
    parent_loss: float
    keras_export_kilobytes: float

    @property
    def smallest(self) -> Row:
        """The clustered and quantized TFLite file."""
        return next(row for row in self.rows if row.method == "+ clustering + quantization")

    @property
    def ratio(self) -> float:
        """Size of the SavedModel of the baseline divided by that of the smallest TFLite file."""
        return self.rows[0].kilobytes / self.smallest.kilobytes

    def numbers(self) -> dict[str, Any]:
        """Return all numbers in types that JSON has."""
        return {
            "rows": [asdict(row) for row in self.rows],
            "parent_log_loss": self.parent_loss,
            "quantization_costs": self.smallest.log_loss - self.parent_loss,
            "times_smaller_than_saved_model": self.ratio,
            "keras_serving_export_kilobytes": self.keras_export_kilobytes,
        }

    def markdown(self) -> str:
        """Return the table in Markdown, with a comparison with the targets."""
        rows = [
            [
                row.method,
                f"{row.kilobytes:.1f}",
                f"{row.load_ms:.2f}",
                f"{row.inference_ms:.3f}",
                f"{row.log_loss:.4f}",
            ]
            for row in self.rows
        ]
        header = ["method", "size kB", "load ms", "inference ms", "log-loss"]
        difference = self.smallest.log_loss - self.parent_loss
        return "\n".join(
            [
                markdown_table(header, rows),
                "",
                f"The clustered and quantized file has {self.smallest.kilobytes:.1f} kB (target: "
                f"less than 60). The SavedModel is {self.ratio:.1f} times as large (target: at "
                f"least 18). The log-loss differs by {difference:+.4f} from that of the Keras "
                "network (target: at most 0.01).",
                "As in the publication, the SavedModel contains the variables, the state of the "
                "optimiser, and the functions for training and serving. The export of Keras 3, "
                f"for serving only, has {self.keras_export_kilobytes:.1f} kB, which is "
                f"{self.keras_export_kilobytes / self.smallest.kilobytes:.1f} times the size of "
                "the TFLite file.",
            ]
        )


def compression_table(
    network: keras.Model,
    train: Examples,
    test: Examples,
    feature_columns: Sequence[int],
    settings: CompressionSettings,
    fine_tuning: FitSettings,
    validation: Examples | None = None,
    say: Callable[[str], None] = print,
) -> CompressionTable:
    """Compress a network by every published method, and measure the results.

    Parameters
    ----------
    network : keras.Model
        The trained network; it is not changed.
    train : Examples
        Examples for fine-tuning.
    test : Examples
        Examples on which the losses are measured.
    feature_columns : sequence of int
        Columns of the features that the network uses.
    settings : CompressionSettings
        Layers, number of centroids, sparsity.
    fine_tuning : FitSettings
        Settings of the fine-tuning.
    validation : Examples, optional
        Examples on which the best epoch of the fine-tuning is chosen.
    say : callable
        Called with each message on the progress.

    Returns
    -------
    CompressionTable
    """
    columns = tuple(feature_columns)
    say("clustering")
    clustered = cluster(network, settings, train, columns, fine_tuning, validation)
    say("pruning")
    pruned = prune(network, settings, train, columns, fine_tuning, validation)
    say("clustering the pruned network")
    both = cluster(pruned, settings, train, columns, fine_tuning, validation, keep_zeros=True)
    measure = _Measurement(test, columns)
    rows, losses = [], {}
    networks = {"baseline": network, "clustering": clustered, "clustering + pruning": both}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        saved: dict[str, Row] = {}
        packed: dict[str, Row] = {}
        for method, model in networks.items():
            say(f"measuring {method}")
            losses[method] = measure.loss_of_network(model)
            saved_model = folder / method.replace(" ", "_")
            _save(model, saved_model, measure.one)
            size = folder_size(saved_model)
            load, predict = measure.load(lambda path=saved_model: _load_saved(path))  # type: ignore[misc]
            latency = measure.latency(predict)
            saved[method] = Row(method, size / 1000, load, latency, losses[method])
            data = deflate_folder(saved_model)
            load, predict = measure.load(
                lambda data=data: _load_packed(data, folder)  # type: ignore[misc]
            )
            packed[method] = Row(
                f"{method} + Huffman (DEFLATE)",
                len(data) / 1000,
                load,
                measure.latency(predict),
                losses[method],
            )
        keras_export = folder / "export"
        network.export(keras_export, verbose=False)
        export_size = folder_size(keras_export) / 1000
        rows = [
            saved["baseline"],
            packed["baseline"],
            saved["clustering"],
            saved["clustering + pruning"],
            packed["clustering"],
            packed["clustering + pruning"],
        ]
        say("measuring TFLite files")
        small = quantize(clustered, "shared")
        flat = {"+ clustering": quantize(clustered, "none"), "+ clustering + quantization": small}
        for method, content in flat.items():
            path = folder / "model.tflite"
            path.write_bytes(content)
            rows.append(measure.flatbuffer(method, path, len(content)))
        data = deflate(small)
        path = folder / "packed"
        path.write_bytes(data)
        rows.append(
            measure.flatbuffer("+ clustering + quantization + DEFLATE", path, len(data), True)
        )
    return CompressionTable(tuple(rows), losses["clustering"], export_size)


class _Measurement:
    """Measurement of time and log-loss of networks on the same light curves."""

    def __init__(self, test: Examples, columns: tuple[int, ...]) -> None:
        known = test.select(test.labels() >= 0)
        self.labels = known.labels()
        self.inputs = known.inputs(columns)
        self.one = [part[:1] for part in self.inputs]

    def loss_of_network(self, network: keras.Model) -> float:
        probabilities = network.predict(self.inputs, batch_size=1024, verbose=0)
        return flat_weighted_log_loss(self.labels, probabilities)

    def load(self, load: Callable[[], Predict]) -> tuple[float, Predict]:
        """Return the median loading time in milliseconds, and the loaded network."""
        times = []
        for _ in range(LOADS):
            gc.collect()
            begin = time.perf_counter()
            predict = load()
            times.append(time.perf_counter() - begin)
        return 1000 * float(np.median(times)), predict

    def latency(self, predict: Predict) -> float:
        """Return the median time in milliseconds for one light curve, after a warm-up."""
        predict(self.one)
        times = []
        for _ in range(INFERENCES):
            begin = time.perf_counter()
            predict(self.one)
            times.append(time.perf_counter() - begin)
        return 1000 * float(np.median(times))

    def flatbuffer(self, method: str, path: Path, size: int, is_packed: bool = False) -> Row:
        load, predict = self.load(lambda: _load_flatbuffer(path, is_packed))
        rows = [predict([part[i : i + 1] for part in self.inputs]) for i in range(len(self.labels))]
        loss = flat_weighted_log_loss(self.labels, np.concatenate(rows))
        return Row(method, size / 1000, load, self.latency(predict), loss, is_flatbuffer=True)


def _save(network: keras.Model, folder: Path, one: list[npt.NDArray[np.float32]]) -> None:
    """Write a SavedModel with optimiser and training functions, as after training."""
    import tensorflow as tf

    copied = copy_network(network)
    # A step with a learning rate of zero creates the state of the optimiser and changes no weight.
    copied.compile(keras.optimizers.Adam(learning_rate=0.0), "categorical_crossentropy")
    target = np.zeros((1, copied.output_shape[-1]), np.float32)
    target[0, 0] = 1.0
    copied.train_on_batch(one, target)
    tf.saved_model.save(copied, str(folder))


def _load_saved(folder: Path) -> Predict:
    import tensorflow as tf

    # The signature has only weak references to the variables, so the loaded object is kept as well.
    loaded = tf.saved_model.load(str(folder))
    serve = loaded.signatures["serving_default"]
    specifications = serve.structured_input_signature[1]
    of_rank = {len(spec.shape): name for name, spec in specifications.items()}

    def predict(inputs: Sequence[npt.NDArray[np.float32]], kept: Any = loaded) -> Probabilities:
        tensors = {of_rank[part.ndim]: tf.constant(part) for part in inputs}
        return np.asarray(next(iter(serve(**tensors).values())))

    return predict


def _load_packed(data: bytes, folder: Path) -> Predict:
    unpacked = folder / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    inflate_folder(data, unpacked)
    return _load_saved(unpacked)


def _load_flatbuffer(path: Path, is_packed: bool) -> Predict:
    from ai_edge_litert.interpreter import Interpreter

    if is_packed:
        interpreter = Interpreter(model_content=inflate(path.read_bytes()), num_threads=1)
    else:
        interpreter = Interpreter(model_path=str(path), num_threads=1)
    interpreter.allocate_tensors()
    of_rank = {len(d["shape"]): d["index"] for d in interpreter.get_input_details()}
    output = interpreter.get_output_details()[0]["index"]

    def predict(inputs: Sequence[npt.NDArray[np.float32]]) -> Probabilities:
        for part in inputs:
            interpreter.set_tensor(of_rank[part.ndim], part)
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(output))

    return predict
