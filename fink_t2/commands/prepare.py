"""Prepare the released PLAsTiCC data set for training, on Spark.

Interpolates millions of light curves. 'fink-t2 retrain' reads the result if its configuration has
  [prepared]
  folder = "plasticc"
Under spark-submit, its options decide where Spark runs; otherwise all local cores are used.

Examples:
  fink-t2 prepare plasticc_train_lightcurves.csv.gz --metadata plasticc_train_metadata.csv.gz \\
      --out plasticc
  fink-t2 prepare plasticc_test_lightcurves_*.csv.gz --metadata plasticc_test_metadata.csv.gz \\
      --out plasticc_test
"""

from __future__ import annotations

import argparse
from pathlib import Path

GROUP = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 prepare``."""
    parser.add_argument(
        "light_curves", nargs="+", metavar="LIGHT_CURVES", help="CSV files of light curves"
    )
    parser.add_argument(
        "--metadata", nargs="+", required=True, help="CSV files of metadata, with the types"
    )
    parser.add_argument(
        "--grid-length",
        type=int,
        default=50,
        help="number of times of the interpolation grid (default: %(default)s)",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="where the examples are written"
    )


def run(args: argparse.Namespace) -> int:
    """Prepare the examples, and print the number in each class."""
    from fink_t2.alerts.limits import Limits
    from fink_t2.stream.session import start_session
    from fink_t2.training.data_sets.plasticc_spark import prepare_plasticc
    from fink_t2.training.evaluation.markdown import markdown_table

    spark = start_session({}, Limits(), "fink-t2 prepare")
    try:
        counts = prepare_plasticc(
            spark, args.light_curves, args.metadata, args.grid_length, args.out
        )
    finally:
        spark.stop()
    print(markdown_table(["class", "examples"], [[name, n] for name, n in sorted(counts.items())]))
    return 0
