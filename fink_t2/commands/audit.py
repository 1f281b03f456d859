"""Prove that nothing was lost and nothing came twice: account for every message of a job.

For every Kafka partition: the offsets that the job's checkpoint says are read, against the
rows in the table of alerts and in that of dead letters. With --topic the output topic is held
against the table too. May run beside the job.

Exit code 0: every message is accounted for, once. 1: not so, or it could not be found out.

Examples:
  fink-t2 audit --config conf/ztf.toml
  fink-t2 audit --config conf/ztf.toml --topic --json
  fink-t2 audit --config conf/ztf.toml --allow-expired     # failed_on_data_loss = false
"""

from __future__ import annotations

import argparse
import dataclasses
import json

from fink_t2.config import load_config
from fink_t2.operations.audit import audit, audit_topic, named, totals

COLUMNS = ("messages", "alerts", "rows", "dead_letters", "missing", "twice", "expired", "ahead")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 audit``."""
    parser.add_argument("--config", required=True, metavar="FILE", help="the job's configuration")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--topic", action="store_true", help="hold the output topic to it too")
    parser.add_argument(
        "--allow-expired",
        action="store_true",
        help="messages that Kafka deleted before they were read are no failure",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Audit; 1 where a message is missing or there twice."""
    config = load_config(args.config, args.set)
    found = audit(config)
    topic = audit_topic(config) if args.topic else None
    sums = totals(found)
    excused = sums["expired"] if args.allow_expired else 0
    is_complete = sums["missing"] == excused and not sums["twice"]
    if topic is not None:
        is_complete = is_complete and not topic.missing and not topic.unknown
    if args.json:
        report = {
            "complete": is_complete,
            **sums,
            "partitions": [dataclasses.asdict(one) for one in found],
            "topic": None if topic is None else dataclasses.asdict(topic),
        }
        print(json.dumps(report))
        return 0 if is_complete else 1
    print("partition".ljust(40) + "".join(name.rjust(13) for name in COLUMNS))
    for one in found:
        values = totals([one])
        line = "".join(str(values[name]).rjust(13) for name in COLUMNS)
        print(f"{one.topic}/{one.partition}".ljust(40) + line)
        if one.missing:
            print(f"  missing: {named(one.missing)}")
        if one.twice:
            print(f"  twice: {named(one.twice)}")
    print("all".ljust(40) + "".join(str(sums[name]).rjust(13) for name in COLUMNS))
    if topic is not None:
        print(
            f"topic {config.output.topic}: {topic.messages} messages, {topic.repeats} repeats, "
            f"{topic.missing} alerts missing, {topic.unknown} not in the table"
        )
    print("every message is accounted for, once" if is_complete else "NOT every message is")
    return 0 if is_complete else 1
