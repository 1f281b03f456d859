"""Compress a trained network, and measure what that saves and costs.

NETWORK is a model.keras file, or the folder of a model's version. Without --examples, the data for
fine-tuning and measuring are simulated. With --table, all eight rows of the published Table 5.1
are measured for the network in one run.

Examples:
  fink-t2 compress --table models/t2-ztf/0.1.0
  fink-t2 compress --table models/t2-ztf/0.1.0 --out report --epochs 10
  fink-t2 compress models/t2-ztf/0.1.0 --layers all --quantize shared --out small
  fink-t2 compress models/t2-ztf/0.2.0 --no-clusters --quantize float16 --batch 8 \\
      --as 0.2.1 --out smaller
  fink-t2 compress trained.keras --no-clusters --sparsity 0.3 --quantize float16 --out small
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_t2.commands._arguments import DEFAULT_SURVEY, survey_name
from fink_t2.commands._keras import import_keras
from fink_t2.errors import FinkT2Error

if TYPE_CHECKING:
    from fink_t2.training.compression.compress import CompressionSettings
    from fink_t2.training.examples.examples import Examples
    from fink_t2.training.optimisation.fit import FitSettings

GROUP = "train"

#: As `fink_t2.training.compression.quantization.METHODS`, which needs TensorFlow to import.
QUANTIZATIONS = ("none", "float16", "dynamic", "shared", "stored", "integer")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 compress``."""
    parser.add_argument(
        "network", type=Path, metavar="NETWORK", help="a model.keras file, or its folder"
    )
    parser.add_argument(
        "--table", action="store_true", help="measure all rows of the published table"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="where the results are written; needed unless --table is given",
    )
    parser.add_argument(
        "--layers",
        default="logits",
        help="names of the layers to cluster, separated by commas, or 'all' "
        "(default: %(default)s, as published)",
    )
    parser.add_argument(
        "--clusters",
        type=int,
        default=16,
        help="number of different values per clustered kernel (default: %(default)s)",
    )
    parser.add_argument("--no-clusters", action="store_true", help="do not cluster the weights")
    parser.add_argument(
        "--sparsity",
        type=float,
        metavar="FRACTION",
        help="fraction of every kernel to prune (default: none; with --table: 0.011)",
    )
    parser.add_argument(
        "--quantize",
        choices=QUANTIZATIONS,
        default="shared",
        help="how the weights are stored in the .tflite file (default: %(default)s)",
    )
    parser.add_argument(
        "--as",
        dest="version",
        metavar="VERSION",
        help="make --out this version of the model whose folder NETWORK is",
    )
    parser.add_argument(
        "--batch",
        type=int,
        default=1,
        help="light curves per call of the .tflite file (default: %(default)s)",
    )
    parser.add_argument(
        "--epochs", type=int, default=5, help="epochs of fine-tuning (default: %(default)s)"
    )
    parser.add_argument(
        "--learning-rate",
        type=float,
        default=3e-4,
        help="learning rate of fine-tuning (default: %(default)s)",
    )
    data = parser.add_argument_group("data")
    data.add_argument(
        "--examples",
        type=Path,
        metavar="FILE",
        help="prepared examples (.npz of a retraining run); one in five is used to measure",
    )
    data.add_argument(
        "--survey",
        type=survey_name,
        metavar="NAME",
        default=DEFAULT_SURVEY,
        help="survey to simulate where the network has no metadata (default: %(default)s)",
    )
    data.add_argument(
        "--objects",
        type=int,
        default=4200,
        help="number of simulated objects (default: %(default)s)",
    )
    data.add_argument(
        "--seed",
        type=int,
        default=77,
        help="seed of simulation and fine-tuning (default: %(default)s)",
    )


@dataclass(frozen=True)
class _Task:
    """A network, the data to fine-tune and to measure it on, and how it is compressed.

    Attributes
    ----------
    network : keras.Model
        The trained network.
    columns : tuple of int
        Indices of the features that it takes.
    train, test : Examples
        Data for fine-tuning and for measuring.
    settings : CompressionSettings
        Layers, clusters and sparsity.
    tuning : FitSettings
        Settings of the fine-tuning.
    """

    network: Any
    columns: tuple[int, ...]
    train: Examples
    test: Examples
    settings: CompressionSettings
    tuning: FitSettings


def run(args: argparse.Namespace) -> int:
    """Compress the network, or measure all ways of compressing it."""
    if not args.table and args.out is None:
        raise FinkT2Error("--out FOLDER is needed unless --table is given")
    import_keras()
    task = _task(args)
    try:
        if args.table:
            _table(args, task)
        else:
            _compress(args, task)
    except ValueError as error:
        raise FinkT2Error(str(error)) from None
    return 0


def _task(args: argparse.Namespace) -> _Task:
    import numpy as np

    from fink_t2.training.compression.compress import FINE_TUNING, CompressionSettings
    from fink_t2.training.networks.load_network import load_network

    network = load_network(args.network)
    columns, survey = _input_of(args, network)
    examples = _examples(args, network, survey)
    order = np.random.default_rng(args.seed).permutation(len(examples))
    settings = CompressionSettings(
        cluster_layers=None if args.layers == "all" else tuple(args.layers.split(",")),
        clusters=args.clusters,
        sparsity=CompressionSettings().sparsity if args.sparsity is None else args.sparsity,
    )
    tuning = dataclasses.replace(
        FINE_TUNING, epochs=args.epochs, learning_rate=args.learning_rate, seed=args.seed
    )
    return _Task(
        network,
        columns,
        train=examples.select(np.delete(order, np.s_[::5])),
        test=examples.select(order[::5]),
        settings=settings,
        tuning=tuning,
    )


