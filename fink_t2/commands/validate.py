"""Validate the stream's predictions against spectroscopic types.

--alerts is what the stream (or fink-t2 classify) wrote: Parquet, a file or a partitioned
folder, with objectId and t2_class, and the probabilities in t2. --labels is a table with
objectId and type: names of the Transient Name Server, or of the 14 classes. An object's last
alert counts, or with --every all of its alerts.

Examples:
  fink-t2 validate --alerts archive/ --labels tns.csv
  fink-t2 validate --alerts out.parquet --labels tns.csv --every --out report
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--alerts", type=Path, required=True, help="Parquet of the stream")
    parser.add_argument("--labels", type=Path, required=True, help="CSV or Parquet of types")
    parser.add_argument("--every", action="store_true", help="every alert, not each object's last")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="write JSON, Markdown, figures")


def run(args: argparse.Namespace) -> int:
    """Join, score, print, write."""
    from fink_t2.training.evaluation.report import report, write_report
    from fink_t2.training.evaluation.stream_validation import validate_stream

    found = validate_stream(args.alerts, args.labels, every_alert=args.every)
    print(report(found))
    if args.out is not None:
        for path in write_report(found, args.out):
            print(path)
    return 0
