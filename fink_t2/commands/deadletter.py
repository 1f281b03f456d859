"""Look at messages that could not be read, and send them to Kafka again once they can be.

list    one line each, or with --summary one line for each reason
show    all that is known of one, and whether this code could read it now
replay  send to Kafka again those that can be read now (--all: every one that is chosen)

A message sent again gets a new offset, and a header that names the old one; the job takes it
like any other. What still can't be read would only become a dead letter again.

Examples:
  fink-t2 deadletter list --config conf/ztf.toml --summary
  fink-t2 deadletter list --config conf/ztf.toml --since 2026-08-01 --reason schema
  fink-t2 deadletter show --config conf/ztf.toml ztf_20260801/3/17
  fink-t2 deadletter show --config conf/ztf.toml ztf_20260801/3/17 --out message.bin
  fink-t2 deadletter replay --config conf/ztf.toml --reason "schema 1100" --dry-run
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fink_t2.alerts import SchemaSource, schema_source
from fink_t2.config import StreamConfig, load_config
from fink_t2.kafka.client_settings import client_settings
from fink_t2.operations.dead_letter_table import (
    DeadLetter,
    DeadLetterError,
    dead_letters,
    send_again,
)

SHOWN_BYTES = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 deadletter``."""
    parser.add_argument("action", choices=["list", "show", "replay"])
    parser.add_argument("name", nargs="?", help="TOPIC/PARTITION/OFFSET, for show or replay")
    parser.add_argument("--config", required=True, metavar="FILE", help="the job's configuration")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--reason", default="", help="only those whose reason has this text in it")
    parser.add_argument("--since", type=_moment, metavar="DATE", help="only those met since (UTC)")
    parser.add_argument("--from-topic", default="", metavar="TOPIC", help="only those from there")
    parser.add_argument("--limit", type=int, default=100, help="lines of a list (default 100)")
    parser.add_argument("--summary", action="store_true", help="list: count them by reason")
    parser.add_argument("--out", type=Path, metavar="FILE", help="show: write the message there")
    parser.add_argument("--to", default="", metavar="TOPIC", help="replay: not where it came from")
    parser.add_argument("--all", action="store_true", help="replay: even what can't be read now")
    parser.add_argument("--dry-run", action="store_true", help="replay: only say what would be")


def run(args: argparse.Namespace) -> int:
    """List, show or replay; 1 where ``show`` finds none or ``replay`` sends not all."""
    config = load_config(args.config, args.set)
    if not config.output.path:
        raise DeadLetterError("'output.path' is not set: this job keeps no table of dead letters")
    found = dead_letters(config.output.path, args.reason, args.since, args.from_topic)
    if args.name:
        found = (letter for letter in found if letter.name == args.name)
    if args.action == "list":
        return _list(found, args)
    schemas = schema_source(config.alerts.schemas)
    if args.action == "show":
        return _show(found, config, schemas, args)
    return _replay(found, config, schemas, args)


def _list(found: Iterator[DeadLetter], args: argparse.Namespace) -> int:
    if args.summary:
        counts = Counter(letter.reason for letter in found)
        for reason, number in counts.most_common(args.limit):
            print(f"{number:8d}  {reason}")
        print(f"{counts.total():8d}  in all")
        return 0
    for number, letter in enumerate(found):
        if number == args.limit:
            print(f"... only the first {args.limit}; --limit shows more")
            break
        moment = letter.ingested_at.strftime("%Y-%m-%d %H:%M:%S")
        print(f"{letter.name}  {moment}  {len(letter.value)} bytes  {letter.reason}")
    return 0


def _show(
    found: Iterator[DeadLetter],
    config: StreamConfig,
    schemas: SchemaSource | None,
    args: argparse.Namespace,
) -> int:
    if not args.name:
        raise DeadLetterError("which? TOPIC/PARTITION/OFFSET, as 'fink-t2 deadletter list' has it")
    letter = next(found, None)
    if letter is None:
        print(f"no dead letter {args.name}")
        return 1
    now = letter.problem_now(config.survey, schemas, config.limits)
    print(f"from      {letter.name}")
    print(f"met       {letter.ingested_at.isoformat(timespec='seconds')}")
    print(f"reason    {letter.reason}")
    print(f"now       {now or 'can be read'}")
    print(f"size      {len(letter.value)} bytes")
    print(f"begins    {letter.value[:SHOWN_BYTES].hex(' ')}")
    if args.out:
        args.out.write_bytes(letter.value)
        print(f"written   {args.out}")
    return 0


def _replay(
    found: Iterator[DeadLetter],
    config: StreamConfig,
    schemas: SchemaSource | None,
    args: argparse.Namespace,
) -> int:
    left: Counter[str] = Counter()

    def readable() -> Iterator[DeadLetter]:
        for letter in found:
            problem = letter.problem_now(config.survey, schemas, config.limits)
            if problem and not args.all:
                left[problem] += 1
            else:
                yield letter

    if args.dry_run:
        number = sum(1 for _ in readable())
        print(f"{number} would be sent, {left.total()} still can't be read")
        return 0
    settings = client_settings(config.kafka, config.kafka.producer)
    sent, failed = send_again(readable(), settings, args.to)
    print(f"{sent} sent, {left.total()} left because they still can't be read")
    for name in failed:
        print(f"  not sent: {name}")
    return 1 if failed else 0


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
