"""Publish archived alerts to a Kafka topic, unchanged and keyed by object.

PATH is an Avro packet, a tar (perhaps gzipped) of them, Parquet as the broker stores alerts, or a
folder with any of these. Each alert is one message: containers of several alerts are split, and
rows of Parquet become Avro containers. The archive is read and checked before the first alert
is published; what is above 512 MB waits in a file in $TMPDIR.

The topic is made first where it does not exist. Afterwards the messages that Kafka holds are
counted by offsets; the exit code is 0 only when every alert was delivered and is in the topic.

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

from tqdm import tqdm

from fink_t2.commands._arguments import name_value
from fink_t2.errors import AlertError
from fink_t2.operations.replay import replay


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("path", metavar="PATH", type=Path, help="archived alerts")
    parser.add_argument("--topic", required=True, help="the topic to publish to")
    parser.add_argument(
        "--bootstrap-servers", default="127.0.0.1:9092", metavar="HOST:PORT[,...]",
        help="where the brokers are (default: 127.0.0.1:9092)",
    )  # fmt: skip
    rhythm = parser.add_mutually_exclusive_group(required=True)
    rhythm.add_argument("--rate", type=float, metavar="N", help="alerts per second")
    rhythm.add_argument(
        "--speedup", type=float, metavar="X",
        help="in the order and rhythm of the alerts' times, X times faster",
    )  # fmt: skip
    rhythm.add_argument("--as-fast-as-possible", action="store_true")
    parser.add_argument(
        "--repeat", type=int, default=1, metavar="K", help="publish the archive K times"
    )
    parser.add_argument(
        "--skip-broken", action="store_true",
        help="name what can't be read, but do not count it as a failure",
    )  # fmt: skip
    parser.add_argument(
        "--producer-config", action="append", default=[], type=name_value, metavar="NAME=VALUE",
        help="a librdkafka setting, for instance for SASL and TLS; may be repeated",
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Replay, print the summary; 1 if an alert was not delivered."""
    report = replay(
        args.path,
        args.topic,
        args.bootstrap_servers,
        rate=args.rate,
        speedup=args.speedup,
        repeat=args.repeat,
        producer_config=dict(args.producer_config),
        on_broken=name_broken,
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
    complete = not (report.failed or report.lost) and (args.skip_broken or not report.broken)
    return 0 if complete else 1


def name_broken(error: AlertError) -> None:
    """Say what can't be read, above the progress bar."""
    tqdm.write(f"fink-t2 replay: {error}", file=sys.stderr)
