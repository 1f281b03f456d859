"""Measure speed and accuracy, beside the published way of computing.

Parts:
  stages         every stage on one core: decoding, light curve, cuts, Gaussian process, scaling,
                 inference; beside george and one-at-a-time TFLite on the same alerts
  scaling        throughput on 1, 2, ... cores, and the cost of an alert as its history grows
  module         the science module in Spark on 1 and 2 cores: Avro decoding from bytes, with
                 cutouts, and classification; memory of the Python workers, time to first result
  end-to-end     a local Kafka, replay, spark-submit and both sinks: sustained rate, latency from
                 append to append, lag
  interpolation  accuracy and speed of the Gaussian process against george, and the error of
                 shortening, on real light curves; needs --shared, runs only if it is named
Examples:
  fink-t2 bench
  fink-t2 bench stages --alerts ../shared/data/alerts --json stages.json
  fink-t2 bench end-to-end --rate 270 --seconds 120
  fink-t2 bench module --profile profiles      # needs py-spy
  fink-t2 bench --history docs/benchmark_history.csv --release 0.2.0
  fink-t2 bench interpolation --shared ../shared --curves 3000
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from fink_t2.benchmark import LSST_RATE
from fink_t2.commands._arguments import CHECKOUT, PUBLISHED_NETWORK, SHARED
from fink_t2.errors import FinkT2Error
from fink_t2.extras import require

GROUP = "develop"

PARTS = ("stages", "scaling", "module", "end-to-end", "interpolation")
#: Parts that run if none is named.
DEFAULT_PARTS = PARTS[:4]
#: Parts that are compared with george.
GEORGE_PARTS = frozenset(("stages", "scaling", "interpolation"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 bench``."""
    parser.add_argument(
        "parts",
        nargs="*",
        choices=PARTS,
        metavar="PART",
        help=f"parts to run, see above (default: {' '.join(DEFAULT_PARTS)})",
    )
    parser.add_argument(
        "--alerts",
        type=Path,
        default=CHECKOUT / "data" / "alerts",
        metavar="FOLDER",
        help="ZTF packets to time (default: data/alerts)",
    )
    parser.add_argument(
        "--model", help="name, name/version, folder or .tflite file (default: t2-ztf)"
    )
    parser.add_argument(
        "--published",
        type=Path,
        default=PUBLISHED_NETWORK,
        metavar="FILE",
        help="the published .tflite file, for the reference path (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=60.0,
        help="duration of each part that is timed (default: %(default)s)",
    )
    parser.add_argument(
        "--warm-up",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="end-to-end: time at --rate before the measurement, while Java compiles "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--batch", type=int, default=256, help="stages: alerts per batch (default: %(default)s)"
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=LSST_RATE,
        help="end-to-end: alerts/s of the steady replay (default: LSST's mean, %(default)s)",
    )
    parser.add_argument(
        "--number",
        type=int,
        default=20_000,
        help="module, end-to-end: alerts of one turn in Spark, and of the replay at full speed "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--master", default="local[2]", help="end-to-end: Spark's master (default: %(default)s)"
    )
    parser.add_argument(
        "--shared",
        type=Path,
        default=SHARED,
        metavar="FOLDER",
        help="interpolation: folder of reference data (default: %(default)s)",
    )
    parser.add_argument(
        "--curves",
        type=int,
        default=400,
        help="interpolation: most light curves of each source (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="seed of the order of the alerts and of the choice of light curves "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--profile",
        type=Path,
        metavar="FOLDER",
        help="sample Python with py-spy (flame graph) and Spark's JVMs with Java's flight recorder",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures to it")
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
    """Measure, print the tables, and write the figures as JSON."""
    parts = args.parts or list(DEFAULT_PARTS)
    if args.profile:
        return _run_profiled(args.profile)
    if GEORGE_PARTS & set(parts):
        require("george")
    from fink_t2.benchmark.history import append_line, check_columns, history_line
    from fink_t2.benchmark.machine import describe_machine

    if args.history:
        check_columns(args.history)  # before anything is measured

    machine = describe_machine()
    print(
        f"{machine['processor']}, {machine['cores']} cores, load {machine['load_average'][0]}; "
        f"fink_t2 {machine['fink_t2']} {machine['commit'] or ''}\n"
    )
    results: dict[str, Any] = {"machine": machine, "seed": args.seed}
    for part in PARTS:
        if part in parts:
            result, report = _measure(part, args, machine["cores"])
            results[part.replace("-", "_")] = result
            print(report, end="\n\n")
    if args.json:
        args.json.write_text(json.dumps(results, indent=2) + "\n")
    if args.history:
        append_line(args.history, history_line(results, args.release))
    return 0


def _measure(part: str, args: argparse.Namespace, cores: int) -> tuple[Any, str]:
    """Return the figures of a part, and the text that shows them."""
    from fink_t2.benchmark import report
    from fink_t2.classifier import find_model
    from fink_t2.science.model_store import default_models_folder

    if part == "interpolation":
        from fink_t2.benchmark.interpolation_accuracy import run_interpolation

        figures = run_interpolation(args.shared, args.curves, args.seed)
        return figures, report.interpolation_report(figures)
    model = find_model(args.model)
    if part == "stages":
        from fink_t2.benchmark.stages import run_stages

        stages = run_stages(
            args.alerts,
            model,
            args.published if args.published.is_file() else None,
            batch_alerts=args.batch,
            seconds=args.seconds,
            seed=args.seed,
        )
        return stages, report.stages_report(stages)
    if part == "scaling":
        from fink_t2.benchmark.scaling import run_cores, run_histories

        scaling = {
            "cores": run_cores(model, largest=cores, seconds=args.seconds / 20, seed=args.seed),
            "histories": run_histories(model, seconds=args.seconds / 2, seed=args.seed),
        }
        return scaling, report.scaling_report(scaling)
    if part == "module":
        from fink_t2.benchmark.spark_module import run_module

        module = run_module(args.alerts, model, n_alerts=args.number)
        return module, report.module_report(module)
    from fink_t2.benchmark.end_to_end import run_end_to_end

    end_to_end = run_end_to_end(
        args.alerts,
        model,
        default_models_folder(),
        rate=args.rate,
        seconds=args.seconds,
        fast_alerts=args.number,
        warm_up_seconds=args.warm_up,
        master=args.master,
    )
    return end_to_end, report.end_to_end_report(end_to_end)


def _run_profiled(folder: Path) -> int:
    """Run this command again, without ``--profile``, under py-spy and Java's flight recorder."""
    sampler = shutil.which("py-spy", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
    if sampler is None:
        raise FinkT2Error("--profile needs py-spy: pip install py-spy")
    folder = folder.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    arguments = sys.argv[1:]
    position = next(k for k, word in enumerate(arguments) if word.startswith("--profile"))
    del arguments[position : position + (1 if "=" in arguments[position] else 2)]
    flame_graph = folder / "python.svg"
    # At a low rate, sampling hardly slows what is sampled.
    command = [sampler, "record", "--subprocesses", "--nonblocking", "--rate", "25"]
    command += ["--output", str(flame_graph)]
    recorder = f"-XX:StartFlightRecording:settings=profile,dumponexit=true,filename={folder}/"
    code = subprocess.run(
        [*command, "--", sys.executable, "-m", "fink_t2.cli", *arguments],
        env={**os.environ, "SPARK_SUBMIT_OPTS": recorder},
    ).returncode
    print(f"profiles: {flame_graph}; for 'jfr print' or Java Mission Control: {folder}/*.jfr")
    return code
