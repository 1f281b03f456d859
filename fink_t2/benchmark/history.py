"""One line of the benchmark history, ``docs/benchmark_history.csv``, from measured figures."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, Final

from fink_t2.errors import FinkT2Error

#: Columns of the history: what was measured and where, then the figures. Ratios are times faster
#: than the reference on the same alerts. A part that was not measured leaves its cells empty.
COLUMNS: Final = (
    "release",
    "date",
    "commit",
    "machine",
    "cores",
    "model",
    "arrays_us_per_alert",
    "arrays_alerts_per_second_per_core",
    "gaussian_process_ratio_to_george",
    "inference_ratio_to_published",
    "arrays_ratio_to_reference",
    "spark_two_cores_alerts_per_second",
    "stream_alerts_per_second",
    "stream_rate_of_latency",
    "stream_latency_p95_seconds",
    "stream_first_alert_seconds",
    "stream_worker_mb",
)


def history_line(results: dict[str, Any], release: str) -> dict[str, str]:
    """Return the line of one run of ``fink-t2 bench``.

    Parameters
    ----------
    results : dict
        The figures of a run, as ``fink-t2 bench --json`` writes them.
    release : str
        Version that was measured, or "unreleased".

    Returns
    -------
    dict of str to str
        A text for each of `COLUMNS`; figures with three significant digits.
    """
    machine = results["machine"]
    line = dict.fromkeys(COLUMNS, "") | {
        "release": release,
        "date": machine["measured_at"][:10],
        "commit": machine["commit"] or "",
        "machine": machine["processor"],
        "cores": str(machine["cores"]),
    }
    figures: dict[str, float | None] = {}
    if stages := results.get("stages"):
        line["model"] = stages["model"]
        path, ratios = stages["ours"]["module path"], stages["ratios"]
        figures["arrays_us_per_alert"] = path["median_us"]
        figures["arrays_alerts_per_second_per_core"] = path["alerts_per_second"]
        for column, stage in (
            ("gaussian_process_ratio_to_george", "gp"),
            ("inference_ratio_to_published", "inference"),
            ("arrays_ratio_to_reference", "module path"),
        ):
            figures[column] = ratios[stage]["median"] if stage in ratios else None
    for row in results.get("module", []):
        if row["cores"] == 2:
            rate = row["steps"]["classify"]["median"]
            figures["spark_two_cores_alerts_per_second"] = rate
    if stream := results.get("end_to_end"):
        line["model"] = stream["model"]
        figures["stream_alerts_per_second"] = stream["fast"]["alerts_per_second"]
        figures["stream_rate_of_latency"] = stream["steady"]["rate"]
        figures["stream_latency_p95_seconds"] = stream["steady"]["latency_seconds"]["p95"]
        figures["stream_first_alert_seconds"] = stream["first_alert_seconds"]
        figures["stream_worker_mb"] = stream["memory_mb"]["worker"]
    return line | {column: _three_digits(value) for column, value in figures.items()}


def _three_digits(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def check_columns(path: Path) -> None:
    """Check that a line can be appended to a history, which need not exist yet.

    Raises
    ------
    FinkT2Error
        If the file has other columns.
    """
    if not path.exists():
        return
    with path.open(newline="") as stream:
        header = next(csv.reader(stream), [])
    if header != list(COLUMNS):
        raise FinkT2Error(f"{path}: its columns are not those of the benchmark history")


def append_line(path: Path, line: dict[str, str]) -> None:
    """Append a line to a history, which is begun if it does not exist.

    Raises
    ------
    FinkT2Error
        If the file has other columns; it is left as it is.
    """
    check_columns(path)
    is_new = not path.exists()
    with path.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(line)
