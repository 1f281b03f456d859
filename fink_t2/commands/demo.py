"""Show the whole stream on this machine, with simulated alerts.

Starts a real single-node Kafka and the streaming job, publishes a folder of Avro packets, waits
until all of them have come out again, and prints the classified alerts, counts by status,
throughput, latency, and where the outputs are. Whatever it starts it stops, on Ctrl-C too. Parquet
tables and logs stay in the output folder until the next demo; the data of Kafka are deleted.

The output folder must be new, empty, or that of an earlier demo, whose outputs are replaced.

Examples:
  fink-t2 demo
  fink-t2 demo --alerts ../shared/data/alerts/ztf_v4 --out demo
  fink-t2 demo --alerts rubin/ --survey lsst --schemas package:lsst-alert-packet
"""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from types import FrameType

from fink_t2.commands._arguments import CHECKOUT, DEFAULT_SURVEY, survey_name

GROUP = "operate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 demo``."""
    parser.add_argument(
        "--alerts",
        type=Path,
        default=CHECKOUT / "data" / "alerts",
        metavar="PATH",
        help="alerts to publish, see 'fink-t2 replay --help' (default: data/alerts)",
    )
    parser.add_argument(
        "--survey",
        type=survey_name,
        metavar="NAME",
        default=DEFAULT_SURVEY,
        help="survey of the alerts (default: %(default)s)",
    )
    parser.add_argument(
        "--schemas",
        default="",
        metavar="SOURCE",
        help="registry URL or folder of the schemas of framed Rubin alerts",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="output folder (default: .fink_t2/demo in the checkout)",
    )
    parser.add_argument(
        "--rows",
        type=int,
        default=20,
        help="number of alerts in the printed table (default: %(default)s)",
    )
    parser.add_argument(
        "--rate", type=float, default=100.0, help="alerts per second (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Run the demo; return 0 if every published alert came out, classified or as dead letter."""
    from fink_t2.operations.demo import DemoSettings, run_demo
    from fink_t2.operations.demo_folder import default_demo_folder
    from fink_t2.operations.demo_report import print_report

    # Ctrl-C raises KeyboardInterrupt; SIGTERM shall stop what was started in the same way.
    signal.signal(signal.SIGTERM, _interrupt)
    folder = args.out.resolve() if args.out is not None else default_demo_folder()
    settings = DemoSettings(args.alerts, args.survey, args.schemas, folder, args.rate)
    result = run_demo(settings)
    print_report(settings, result, args.rows)
    return 1 if result.missing else 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
