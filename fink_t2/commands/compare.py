"""Compare t2, atx and the LSTM on simulated light curves: log-loss, size, time to train.

Every network is trained with the same settings and several seeds, on the light curves that a
configuration of 'fink-t2 retrain' simulates, and scored on objects that it has not seen.

Examples:
  fink-t2 compare --config conf/retrain.toml --objects 20000
  fink-t2 compare --config conf/retrain.toml --objects 20000 --networks t2 t2-published --seeds 1
"""

from __future__ import annotations

import argparse
import dataclasses
import os
from pathlib import Path

from fink_t2.errors import FinkT2Error


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, required=True, help="as of 'fink-t2 retrain'")
    parser.add_argument(
        "--objects", type=int, help="simulated objects (default: as the configuration says)"
    )
    parser.add_argument(
        "--networks",
        nargs="+",
        metavar="NETWORK",
        help="of t2, atx, lstm and t2-published (default: the first three)",
    )
    parser.add_argument("--seeds", type=int, default=3, help="(default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=8, help="(default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.003, help="learning rate")


def run(arguments: argparse.Namespace) -> int:
    """Train, and print the table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.optimisation.fit import FitSettings
    from fink_t2.training.retraining.settings import load_retrain_settings
    from fink_t2.training.studies.comparison import NETWORKS, compare

    names = tuple(arguments.networks or ("t2", "atx", "lstm"))
    unknown = set(names) - set(NETWORKS)
    if unknown:
        raise FinkT2Error(
            f"no such network: {', '.join(sorted(unknown))}; known: {', '.join(NETWORKS)}"
        )
    settings = load_retrain_settings(arguments.config)
    if arguments.objects:
        simulation = dataclasses.replace(settings.simulation, objects=arguments.objects)
        settings = dataclasses.replace(settings, simulation=simulation)
    how = FitSettings(
        epochs=arguments.epochs,
        batch_size=256,
        learning_rate=arguments.rate,
        schedule="cosine",
    )
    results = compare(settings, how, names, arguments.seeds)
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
