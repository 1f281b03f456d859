"""Readable tables of the measured figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with aligned columns; the first is text, the others figures."""
    widths = [max(len(row[k]) for row in [header, *rows]) for k in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (w + 1) + ("-" if k == 0 else ":") for k, w in enumerate(widths))
    return "\n".join([line(header), rule + "|", *map(line, rows)])


def number(value: float, digits: int = 3) -> str:
    """Return a figure to `digits` significant digits, with thousands separated."""
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def stages_report(result: dict[str, Any]) -> str:
    """Return the table of `fink_t2.benchmark.stages.run_stages`."""
    rows = []
    for stage, ours in result["ours"].items():
        reference = result["reference"].get(stage)
        ratio = result["ratios"].get(stage)
        rows.append(
            [
                stage,
                number(ours["median_us"]),
                number(ours["p90_us"]),
                number(ours["alerts_per_second"]),
                number(reference["median_us"]) if reference else "",
                number(reference["p90_us"]) if reference else "",
                f"{number(ratio['median'])}x" if ratio else "",
                f"{number(ratio['p10'])}-{number(ratio['p90'])}" if ratio else "",
            ]
        )
    header = [
        "stage, us per alert", "median", "90 %", "alerts/s/core",
        "reference", "90 %", "ratio", "10-90 %",
    ]  # fmt: skip
    noise = result["machine_noise"]
    lines = [
        table(header, rows),
        "",
        f"{result['packets']} packets of {result['alerts']} "
        f"({result['packet_bytes'] / 1e3:.0f} kB each), {result['passing_cuts']} pass the cuts "
        f"with {number(result['points']['median'])} points (median; 90 % "
        f"{number(result['points']['p90'])}); model {result['model']}; batches of "
        f"{result['batch_alerts']}. Path: arrays in, probabilities out. Processor time.",
        "Noise of this machine: a fixed computation took "
        f"{noise['p50_over_fastest']:.2f} (median), {noise['p90_over_fastest']:.2f} (90 %), "
        f"{noise['p100_over_fastest']:.2f} (worst) times its fastest.",
    ]
    if "inference" not in result["reference"]:
        lines.append(
            "No published network was given (--published): the reference's inference, and with "
            "it the reference path, is left out."
        )
    return "\n".join(lines)


def scaling_report(result: dict[str, Any]) -> str:
    """Return the tables of `fink_t2.benchmark.scaling`."""
    cores = [
        [
            str(row["cores"]),
            number(row["alerts_per_second"]),
            f"{number(row['p10'])}-{number(row['p90'])}",
            f"{row['over_one_core']:.2f}x",
        ]
        for row in result["cores"]
    ]
    histories = [
        [
            f"{row['points']:,}",
            number(row["gp"]["median_us"]),
            number(row["gp"]["p90_us"]),
            number(row["classifier"]["median_us"]),
            number(row["classifier"]["alerts_per_second"]),
            number(row["reference_gp"]["median_us"]) if "reference_gp" in row else "",
            f"{number(row['ratio']['median'])}x" if "ratio" in row else "",
        ]
        for row in result["histories"]
    ]
    return "\n".join(
        [
            table(["cores", "alerts/s", "10-90 %", "over one core"], cores),
            "",
            table(
                [
                    "points, us per alert", "gp", "90 %", "with inference", "alerts/s/core",
                    "george", "ratio",
                ],
                histories,
            ),
        ]
    )  # fmt: skip


