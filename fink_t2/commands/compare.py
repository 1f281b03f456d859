"""Compare t2, atx and the LSTM on simulated light curves.

Every network is trained with the same settings and several seeds, on the light curves that a
configuration of 'fink-t2 retrain' simulates, and scored on objects that it has not seen. The table
has the log-loss, the size and the training time.

Examples:
  fink-t2 compare --config conf/retrain.toml --objects 20000
  fink-t2 compare --config conf/retrain.toml --objects 20000 --networks t2 t2-published --seeds 1
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from fink_t2.commands._keras import import_keras
from fink_t2.errors import FinkT2Error

GROUP = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 compare``."""
    parser.add_argument(
        "--config",
        type=Path,
        required=True,
        metavar="FILE",
        help="TOML configuration of the training, such as conf/retrain.toml",
    )
    parser.add_argument(
        "--objects",
        type=int,
        help="number of simulated objects (default: as the configuration says)",
    )
    parser.add_argument(
        "--networks",
        nargs="+",
        default=["t2", "atx", "lstm"],
        metavar="NETWORK",
        help="some of t2, atx, lstm and t2-published (default: t2 atx lstm)",
    )
    parser.add_argument(
        "--seeds", type=int, default=3, help="trainings of each network (default: %(default)s)"
    )
    parser.add_argument(
        "--epochs", type=int, default=8, help="epochs of each training (default: %(default)s)"
    )
    parser.add_argument(
        "--rate", type=float, default=0.003, help="learning rate (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Train the networks, and print the table."""
    import_keras()
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.optimisation.fit import FitSettings
    from fink_t2.training.retraining.settings import load_retrain_settings
    from fink_t2.training.studies.comparison import NETWORKS, compare

    unknown = set(args.networks) - set(NETWORKS)
    if unknown:
        raise FinkT2Error(
            f"no such network: {', '.join(sorted(unknown))}; known: {', '.join(NETWORKS)}"
        )
    settings = load_retrain_settings(args.config)
    if args.objects:
        simulation = dataclasses.replace(settings.simulation, objects=args.objects)
        settings = dataclasses.replace(settings, simulation=simulation)
    fit_settings = FitSettings(
        epochs=args.epochs, batch_size=256, learning_rate=args.rate, schedule="cosine"
    )
    results = compare(settings, fit_settings, args.networks, args.seeds)
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
