"""Search for hyperparameters of t2: log-loss against latency.

Every trial is cross-validated. Trials are kept in FOLDER/search.sqlite; the same command adds
further trials to them. The search writes search.json with all trials and pareto.png with the best
trade-offs.

Examples:
  fink-t2 search --out artifacts/search
  fink-t2 search --out artifacts/search --trials 100 --objects 26000 --folds 5 --budget 8h
  fink-t2 search --out artifacts/search-lsst --survey lsst --no-features
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from fink_t2.commands._arguments import DEFAULT_SURVEY, duration, survey_name
from fink_t2.commands._keras import import_keras
from fink_t2.extras import require

GROUP = "train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``fink-t2 search``."""
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="where trials and results go"
    )
    parser.add_argument(
        "--survey",
        type=survey_name,
        metavar="NAME",
        default=DEFAULT_SURVEY,
        help="survey whose light curves are simulated (default: %(default)s)",
    )
    parser.add_argument(
        "--trials", type=int, default=10, help="number of trials to add (default: %(default)s)"
    )
    parser.add_argument(
        "--folds",
        type=int,
        default=3,
        help="folds of the cross-validation (default: %(default)s; published: 5)",
    )
    parser.add_argument(
        "--objects",
        type=int,
        default=2800,
        help="number of simulated objects (default: %(default)s)",
    )
    parser.add_argument(
        "--epochs", type=int, default=8, help="epochs of each training (default: %(default)s)"
    )
    parser.add_argument(
        "--no-features", action="store_true", help="train on light curves without features"
    )
    parser.add_argument(
        "--join",
        default="head",
        help="where the features enter the network: head or time (default: %(default)s)",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        help="seed of simulation and training (default: %(default)s)",
    )
    parser.add_argument(
        "--budget",
        type=duration,
        metavar="TIME",
        help="time after which no new trial begins, such as 30m or 8h (default: none)",
    )


def run(args: argparse.Namespace) -> int:
    """Search, write the results, and print the best trade-offs."""
    deadline = time.monotonic() + args.budget if args.budget is not None else None
    for library in ("optuna", "matplotlib"):  # the figure is drawn only after hours of trials
        require(library)
    import_keras()
    from dataclasses import replace

    from fink_t2.science.features import feature_names
    from fink_t2.simulation import simulate_objects
    from fink_t2.surveys import get_survey
    from fink_t2.training.data_sets.simulated import simulated_alerts
    from fink_t2.training.evaluation.markdown import markdown_table
    from fink_t2.training.studies.search import SearchSettings, search, write_results

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
