"""Search for hyperparameters of t2: log-loss against latency, cross-validated.

Trials are kept in FOLDER/search.sqlite; the same command again adds trials to them. It writes
search.json with all trials and pareto.png with the best trade-offs.

Examples:
  fink-t2 search --out artifacts/search
  fink-t2 search --out artifacts/search --trials 100 --objects 26000 --folds 5 --budget 8h
  fink-t2 search --out artifacts/search-lsst --survey lsst --no-features
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from fink_t2.surveys import DEFAULT_SURVEY, get_survey, survey_names


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--survey", choices=survey_names(), default=DEFAULT_SURVEY)
    parser.add_argument("--trials", type=int, default=10, help="more trials (default: 10)")
    parser.add_argument("--folds", type=int, default=3, help="(default: 3; published: 5)")
    parser.add_argument("--objects", type=int, default=2800, help="simulated (default: 2800)")
    parser.add_argument("--epochs", type=int, default=8, help="per network (default: 8)")
    parser.add_argument("--no-features", action="store_true", help="light curves only")
    parser.add_argument("--join", default="head", help="how features join (default: head)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", metavar="TIME", help="such as 30m or 8h: no new trial after")


def run(args: argparse.Namespace) -> int:
    """Search, write, print the best trade-offs."""
    began = time.monotonic()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from dataclasses import replace

    from fink_t2.commands.retrain import seconds_of
    from fink_t2.science.features import feature_names
    from fink_t2.simulation import simulate_objects
    from fink_t2.training.data_sets.simulated import simulated_alerts
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.studies.search import SearchSettings, search, write_results

    deadline = began + seconds_of(args.budget) if args.budget else None
    objects = simulate_objects(args.objects, args.survey, args.seed, progress=True)
    labelled = simulated_alerts(objects, 1, args.seed)
    survey = get_survey(args.survey)
    names = feature_names(survey.passbands.names)
    has_redshifts = survey.has_photometric_redshifts
    taken = [name for name in names if has_redshifts or not name.startswith("photoz")]
    columns = () if args.no_features else tuple(names.index(name) for name in taken)
    defaults = SearchSettings()
    settings = SearchSettings(
        trials=args.trials,
        folds=args.folds,
        fit=replace(defaults.fit, epochs=args.epochs),
        join=args.join,
        seed=args.seed,
    )
    study = search(labelled, columns, settings, args.out / "search.sqlite", deadline)
    paths = write_results(study, args.out)
    best = sorted(study.best_trials, key=lambda trial: trial.values[0])
    keys = list(best[0].params) if best else []
    print(
        markdown_table(
            ["trial", "log-loss", "ms", *keys],
            [[str(t.number), *t.values, *(_short(t.params[key]) for key in keys)] for t in best],
        )
    )
    for path in paths:
        print(path)
    return 0


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
