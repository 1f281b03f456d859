"""Prepare PLAsTiCC as released for training, on Spark: interpolate millions of light curves.

The result is read by 'fink-t2 retrain' with
  [prepared]
  folder = "plasticc"
in its configuration. 'spark-submit' sets where Spark runs; without it, all local cores are used.

Examples:
  fink-t2 prepare plasticc_train_lightcurves.csv.gz --metadata plasticc_train_metadata.csv.gz \\
      --out plasticc
  fink-t2 prepare plasticc_test_lightcurves_*.csv.gz --metadata plasticc_test_metadata.csv.gz \\
      --out plasticc_test
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("light_curves", nargs="+", help="CSV of light curves")
    parser.add_argument("--metadata", nargs="+", required=True, help="CSV with the types")
    parser.add_argument("--grid-length", type=int, default=50, help="(default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")


def run(arguments: argparse.Namespace) -> int:
    """Prepare, and print how many examples there are of each class."""
    from fink_t2.alerts.limits import Limits
    from fink_t2.stream.session import start_session
    from fink_t2.training.data_sets.plasticc_spark import prepare_plasticc
    from fink_t2.training.evaluation.markdown import markdown_table

    spark = start_session({}, Limits(), "fink-t2 prepare")
    try:
        counts = prepare_plasticc(
            spark,
            arguments.light_curves,
            arguments.metadata,
            arguments.grid_length,
            arguments.out,
        )
    finally:
        spark.stop()
    print(markdown_table(["class", "examples"], [[name, n] for name, n in sorted(counts.items())]))
    return 0
