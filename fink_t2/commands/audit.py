"""Account for every message of a job: none lost, none written twice.

For every Kafka partition, the offsets that the job has read according to its checkpoint are
compared with the rows of the alert table and of the dead-letter table. With --topic, the output
topic is compared with the alert table as well. The job may be running meanwhile.

Exit code 0: every message is accounted for exactly once. 1: some are missing or written twice, or
the audit could not be made.

Examples:
  fink-t2 audit --config conf/ztf.toml
  fink-t2 audit --config conf/ztf.toml --topic --json
  fink-t2 audit --config conf/ztf.toml --allow-expired     # with source.fail_on_data_loss = false
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING

from fink_t2.commands._arguments import add_job_arguments

if TYPE_CHECKING:
    from fink_t2.operations.audit import PartitionAudit, TopicAudit

GROUP = "operate"

COLUMNS = ("messages", "alerts", "rows", "dead_letters", "missing", "twice", "expired", "ahead")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 audit``."""
    add_job_arguments(parser)
    parser.add_argument(
        "--topic", action="store_true", help="compare the output topic with the alert table, too"
    )
    parser.add_argument(
        "--allow-expired",
        action="store_true",
        help="do not count as missing what Kafka deleted before the job could read it",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Audit; return 1 if a message is missing or was written twice."""
    from fink_t2.config import load_config
    from fink_t2.operations.audit import audit, audit_topic, totals

    config = load_config(args.config, args.set)
    partitions = audit(config)
    topic = audit_topic(config) if args.topic else None
    sums = totals(partitions)
    excused = sums["expired"] if args.allow_expired else 0
    is_complete = sums["missing"] == excused and not sums["twice"]
    if topic is not None:
        is_complete = is_complete and not topic.missing and not topic.unknown
    if args.json:
        report = {
            "complete": is_complete,
            **sums,
            "partitions": [dataclasses.asdict(partition) for partition in partitions],
            "topic": None if topic is None else dataclasses.asdict(topic),
        }
        print(json.dumps(report))
    else:
        _print_table(partitions, sums)
        if topic is not None:
            _print_topic(config.output.topic, topic)
        print(
            "every message is accounted for, once"
            if is_complete
            else "NOT every message is accounted for, once"
        )
    return 0 if is_complete else 1


def _print_table(partitions: list[PartitionAudit], sums: dict[str, int]) -> None:
    from fink_t2.operations.audit import abbreviate, totals

    def print_row(title: str, values: dict[str, int]) -> None:
        print(title.ljust(40) + "".join(str(values[name]).rjust(13) for name in COLUMNS))

    print("partition".ljust(40) + "".join(name.rjust(13) for name in COLUMNS))
    for partition in partitions:
        print_row(f"{partition.topic}/{partition.partition}", totals([partition]))
        if partition.missing:
            print(f"  missing: {abbreviate(partition.missing)}")
        if partition.twice:
            print(f"  twice: {abbreviate(partition.twice)}")
    print_row("all", sums)


def _print_topic(name: str, topic: TopicAudit) -> None:
    print(
        f"topic {name}: {topic.messages} messages, {topic.repeats} repeats, "
        f"{topic.missing} alerts missing, {topic.unknown} not in the table"
    )
