"""Retrain a model, and promote it if it beats the one in service.

The steps are data, train, cross_validate, compress, evaluate and promote. The folder of the run
keeps what every step made. The same command continues where it was interrupted; another --run
starts again. A candidate that is no better than the model in service stays in the store, with
the reasons in its gate.json.

Examples:
  fink-t2 retrain --config conf/retrain-quick.toml
  fink-t2 retrain --config conf/retrain.toml --budget 8h --run artifacts/retrain/tonight
  fink-t2 retrain --config conf/retrain.toml --until train
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fink_t2.commands._arguments import duration
from fink_t2.commands._keras import import_keras

GROUP = "train"

STEP_NAMES = ("data", "train", "cross_validate", "compress", "evaluate", "promote")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 retrain``."""
    parser.add_argument(
        "--config",
        type=Path,
        required=True,
        metavar="FILE",
        help="TOML configuration of the training, such as conf/retrain.toml",
    )
    parser.add_argument(
        "--run",
        type=Path,
        metavar="FOLDER",
        help="folder of the run (default: artifacts/retrain/NAME-DATE)",
    )
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        help="model store that takes the candidate (default: $FINK_T2_MODELS, or models/)",
    )
    parser.add_argument(
        "--budget",
        type=duration,
        metavar="TIME",
        help="time after which training stops early, such as 90s, 30m or 8h (default: none)",
    )
    parser.add_argument(
        "--until",
        choices=STEP_NAMES,
        default="promote",
        metavar="STEP",
        help=f"last step: {', '.join(STEP_NAMES)} (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Run the steps up to the last one asked for."""
    deadline = time.monotonic() + args.budget if args.budget is not None else None
    import_keras()
    from fink_t2.science.model_store import ModelStore
    from fink_t2.surveys import passbands_of
    from fink_t2.training.retraining.chain import run_steps
    from fink_t2.training.retraining.provenance import provenance_of
    from fink_t2.training.retraining.run import Run
    from fink_t2.training.retraining.settings import parse_retrain_settings, read_configuration

    content = read_configuration(args.config)
    settings = parse_retrain_settings(content, str(args.config))
    folder = args.run or Path("artifacts/retrain") / (
        f"{args.config.stem}-{time.strftime('%Y%m%d', time.gmtime())}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    print(f"run folder: {folder}")
    provenance = provenance_of(args.config, content)
    store = ModelStore(args.models, passbands_of=passbands_of)
    run_steps(Run(settings, folder, store, provenance, deadline), args.until)
    return 0
