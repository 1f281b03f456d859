"""Run a single-node Apache Kafka on this machine.

It is meant for trials and development. The broker listens on 127.0.0.1 only. Its data, settings
and log are kept in a folder, from which a later start continues.

Examples:
  fink-t2 kafka start                      # port 9092, data in .fink_t2/kafka
  fink-t2 kafka start --port 0             # any free port; it is printed
  fink-t2 kafka status
  fink-t2 kafka stop
  fink-t2 kafka start --data /tmp/night --set num.partitions=16
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fink_t2.commands._arguments import name_value

GROUP = "develop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 kafka``."""
    parser.add_argument("action", choices=["start", "stop", "status"], help="what to do")
    parser.add_argument(
        "--port",
        type=int,
        default=9092,
        help="port on which clients connect; 0 takes a free one (default: %(default)s)",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="the broker's folder (default: .fink_t2/kafka)"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=name_value,
        metavar="NAME=VALUE",
        help="add or replace a setting of the broker; may be repeated",
    )


def run(args: argparse.Namespace) -> int:
    """Start, stop or describe the broker; return 1 if there is none to stop or describe."""
    from fink_t2.kafka import LocalKafka

    broker = LocalKafka(args.data, args.port, properties=dict(args.set))
    if args.action == "start":
        broker.start()
        print(f"Kafka is ready at {broker.bootstrap_servers}, process {broker.pid}")
        return 0
    if args.action == "stop":
        was_running = broker.stop()
        print("Kafka is stopped" if was_running else f"no Kafka runs in {broker.folder}")
        return 0 if was_running else 1
    if broker.pid is None:
        print(f"no Kafka runs in {broker.folder}")
        return 1
    topics = broker.topics()
    print(f"Kafka is ready at {broker.bootstrap_servers}, process {broker.pid}")
    print(f"folder {broker.folder}, log {broker.log}")
    print(f"{len(topics)} topics")
    for name, partitions in topics.items():
        print(f"  {name}  {partitions} partitions")
    return 0
