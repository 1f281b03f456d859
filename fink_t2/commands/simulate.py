"""Simulate labelled light curves or alerts.

light-curves  objects of all 14 classes as Parquet, one row per measurement
alerts        ZTF packets (schema 4.02), one Avro file each, with truth.csv
compare       figure and table of real and simulated light curves and alerts

Examples:
  fink-t2 simulate light-curves --n 100000 --survey ztf --seed 1 --out lightcurves.parquet
  fink-t2 simulate light-curves --n 5000 --survey lsst --classes SNIa=0.8,SNII=0.2 --out two.parquet
  fink-t2 simulate alerts --n 300 --seed 1 --out data/alerts
  fink-t2 simulate compare --shared ../shared --out docs/figures/simulation.png
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fink_t2.commands._arguments import DEFAULT_SURVEY, survey_name
from fink_t2.errors import FinkT2Error
from fink_t2.extras import require

GROUP = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the three actions of ``fink-t2 simulate`` and their arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    curves = actions.add_parser("light-curves", help="labelled light curves as Parquet")
    curves.add_argument("--n", type=int, required=True, help="number of objects")
    curves.add_argument(
        "--survey",
        type=survey_name,
        metavar="NAME",
        default=DEFAULT_SURVEY,
        help="survey that observes the objects (default: %(default)s)",
    )
    curves.add_argument(
        "--classes",
        default="flat",
        metavar="NAME=SHARE,...",
        help="shares of the classes; 'other' is none of the 14 (default: equal shares of all 14)",
    )
    curves.add_argument("--out", type=Path, required=True, help="Parquet file to write")

    alerts = actions.add_parser("alerts", help="ZTF alert packets in Avro")
    alerts.add_argument("--n", type=int, required=True, help="number of alerts")
    alerts.add_argument(
        "--alerts-per-object",
        type=int,
        default=4,
        help="alerts drawn from each object (default: %(default)s)",
    )
    alerts.add_argument("--out", type=Path, required=True, help="folder to write to")

    for action in (curves, alerts):
        action.add_argument(
            "--seed",
            type=int,
            default=0,
            help="the same seed gives the same output (default: %(default)s)",
        )
        action.add_argument(
            "--workers", type=int, help="number of processes (default: one per core)"
        )

    compare = actions.add_parser("compare", help="compare real with simulated data")
    compare.add_argument(
        "--shared", type=Path, required=True, help="folder of reference data, with data/labelled"
    )
    compare.add_argument("--out", type=Path, required=True, help="figure to write (.png)")
    compare.add_argument(
        "--n", type=int, default=6000, help="number of simulated objects (default: %(default)s)"
    )
    compare.add_argument(
        "--seed", type=int, default=1, help="seed of the simulation (default: %(default)s)"
    )


def run(args: argparse.Namespace) -> int:
    """Run the chosen action."""
    if args.action == "light-curves":
        return _light_curves(args)
    if args.action == "alerts":
        return _alerts(args)
    return _compare(args)


def _light_curves(args: argparse.Namespace) -> int:
    from fink_t2.simulation import simulate_objects
    from fink_t2.simulation.light_curve_table import write_light_curves

    fractions = _fractions(args.classes)
    began = time.perf_counter()
    objects = simulate_objects(
        args.n, args.survey, args.seed, fractions, workers=args.workers, progress=True
    )
    seconds = time.perf_counter() - began
    write_light_curves(objects, args.out)
    print(
        f"{len(objects):,} objects, {len(objects.mjd):,} measurements in {args.out}; "
        f"simulated in {seconds:.0f} s"
    )
    return 0


def _fractions(text: str) -> dict[str, float] | str:
    if text == "flat":
        return text
    try:
        pairs = [part.split("=") for part in text.split(",")]
        return {name.strip(): float(share) for name, share in pairs}
    except ValueError:
        raise FinkT2Error(f"--classes must be NAME=SHARE,NAME=SHARE,..., not {text!r}") from None


def _alerts(args: argparse.Namespace) -> int:
    from fink_t2.simulation.alert_archive import write_alerts

    if args.n < 1 or args.alerts_per_object < 1:
        raise FinkT2Error("--n and --alerts-per-object must be at least 1")
    total = write_alerts(
        args.out, args.n, args.seed, args.alerts_per_object, args.workers, progress=True
    )
    print(f"{args.n:,} alerts, {total / 1e6:.1f} MB, and truth.csv in {args.out}")
    return 0


def _compare(args: argparse.Namespace) -> int:
    require("matplotlib")
    from fink_t2.simulation.comparison import compare

    print(compare(args.shared, args.out, args.n, args.seed))
    print(f"figure: {args.out}")
    return 0
