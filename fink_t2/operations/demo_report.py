"""What a demo prints: the surest alerts, counts, throughput, latency, and where the outputs are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from fink_t2.operations.demo import (
    DEAD_LETTER_TOPIC,
    INPUT_TOPIC,
    OUTPUT_TOPIC,
    DemoResult,
    DemoSettings,
)


def print_report(settings: DemoSettings, result: DemoResult, n_rows: int) -> None:
    """Print the outcome of a demo.

    Parameters
    ----------
    settings : DemoSettings
        What the demo did.
    result : DemoResult
        What came out of it.
    n_rows : int
        Number of alerts in the table.
    """
    rows = result.rows
    classified = sorted(
        (row for row in rows if row["t2_status"] == "ok"), key=lambda row: -row["t2_prob"]
    )
    _print_alerts(classified, n_rows)
    print("\nstatus           alerts")
    print(_counts(row["t2_status"] for row in rows), end="")
    print(f"  {'dead letters':<18} {result.dead_letters:>5}")
    print(f"\nclass            alerts\n{_counts(row['t2_class'] for row in classified)}")
    print(f"published        {result.report.delivered} alerts at {settings.rate:g}/s")
    print(f"throughput       {_throughput(result.batches)}")
    if result.latencies:
        median, high = np.percentile(result.latencies, [50, 95])
        print(
            f"latency          {median:.2f} s median, {high:.2f} s for 95 %, from Kafka to Kafka "
            "(the first batch starts the Python workers)"
        )
    print(f"model            {rows[0]['t2_model'] if rows else 'none: no alert was classified'}")
    print(f"Parquet          {settings.folder / 'tables'}")
    print(
        f"topics           {INPUT_TOPIC} -> {OUTPUT_TOPIC}, {DEAD_LETTER_TOPIC} (gone with Kafka)"
    )
    print(f"log of the job   {result.log}")
    if result.missing:
        print(f"{result.missing} alerts did not come out")


def _print_alerts(classified: list[dict[str, Any]], n_rows: int) -> None:
    print(f"\n{len(classified)} alerts classified; the {n_rows} with the largest probability:\n")
    print(f"  {'object':<20} {'alert':<20} {'class':<15} {'prob':>5}  points")
    for row in classified[:n_rows]:
        points = " ".join(
            f"{name.removeprefix('t2_n_')}:{row[name]}"
            for name in row
            if name.startswith("t2_n_") and row[name]
        )
        names = "{:<20} {:<20}".format(*_identity(row))
        print(f"  {names} {row['t2_class']:<15} {row['t2_prob']:5.2f}  {points}")


def _throughput(batches: list[dict[str, Any]]) -> str:
    """Describe the pace of the stream, without the first batch, which starts the workers."""
    full = [batch for batch in batches if batch["in"]]
    timed, note = (full[1:], "after the first") if len(full) > 1 else (full, "(the only one)")
    seconds = sum(batch["seconds"] for batch in timed)
    pace = sum(batch["in"] for batch in timed) / seconds if seconds else float("nan")
    return f"{pace:.0f} alerts/s, micro-batches: {len(timed)} {note}"


def _identity(row: dict[str, Any]) -> tuple[str, str]:
    if "candid" in row:
        return str(row["objectId"]), str(row["candid"])
    source = row["diaSource"]
    return str(source.get("diaObjectId") or source.get("ssObjectId")), str(source["diaSourceId"])


def _counts(names: Iterable[str]) -> str:
    lines = [f"  {name:<18} {number:>5}\n" for name, number in Counter(names).most_common()]
    return "".join(lines)