def module_report(rows: list[dict[str, Any]]) -> str:
    """Return the table of `fink_t2.benchmark.spark_module.run_module`."""

    def rates(row: dict[str, Any], step: str) -> list[str]:
        rate = row["steps"][step]
        return [number(rate["median"]), f"{number(rate['p10'])}-{number(rate['p90'])}"]

    header = [
        "Spark, alerts/s", "bytes", "decode", "classify", "10-90 %", "cpu us/alert",
        "alerts/s/core", "worker MB", "JVM MB", "cold start s",
    ]  # fmt: skip
    body = [
        [
            f"local[{row['cores']}]",
            rates(row, "bytes")[0],
            rates(row, "decode")[0],
            *rates(row, "classify"),
            number(row["cpu_us_per_alert"]),
            number(row["alerts_per_second_per_core"]),
            number(row["worker_memory_mb"]),
            number(row["jvm_memory_mb"]),
            f"{row['cold_start_seconds']:.1f}",
        ]
        for row in rows
    ]
    note = (
        f"{rows[0]['alerts_per_turn']:,} alerts a turn, {rows[0]['classified_fraction']:.0%} of "
        "them pass the cuts. Each column includes the one before; the last of them is the whole "
        "module, cutouts included. Per core: 1 / processor time of JVM and Python together."
    )
    return "\n".join([table(header, body), "", note])


def end_to_end_report(result: dict[str, Any]) -> str:
    """Return the table of `fink_t2.benchmark.end_to_end.run_end_to_end`."""
    rows = []
    for phase in ("steady", "fast"):
        figures = result[phase]
        latency = figures["latency_seconds"]
        rows.append(
            [
                f"{figures['rate']:.0f} alerts/s" if phase == "steady" else "as fast as possible",
                f"{figures['alerts']:,}",
                number(figures["input_alerts_per_second"]),
                number(figures["alerts_per_second"]),
                *[f"{latency[percentile]:.2f}" for percentile in ("p50", "p95", "p99")],
                f"{figures['lag']['largest_first_half']:,}",
                f"{figures['lag']['largest_second_half']:,}",
                number(result["cpu_us_per_alert"]["job"][phase]),
            ]
        )
    header = [
        "replayed", "alerts", "in /s", "out /s", "latency 50 % s", "95 %", "99 %",
        "lag, 1st half", "2nd half", "job cpu us/alert",
    ]  # fmt: skip
    note = (
        f"{result['master']}, trigger {result['trigger_seconds']} s, model {result['model']}. "
        f"spark-submit to the first classified alert: {result['first_alert_seconds']:.1f} s. "
        f"Peak memory: Python worker {result['memory_mb']['worker']:.0f} MB, JVM "
        f"{result['memory_mb']['jvm']:.0f} MB. Lag: largest number of alerts under way in each "
        "half of the input."
    )
    return "\n".join([table(header, rows), "", note])


def interpolation_report(result: dict[str, Any]) -> str:
    """Return the tables of `fink_t2.benchmark.interpolation_accuracy.run_interpolation`."""
    agreement = [
        [
            row["source"],
            f"{row['curves']:,}",
            "" if row["points"] is None else number(row["points"]),
            f"{row['agree']:.2%}",
            f"{row['agree_or_higher_likelihood']:.2%}",
            number(row["reference_us"]),
            number(row["us"]),
            f"{number(row['ratio'])}x",
        ]
        for row in result["agreement"]
    ]
    shortening = [
        [
            row["source"],
            f"{row['curves']:,}",
            *(f"{row['largest_difference'][key]:.5f}" for key in ("median", "p90", "largest")),
            *(f"{row['rms_difference'][key]:.5f}" for key in ("median", "p90")),
        ]
        for row in result["shortening"]
    ]
    return "\n".join(
        [
            "Agreement with george: within 0.001 of the peak flux, or with a higher likelihood.",
            "",
            table(
                [
                    "source", "curves", "points", "agree", "or higher", "george us", "fink_t2 us",
                    "ratio",
                ],
                agreement,
            ),
            "",
            "Error of shortening long light curves, in units of the peak flux.",
            "",
            table(
                ["source", "curves", "median", "90 %", "largest", "rms median", "rms 90 %"],
                shortening,
            ),
            "",
            f"{result['left_out']} light curves that vary too fast for an exact fit are left out.",
        ]
    )  # fmt: skip
