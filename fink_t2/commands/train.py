"""Train a model and export a candidate, without promoting it.

Runs the first steps of 'fink-t2 retrain': data, training, cross-validation, compression and
export. 'fink-t2 retrain' with the same --run continues from there.

Examples:
  fink-t2 train --config conf/retrain-quick.toml --run artifacts/retrain/try
  KERAS_BACKEND=jax fink-t2 train --config conf/retrain.toml --until train
"""

from __future__ import annotations

import argparse

from fink_t2.commands import retrain

GROUP = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 train``."""
    retrain.add_arguments(parser)
    parser.set_defaults(until="compress")


def run(args: argparse.Namespace) -> int:
    """Run the first steps of the chain."""
    return retrain.run(args)
