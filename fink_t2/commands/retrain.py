"""Retrain a model: data, training, compression, evaluation, gate, promotion.

The run's folder keeps what every step made. The same command again goes on where it was
interrupted; another --run begins anew. A candidate that does not beat the model in service is
kept in the store, with the reasons in its gate.json.

Examples:
  fink-t2 retrain --config conf/retrain-quick.toml
  fink-t2 retrain --config conf/retrain.toml --budget 8h --run artifacts/retrain/tonight
  fink-t2 retrain --config conf/retrain.toml --until train
"""

from __future__ import annotations

import argparse
import os
import re
import time
from pathlib import Path

from fink_t2.errors import ConfigError
from fink_t2.science.model_store import ModelStore
from fink_t2.surveys import passbands_of

STEP_NAMES = ("data", "train", "cross_validate", "compress", "evaluate", "promote")
SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--config", type=Path, required=True, help="TOML, as conf/retrain.toml")
    parser.add_argument(
        "--run", type=Path, metavar="FOLDER", help="default: artifacts/retrain/NAME-DATE"
    )
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="where candidates go")
    parser.add_argument("--budget", metavar="TIME", help="such as 90s, 30m or 8h")
    parser.add_argument(
        "--until", choices=STEP_NAMES, default="promote", help="last step (default: %(default)s)"
    )


def seconds_of(text: str) -> float:
    """Return a length of time in seconds.

    Raises
    ------
    ConfigError
        If it is not a number with s, m or h.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh])", text.strip())
    if not match:
        raise ConfigError(f"a time such as 90s, 30m or 8h is wanted, not {text!r}")
    return float(match[1]) * SECONDS[match[2]]


def run(arguments: argparse.Namespace) -> int:
    """Run the chain."""
    began = time.monotonic()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Here, after the settings of TensorFlow's log: importing it takes seconds.
    from fink_t2.training.retraining.chain import run_steps
    from fink_t2.training.retraining.provenance import provenance_of
    from fink_t2.training.retraining.run import Run
    from fink_t2.training.retraining.settings import parse_retrain_settings, read_configuration

    content = read_configuration(arguments.config)
    settings = parse_retrain_settings(content, str(arguments.config))
    deadline = began + seconds_of(arguments.budget) if arguments.budget else None
    folder = arguments.run or Path("artifacts/retrain") / (
        f"{arguments.config.stem}-{time.strftime('%Y%m%d', time.gmtime())}"
    )
    folder.mkdir(parents=True, exist_ok=True)
    print(f"run folder: {folder}")
    provenance = provenance_of(arguments.config, content)
    store = ModelStore(arguments.models, passbands_of=passbands_of)
    run_steps(Run(settings, folder, store, provenance, deadline), arguments.until)
    return 0
