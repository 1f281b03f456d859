"""Validate the predictions of a stream against spectroscopic types.

--alerts is what the stream or 'fink-t2 classify' has written: Parquet, as one file or as a
partitioned folder, with objectId, t2_class and the probabilities in t2. --labels is a table with
objectId and type; a type is one of the Transient Name Server or one of the 14 classes. The last
alert of each object is compared, or with --every all of its alerts.

Examples:
  fink-t2 validate --alerts archive/ --labels tns.csv
  fink-t2 validate --alerts out.parquet --labels tns.csv --every --out report
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fink_t2.extras import require

GROUP = "classify"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 validate``."""
    parser.add_argument(
        "--alerts", type=Path, required=True, metavar="PATH", help="classified alerts in Parquet"
    )
    parser.add_argument(
        "--labels", type=Path, required=True, metavar="TABLE", help="types, in CSV or Parquet"
    )
    parser.add_argument(
        "--every", action="store_true", help="compare every alert, not only each object's last"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write JSON, Markdown and figures to it"
    )


def run(args: argparse.Namespace) -> int:
    """Join predictions and types, compute the scores, print and write them."""
    if args.out is not None:
        require("matplotlib")
    from fink_t2.training.evaluation.report import report, write_report
    from fink_t2.training.evaluation.stream_validation import validate_stream

    evaluation = validate_stream(args.alerts, args.labels, every_alert=args.every)
    print(report(evaluation))
    if args.out is not None:
        for path in write_report(evaluation, args.out):
            print(path)
    return 0
