"""Measure how fast the classifier is on this machine, beside the published way of doing it.

Parts:
  stages      every stage of one core: decode, light curve, cuts, Gaussian process, scaling,
              inference; beside george and one-at-a-time TFLite on the same alerts
  scaling     throughput on 1, 2, ... cores, and the cost of an alert as its history grows
  module      the science module in Spark with 1 and 2 cores: Avro decoding from bytes, cutouts
              included, classification; memory of the Python workers, time to the first result
  end-to-end  a local Kafka, replay, spark-submit and both sinks: sustained rate, latency from
              append to append, lag
Examples:
  fink-t2 bench
  fink-t2 bench stages --alerts ../shared/data/alerts --json stages.json
  fink-t2 bench end-to-end --rate 270 --seconds 120
  fink-t2 bench module --profile profiles      # needs py-spy
  fink-t2 bench --history docs/benchmark_history.csv --release 0.2.0
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fink_t2.benchmark.end_to_end import LSST_RATE, run_end_to_end
from fink_t2.benchmark.history import append_line, check_columns, history_line
from fink_t2.benchmark.machine import describe_machine
from fink_t2.benchmark.report import (
    end_to_end_report,
    module_report,
    scaling_report,
    stages_report,
)
from fink_t2.benchmark.scaling import run_cores, run_histories
from fink_t2.benchmark.spark_module import run_module
from fink_t2.benchmark.stages import run_stages
from fink_t2.classifier import find_model
from fink_t2.errors import FinkT2Error
from fink_t2.science.model_store import default_models_folder

PARTS = ("stages", "scaling", "module", "end-to-end")
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
    parser.add_argument(
        "--warm-up",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="end to end: time at --rate before what is measured, while Java compiles "
        "(default: %(default)s)",
    )
    parser.add_argument("--batch", type=int, default=256, help="alerts per batch")
    parser.add_argument(
        "--rate",
        type=float,
        default=LSST_RATE,
        help="alerts/s of the steady replay (default: LSST's mean, %(default)s)",
    )
    parser.add_argument(
        "--number",
        type=int,
        default=20_000,
        help="alerts of one turn in Spark, and of the replay at full speed (default: %(default)s)",
    )
    parser.add_argument(
        "--master", default="local[2]", help="Spark's master, end to end (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="order of the alerts")
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FOLDER",
        help="sample Python with py-spy (flame graph), Spark's JVMs with Java's flight recorder",
    )
    parser.add_argument("--json", type=Path, metavar="OUT", help="write all figures there, too")
    parser.add_argument(
        "--history",
        type=Path,
        metavar="CSV",
        help="append a line with the main figures, as in docs/benchmark_history.csv",
    )
    parser.add_argument(
        "--release",
        default="unreleased",
        help="release that the line of --history is for (default: %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Measure, print tables, write JSON."""
    parts = args.parts or list(PARTS)
    unknown = sorted(set(parts) - set(PARTS))
    if unknown:
        print(f"fink-t2 bench: no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
        return 2
    if args.profile:
        return _run_profiled(args.profile)
    if {"stages", "scaling"} & set(parts) and find_spec("george") is None:
        raise FinkT2Error(
            "stages and scaling are timed beside george, which is not installed: bin/setup dev, or "
            "pip install 'fink_t2[train]'; 'fink-t2 bench module end-to-end' does without it"
        )
    if args.history:
        check_columns(args.history)  # before anything is measured
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
    if "module" in parts:
        results["module"] = run_module(args.alerts, model, n_alerts=args.number)
        print(module_report(results["module"]), end="\n\n")
    if "end-to-end" in parts:
        results["end_to_end"] = run_end_to_end(
            args.alerts,
            model,
            default_models_folder(),
            rate=args.rate,
            seconds=args.seconds,
            fast_alerts=args.number,
            warm_up_seconds=args.warm_up,
            master=args.master,
        )
        print(end_to_end_report(results["end_to_end"]), end="\n\n")
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")
    if args.history:
        append_line(args.history, history_line(results, args.release))
    return 0


def _run_profiled(folder: Path) -> int:
    """Run this command again, without ``--profile``, under py-spy and Java's flight recorder."""
    sampler = shutil.which("py-spy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
    if sampler is None:
        raise FinkT2Error("--profile needs py-spy: pip install py-spy")
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    arguments = sys.argv[1:]
    place = next(k for k, word in enumerate(arguments) if word.startswith("--profile"))
    del arguments[place : place + (1 if "=" in arguments[place] else 2)]
    flame_graph = folder / "python.svg"
    # A low rate: what is sampled shall not notice.
    command = [sampler, "record", "--subprocesses", "--nonblocking", "--rate", "25"]
    command += ["--output", str(flame_graph)]
    recorder = f"-XX:StartFlightRecording:settings=profile,dumponexit=true,filename={folder}/"
    code = subprocess.run(
        [*command, "--", sys.executable, "-m", "fink_t2.cli", *arguments],
        env={**os.environ, "SPARK_SUBMIT_OPTS": recorder},
    ).returncode
    print(f"profiles: {flame_graph}; for 'jfr print' or Java Mission Control: {folder}/*.jfr")
    return code
