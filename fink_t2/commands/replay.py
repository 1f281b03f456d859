"""Publish archived alerts to a Kafka topic, keyed by object.

The packets are published unchanged. PATH is an Avro packet, a tar (perhaps gzipped) of packets,
Parquet as a broker stores alerts, or a folder with any of these. Every alert becomes one message:
containers of several alerts are split, and rows of Parquet become Avro containers. The archive is
read and checked before the first alert is published; what exceeds 512 MB is kept in a temporary
file in $TMPDIR meanwhile.

A topic that does not exist is made first. Afterwards the messages that Kafka holds are counted by
their offsets; the exit code is 0 only if every alert was delivered and is in the topic.

Examples:
  fink-t2 replay data/alerts --topic ztf --rate 10
  fink-t2 replay night.tar.gz --topic ztf --speedup 60     # a night of ten hours in ten minutes
  fink-t2 replay data/alerts --topic ztf --as-fast-as-possible --repeat 100
  fink-t2 replay data/alerts --topic ztf --rate 5 --bootstrap-servers broker.example:9093 \\
      --producer-config security.protocol=SASL_SSL --producer-config sasl.mechanism=SCRAM-SHA-512
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fink_t2.commands._arguments import name_value
from fink_t2.errors import AlertError

GROUP = "operate"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 replay``."""
    parser.add_argument("path", metavar="PATH", type=Path, help="archived alerts")
    parser.add_argument("--topic", required=True, help="the topic to publish to")
    parser.add_argument(
        "--bootstrap-servers",
        default="127.0.0.1:9092",
        metavar="HOST:PORT[,...]",
        help="addresses of the brokers (default: %(default)s)",
    )
    pace = parser.add_mutually_exclusive_group(required=True)
    pace.add_argument("--rate", type=float, metavar="N", help="publish N alerts per second")
    pace.add_argument(
        "--speedup",
        type=float,
        metavar="X",
        help="publish in the order of the alerts' times, X times faster than they were taken",
    )
    pace.add_argument(
        "--as-fast-as-possible", action="store_true", help="publish as fast as the brokers take"
    )
    parser.add_argument(
        "--repeat",
        type=int,
        default=1,
        metavar="K",
        help="publish the archive K times (default: %(default)s)",
    )
    parser.add_argument(
        "--skip-broken",
        action="store_true",
        help="report what cannot be read, but do not count it as a failure",
    )
    parser.add_argument(
        "--producer-config",
        action="append",
        default=[],
        type=name_value,
        metavar="NAME=VALUE",
        help="add or replace a librdkafka setting, such as those of SASL and TLS; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Replay and print the summary; return 1 if an alert was not delivered."""
    from fink_t2.operations.replay import replay

    report = replay(
        args.path,
        args.topic,
        args.bootstrap_servers,
        rate=args.rate,
        speedup=args.speedup,
        repeat=args.repeat,
        producer_config=dict(args.producer_config),
        on_broken=_report_broken,
        progress=True,
    )
    for reason, count in report.errors.most_common():
        print(f"fink-t2 replay: {count} alerts not delivered: {reason}", file=sys.stderr)
    print(report.summary())
    if report.lost:
        print(
            f"fink-t2 replay: {report.lost} alerts were confirmed and are not in the topic",
            file=sys.stderr,
        )
    is_complete = not (report.failed or report.lost) and (args.skip_broken or not report.broken)
    return 0 if is_complete else 1


def _report_broken(error: AlertError) -> None:
    """Report what cannot be read, above the progress bar."""
    from tqdm import tqdm

    tqdm.write(f"fink-t2 replay: {error}", file=sys.stderr)
