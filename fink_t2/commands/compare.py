"""Compare t2, atx and the LSTM on simulated light curves: log-loss, size, time to train.

It uses the examples of a retraining run ('fink-t2 retrain --until data' is enough) and trains
every network with the same settings and several seeds.

Examples:
  fink-t2 retrain --config conf/retrain.toml --run artifacts/retrain/r --until data
  fink-t2 compare --config conf/retrain.toml --run artifacts/retrain/r --examples 30000
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from fink_t2.errors import FinkT2Error


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, required=True, help="the run's configuration")
    parser.add_argument("--run", type=Path, required=True, metavar="FOLDER")
    parser.add_argument(
        "--networks",
        nargs="+",
        metavar="NETWORK",
        help="of t2, atx, lstm and t2-published (default: the first three)",
    )
    parser.add_argument("--seeds", type=int, default=3, help="(default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=6, help="(default: %(default)s)")
    parser.add_argument("--examples", type=int, default=30000, help="(default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.003, help="learning rate")


def run(arguments: argparse.Namespace) -> int:
    """Train, and print the table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from fink_t2.training.comparison import NETWORKS, compare
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.fit import FitSettings
    from fink_t2.training.settings import load_retrain_settings

    names = tuple(arguments.networks or ("t2", "atx", "lstm"))
    unknown = set(names) - set(NETWORKS)
    if unknown:
        raise FinkT2Error(
            f"no such network: {', '.join(sorted(unknown))}; known: {', '.join(NETWORKS)}"
        )
    how = FitSettings(
        epochs=arguments.epochs,
        batch_size=256,
        learning_rate=arguments.rate,
        schedule="cosine",
    )
    results = compare(
        arguments.run,
        load_retrain_settings(arguments.config),
        how,
        names,
        arguments.seeds,
        arguments.examples,
    )
    rows = [
        [
            result.network,
            result.parameters,
            f"{result.kilobytes:.0f}",
            " / ".join(f"{loss:.3f}" for loss in result.losses),
            f"{sum(result.losses) / len(result.losses):.3f}",
            f"{result.minutes:.1f}",
        ]
        for result in results
    ]
    header = ["network", "parameters", "kB (int8)", "log-loss per seed", "mean", "minutes"]
    print(markdown_table(header, rows))
    return 0
