"""Train a model up to an exported candidate, without deciding on its promotion.

The first three steps of 'fink-t2 retrain': data, training, compression and export. 'fink-t2
retrain' with the same --run goes on from there.

Examples:
  fink-t2 train --config conf/retrain-quick.toml --run artifacts/retrain/try
  KERAS_BACKEND=jax fink-t2 train --config conf/retrain.toml --until train
"""

from __future__ import annotations

import argparse

from fink_t2.commands import retrain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    retrain.add_arguments(parser)
    parser.set_defaults(until="compress")


def run(arguments: argparse.Namespace) -> int:
    """Run the first steps of the chain."""
    return retrain.run(arguments)
