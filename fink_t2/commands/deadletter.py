"""List, inspect and resend messages that could not be read.

list    one line per dead letter, or with --summary one line per reason
show    everything that is known about one dead letter, and whether it can be read now
replay  send to Kafka again what can be read now (with --all: everything that is selected)

A message that is sent again gets a new offset and a header that names the old one; the job reads
it like any other message. What still cannot be read would only become a dead letter again.

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
from typing import TYPE_CHECKING

from fink_t2.commands._arguments import add_job_arguments

if TYPE_CHECKING:
    from fink_t2.alerts import SchemaSource
    from fink_t2.config import StreamConfig
    from fink_t2.operations.dead_letter_table import DeadLetter

GROUP = "operate"

SHOWN_BYTES = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 deadletter``."""
    parser.add_argument("action", choices=["list", "show", "replay"], help="see above")
    parser.add_argument(
        "name", nargs="?", help="one dead letter, as TOPIC/PARTITION/OFFSET, to show or replay"
    )
    add_job_arguments(parser)
    selection = parser.add_argument_group("selection")
    selection.add_argument(
        "--reason", default="", metavar="TEXT", help="those whose reason contains this text"
    )
    selection.add_argument(
        "--since", type=_moment, metavar="DATE", help="those that the job met since then (UTC)"
    )
    selection.add_argument(
        "--from-topic", default="", metavar="TOPIC", help="those that came from this topic"
    )
    parser.add_argument(
        "--limit", type=int, default=100, help="list: number of lines (default: %(default)s)"
    )
    parser.add_argument("--summary", action="store_true", help="list: count by reason")
    parser.add_argument("--out", type=Path, metavar="FILE", help="show: write the message to it")
    parser.add_argument(
        "--to", default="", metavar="TOPIC", help="replay: send to this topic, not to the original"
    )
    parser.add_argument(
        "--all", action="store_true", help="replay: include what still cannot be read"
    )
    parser.add_argument("--dry-run", action="store_true", help="replay: only count")


def run(args: argparse.Namespace) -> int:
    """List, show or replay; return 1 if ``show`` finds none or ``replay`` does not send all."""
    from fink_t2.alerts import schema_source
    from fink_t2.config import load_config
    from fink_t2.operations.dead_letter_table import DeadLetterError, dead_letters

    config = load_config(args.config, args.set)
    if not config.output.path:
        raise DeadLetterError(
            "'output.path' is not set in the configuration, so the job keeps no dead-letter table"
        )
    letters = dead_letters(config.output.path, args.reason, args.since, args.from_topic)
    if args.name:
        letters = (letter for letter in letters if letter.name == args.name)
    if args.action == "list":
        return _list(letters, args)
    schemas = schema_source(config.alerts.schemas)
    if args.action == "show":
        return _show(letters, config, schemas, args)
    return _replay(letters, config, schemas, args)


def _list(letters: Iterator[DeadLetter], args: argparse.Namespace) -> int:
    if args.summary:
        counts = Counter(letter.reason for letter in letters)
        for reason, number in counts.most_common(args.limit):
            print(f"{number:8d}  {reason}")
        print(f"{counts.total():8d}  in total")
        return 0
    for number, letter in enumerate(letters):
        if number == args.limit:
            print(f"... only the first {args.limit} are listed; --limit N lists more")
            break
        moment = letter.ingested_at.strftime("%Y-%m-%d %H:%M:%S")
        print(f"{letter.name}  {moment}  {len(letter.value)} bytes  {letter.reason}")
    return 0


def _show(
    letters: Iterator[DeadLetter],
    config: StreamConfig,
    schemas: SchemaSource | None,
    args: argparse.Namespace,
) -> int:
    from fink_t2.operations.dead_letter_table import DeadLetterError

    if not args.name:
        raise DeadLetterError(
            "'show' needs the dead letter's name, TOPIC/PARTITION/OFFSET, as 'fink-t2 deadletter "
            "list' prints it"
        )
    letter = next(letters, None)
    if letter is None:
        print(f"there is no dead letter {args.name}")
        return 1
    problem = letter.problem_now(config.survey, schemas, config.limits)
    print(f"from      {letter.name}")
    print(f"met       {letter.ingested_at.isoformat(timespec='seconds')}")
    print(f"reason    {letter.reason}")
    print(f"now       {problem or 'can be read'}")
    print(f"size      {len(letter.value)} bytes")
    print(f"begins    {letter.value[:SHOWN_BYTES].hex(' ')}")
    if args.out:
        args.out.write_bytes(letter.value)
        print(f"written   {args.out}")
    return 0


def _replay(
    letters: Iterator[DeadLetter],
    config: StreamConfig,
    schemas: SchemaSource | None,
    args: argparse.Namespace,
) -> int:
    from fink_t2.kafka.client_settings import client_settings
    from fink_t2.operations.dead_letter_table import send_again

    unreadable: Counter[str] = Counter()

    def readable() -> Iterator[DeadLetter]:
        for letter in letters:
            problem = letter.problem_now(config.survey, schemas, config.limits)
            if problem and not args.all:
                unreadable[problem] += 1
            else:
                yield letter

    if args.dry_run:
        number = sum(1 for _ in readable())
        print(f"{number} would be sent, {unreadable.total()} still can't be read")
        return 0
    settings = client_settings(config.kafka, config.kafka.producer)
    sent, failed = send_again(readable(), settings, args.to)
    print(f"{sent} sent, {unreadable.total()} left because they still can't be read")
    for name in failed:
        print(f"  not sent: {name}")
    return 1 if failed else 0


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date such as 2026-08-01 or 2026-08-01T12:30"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
