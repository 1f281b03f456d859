"""Compress a trained network, and measure what each way of compressing saves and costs.

NETWORK is a model.keras file, or the folder of a model's version. Without --examples the data
to fine-tune and to measure on is simulated. With --table, all eight rows of the published
Table 5.1 are measured for the network in one run.

Examples:
  fink-t2 compress --table models/t2-ztf/0.1.0
  fink-t2 compress --table models/t2-ztf/0.1.0 --out report --epochs 10
  fink-t2 compress models/t2-ztf/0.1.0 --layers all --quantize shared --out small
  fink-t2 compress models/t2-ztf/0.2.0 --no-clusters --quantize float16 --batch 8 \
      --as 0.2.1 --out smaller
  fink-t2 compress trained.keras --no-clusters --sparsity 0.3 --quantize float16 --out small
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fink_t2.errors import FinkT2Error
from fink_t2.surveys import passbands_of

if TYPE_CHECKING:
    from fink_t2.training.examples.examples import Examples

#: As `fink_t2.training.compression.quantization.METHODS`, which needs TensorFlow to import.
QUANTIZATIONS = ("none", "float16", "dynamic", "shared", "stored", "integer")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("network", type=Path, metavar="NETWORK", help="model.keras or its folder")
    parser.add_argument("--table", action="store_true", help="measure the published table")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where results are written")
    parser.add_argument(
        "--layers",
        default="logits",
        help="layers to cluster, with commas, or 'all' (default: %(default)s, as published)",
    )
    parser.add_argument("--clusters", type=int, default=16, help="shared values per kernel")
    parser.add_argument("--no-clusters", action="store_true", help="do not cluster")
    parser.add_argument(
        "--sparsity", type=float, help="share of every kernel to prune (with --table: 0.011)"
    )
    parser.add_argument("--quantize", choices=QUANTIZATIONS, default="shared")
    parser.add_argument(
        "--as",
        dest="version",
        metavar="VERSION",
        help="make --out a version of the model: NETWORK is the folder of another one",
    )
    parser.add_argument("--batch", type=int, default=1, help="light curves per call of TFLite")
    parser.add_argument("--epochs", type=int, default=5, help="of fine-tuning (default: 5)")
    parser.add_argument("--learning-rate", type=float, default=3e-4, help="(default: 3e-4)")
    data = parser.add_argument_group("data")
    data.add_argument(
        "--examples", type=Path, help="prepared examples (.npz of a retraining run); 1 in 5 tests"
    )
    data.add_argument("--survey", default="ztf", help="of simulated data, if there is no metadata")
    data.add_argument("--objects", type=int, default=4200, help="simulated (default: 4200)")
    data.add_argument("--seed", type=int, default=77, help="(default: 77)")


def run(args: argparse.Namespace) -> int:
    """Compress or measure."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import numpy as np

    from fink_t2.training.compression.compress import FINE_TUNING, CompressionSettings
    from fink_t2.training.networks.load_network import load_network

    if not args.table and args.out is None:
        raise FinkT2Error("--out FOLDER is needed, unless there is only --table to print")
    network = load_network(args.network)
    columns, survey = _input_of(args, network)
    examples = _examples(args, network, survey)
    order = np.random.default_rng(args.seed).permutation(len(examples))
    test, rest = examples.select(order[::5]), examples.select(np.delete(order, np.s_[::5]))
    layers = None if args.layers == "all" else tuple(args.layers.split(","))
    settings = CompressionSettings(
        cluster_layers=layers,
        clusters=args.clusters,
        sparsity=CompressionSettings().sparsity if args.sparsity is None else args.sparsity,
    )
    tuning = dataclasses.replace(
        FINE_TUNING, epochs=args.epochs, learning_rate=args.learning_rate, seed=args.seed
    )
    try:
        if args.table:
            return _table(args, network, rest, test, columns, settings, tuning)
        return _compress(args, network, rest, test, columns, settings, tuning)
    except ValueError as error:
        raise FinkT2Error(str(error)) from None


def _table(
    args: argparse.Namespace,
    network: Any,
    train: Examples,
    test: Examples,
    columns: tuple[int, ...],
    settings: Any,
    tuning: Any,
) -> int:
    from fink_t2.benchmark.machine import describe_machine
    from fink_t2.training.studies.compression_table import compression_table

    table = compression_table(
        network, train, test, columns, settings, tuning, say=lambda text: print(f"... {text}")
    )
    machine = describe_machine()
    head = (
        f"{args.network}: {network.count_params():,} parameters; {len(test)} test light curves; "
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load_average'][0]}"
    )
    text = f"{head}\n\n{table.markdown()}\n"
    print(text)
    if args.out is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        content = {"network": str(args.network), "machine": machine, **table.numbers()}
        (args.out / "compression.json").write_text(json.dumps(content, indent=1) + "\n")
        (args.out / "compression.md").write_text(text)
    return 0


