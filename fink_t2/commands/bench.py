"""Measure how fast the classifier is on this machine, beside the published way of doing it.

Parts:
  stages      every stage of one core: decode, light curve, cuts, Gaussian process, scaling,
              inference; beside george and one-at-a-time TFLite on the same alerts
  scaling     throughput on 1, 2, ... cores, and the cost of an alert as its history grows

Examples:
  fink-t2 bench
  fink-t2 bench stages --alerts ../shared/data/alerts --json stages.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from fink_t2.benchmark.machine import describe_machine
from fink_t2.benchmark.report import scaling_report, stages_report
from fink_t2.benchmark.scaling import run_cores, run_histories
from fink_t2.benchmark.stages import run_stages
from fink_t2.classifier import find_model

PARTS = ("stages", "scaling")
CHECKOUT = Path(__file__).resolve().parent.parent.parent
PUBLISHED = CHECKOUT.parent / "shared" / "reference" / "t2_published_gr.tflite"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)} (default: all)"
    )
    parser.add_argument(
        "--alerts",
        type=Path,
        default=CHECKOUT / "data" / "alerts",
        help="folder of ZTF packets to time (default: data/alerts)",
    )
    parser.add_argument("--model", help="name, name/version, folder or .tflite (default: t2-ztf)")
    parser.add_argument(
        "--published",
        type=Path,
        default=PUBLISHED,
        help="the published .tflite, for the reference path (default: %(default)s)",
    )
    parser.add_argument("--seconds", type=float, default=60.0, help="time for each part")
    parser.add_argument("--batch", type=int, default=256, help="alerts per batch")
    parser.add_argument("--seed", type=int, default=0, help="order of the alerts")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures there, too")


def run(args: argparse.Namespace) -> int:
    """Measure, print tables, write JSON."""
    parts = args.parts or list(PARTS)
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        print(f"fink-t2 bench: no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return 2
    machine = describe_machine()
    print(
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load_average'][0]}; "
        f"fink_t2 {machine['fink_t2']} {machine['commit'] or ''}\n"
    )
    results: dict[str, Any] = {"machine": machine, "seed": args.seed}
    model = find_model(args.model)
    if "stages" in parts:
        results["stages"] = run_stages(
            args.alerts,
            model,
            args.published if args.published.is_file() else None,
            batch_alerts=args.batch,
            seconds=args.seconds,
            seed=args.seed,
        )
        print(stages_report(results["stages"]), end="\n\n")
    if "scaling" in parts:
        results["scaling"] = {
            "cores": run_cores(
                model, largest=machine["cores"], seconds=args.seconds / 20, seed=args.seed
            ),
            "histories": run_histories(model, seconds=args.seconds / 2, seed=args.seed),
        }
        print(scaling_report(results["scaling"]), end="\n\n")
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")
    return 0