def _table(args: argparse.Namespace, task: _Task) -> None:
    from fink_t2.benchmark.machine import describe_machine
    from fink_t2.training.studies.compression_table import compression_table

    table = compression_table(
        task.network,
        task.train,
        task.test,
        task.columns,
        task.settings,
        task.tuning,
        say=lambda text: print(f"... {text}"),
    )
    machine = describe_machine()
    head = (
        f"{args.network}: {task.network.count_params():,} parameters; "
        f"{len(task.test)} test light curves; "
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load_average'][0]}"
    )
    text = f"{head}\n\n{table.markdown()}\n"
    print(text)
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        content = {"network": str(args.network), "machine": machine, **table.numbers()}
        (args.out / "compression.json").write_text(json.dumps(content, indent=1) + "\n")
        (args.out / "compression.md").write_text(text)


def _compress(args: argparse.Namespace, task: _Task) -> None:
    from fink_t2.science.inference import TfliteNetwork
    from fink_t2.training.compression.compress import cluster, prune
    from fink_t2.training.compression.deflate import deflate
    from fink_t2.training.compression.eight_bits import round_weights
    from fink_t2.training.compression.packed_weights import pack_weights
    from fink_t2.training.compression.quantization import EIGHT_BIT_WEIGHTS, quantize
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.optimisation.flat_log_loss import flat_log_loss

    train, test, columns = task.train, task.test, task.columns
    inputs = test.inputs(columns)

    def loss(model: Any) -> float:
        return flat_log_loss(model.predict(inputs, batch_size=1024, verbose=0), test.label_mask)

    network = task.network
    rows = [["as it was", loss(network)]]
    if args.sparsity is not None:
        network = prune(network, task.settings, train, columns, task.tuning)
        rows.append([f"pruned by {args.sparsity:g}", loss(network)])
    if not args.no_clusters:
        keep = args.sparsity is not None
        network = cluster(network, task.settings, train, columns, task.tuning, keep_zeros=keep)
        rows.append([f"clustered into {args.clusters}", loss(network)])
    if args.quantize in EIGHT_BIT_WEIGHTS:
        # So that model.keras has the weights that the flatbuffer has.
        round_weights(network)
        rows.append(["weights rounded to 8 bits", loss(network)])
    args.out.mkdir(parents=True, exist_ok=True)
    content = quantize(network, args.quantize, args.batch, train, columns)
    flatbuffer = args.out / "model.tflite"
    flatbuffer.write_bytes(content)
    network.save(args.out / "model.keras")
    probabilities = TfliteNetwork(flatbuffer).predict(*inputs)
    rows.append([f"TFLite, {args.quantize}", flat_log_loss(probabilities, test.label_mask)])
    print(markdown_table([f"on {len(test)} light curves", "log-loss"], rows))
    print(f"{flatbuffer}: {len(content):,} bytes, {len(deflate(content)):,} with DEFLATE")
    if args.version is not None:
        _write_metadata(args, len(content))
        return
    packed = args.out / "weights.packed"
    packed.write_bytes(pack_weights(network))
    print(f"{packed}: {packed.stat().st_size:,} bytes (all weights, without the graph)")


def _write_metadata(args: argparse.Namespace, tflite_bytes: int) -> None:
    """Write the metadata of the version that was compressed, without its evaluation."""
    path = args.network / "metrics.json"
    if not path.is_file():
        raise FinkT2Error(f"--as needs the folder of a model's version, and {path} does not exist")
    metadata = json.loads(path.read_text())
    metadata.pop("evaluation", None)
    origin = f"{metadata['name']}/{metadata['version']}"
    metadata |= {
        "version": args.version,
        "tflite_bytes": tflite_bytes,
        "compressed_from": {"model": origin, "weights": args.quantize},
    }
    (args.out / "metrics.json").write_text(json.dumps(metadata, indent=1) + "\n")


def _input_of(args: argparse.Namespace, network: Any) -> tuple[tuple[int, ...], str]:
    """Return the indices of the features that a network takes, and its survey."""
    from fink_t2.science.features import feature_names
    from fink_t2.surveys import passbands_of

    folder = args.network if args.network.is_dir() else args.network.parent
    path = folder / "metrics.json"
    metadata = json.loads(path.read_text()) if path.is_file() else {}
    survey = metadata.get("survey", args.survey)
    names = feature_names(passbands_of(survey).names)
    n_taken = 0 if len(network.inputs) == 1 else network.inputs[1].shape[1]
    features = metadata.get("features")
    if features is None:
        # Without metadata, the network takes the first features, for ZTF all but the redshift.
        features = names[:n_taken]
    if len(features) != n_taken:
        raise FinkT2Error(
            f"{args.network} takes {n_taken} features, but {path} names {len(features)}"
        )
    return tuple(names.index(name) for name in features), survey


def _examples(args: argparse.Namespace, network: Any, survey: str) -> Examples:
    from fink_t2.simulation import simulate_objects
    from fink_t2.training.data_sets.simulated import simulated_alerts
    from fink_t2.training.examples.example_files import load_examples
    from fink_t2.training.examples.examples import Examples, make_examples
    from fink_t2.training.optimisation.flat_log_loss import class_weights

    if args.examples is not None:
        if not args.examples.is_file():
            raise FinkT2Error(f"--examples {args.examples}: no such file")
        examples = load_examples(args.examples)
    else:
        objects = simulate_objects(args.objects, survey, args.seed, progress=True)
        labelled = simulated_alerts(objects, 1, args.seed)
        examples = make_examples(labelled, network.inputs[0].shape[1])
    weight = class_weights(examples.label_mask)
    return Examples(examples.grid, examples.features, examples.label_mask, weight)