def _compress(
    args: argparse.Namespace,
    network: Any,
    train: Examples,
    test: Examples,
    columns: tuple[int, ...],
    settings: Any,
    tuning: Any,
) -> int:
    from fink_t2.science.inference import TfliteNetwork
    from fink_t2.training.compression.compress import cluster, prune
    from fink_t2.training.compression.deflate import deflate
    from fink_t2.training.compression.eight_bits import round_weights
    from fink_t2.training.compression.packed_weights import pack_weights
    from fink_t2.training.compression.quantization import EIGHT_BIT_WEIGHTS, quantize
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.optimisation.flat_log_loss import flat_log_loss

    inputs = test.inputs(columns)

    def loss(model: Any) -> float:
        return flat_log_loss(model.predict(inputs, batch_size=1024, verbose=0), test.label_mask)

    rows = [["as it was", loss(network)]]
    if args.sparsity is not None:
        network = prune(network, settings, train, columns, tuning)
        rows.append([f"pruned by {args.sparsity:g}", loss(network)])
    if not args.no_clusters:
        keep = args.sparsity is not None
        network = cluster(network, settings, train, columns, tuning, keep_zeros=keep)
        rows.append([f"clustered into {args.clusters}", loss(network)])
    if args.quantize in EIGHT_BIT_WEIGHTS:
        # model.keras is then what the flatbuffer holds.
        round_weights(network)
        rows.append(["weights rounded to 8 bits", loss(network)])
    args.out.mkdir(parents=True, exist_ok=True)
    content = quantize(network, args.quantize, args.batch, train, columns)
    flatbuffer = args.out / "model.tflite"
    flatbuffer.write_bytes(content)
    network.save(args.out / "model.keras")
    found = TfliteNetwork(flatbuffer).predict(*inputs)
    rows.append([f"TFLite, {args.quantize}", flat_log_loss(found, test.label_mask)])
    print(markdown_table([f"on {len(test)} light curves", "log-loss"], rows))
    print(f"{flatbuffer}: {len(content):,} bytes, {len(deflate(content)):,} with DEFLATE")
    if args.version is not None:
        _write_metadata(args, len(content))
        return 0
    packed = args.out / "weights.packed"
    packed.write_bytes(pack_weights(network))
    print(f"{packed}: {packed.stat().st_size:,} bytes (all weights, without the graph)")
    return 0


def _write_metadata(args: argparse.Namespace, tflite_bytes: int) -> None:
    """Write the metadata of the version that was compressed, without what it scored."""
    path = args.network / "metrics.json"
    if not path.is_file():
        raise FinkT2Error(f"--as needs the folder of a model's version, {path} is not there")
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
    """Tell which columns of the features a network takes, and its survey."""
    from fink_t2.science.features import feature_names

    folder = args.network if args.network.is_dir() else args.network.parent
    path = folder / "metrics.json"
    metadata = json.loads(path.read_text()) if path.is_file() else {}
    survey = metadata.get("survey", args.survey)
    names = feature_names(passbands_of(survey).names)
    taken = 0 if len(network.inputs) == 1 else network.inputs[1].shape[1]
    features = metadata.get("features")
    if features is None:
        # Without metadata: none, or the first so many (for ZTF: all but the redshift).
        features = names[:taken]
    if len(features) != taken:
        raise FinkT2Error(f"{args.network} takes {taken} features, {path} names {len(features)}")
    return tuple(names.index(name) for name in features), survey


def _examples(args: argparse.Namespace, network: Any, survey: str) -> Examples:
    from fink_t2.simulation import simulate_objects
    from fink_t2.training.data_sets.simulated import simulated_alerts
    from fink_t2.training.examples.example_files import load_examples
    from fink_t2.training.examples.examples import Examples, make_examples
    from fink_t2.training.optimisation.flat_log_loss import class_weights

    if args.examples is not None:
        if not args.examples.is_file():
            raise FinkT2Error(f"{args.examples}: no such file of examples")
        examples = load_examples(args.examples)
    else:
        objects = simulate_objects(args.objects, survey, args.seed, progress=True)
        labelled = simulated_alerts(objects, 1, args.seed)
        examples = make_examples(labelled, network.inputs[0].shape[1])
    weight = class_weights(examples.label_mask)
    return Examples(examples.grid, examples.features, examples.label_mask, weight)
