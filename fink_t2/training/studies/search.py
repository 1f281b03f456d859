"""Search for hyperparameters of t2 with two objectives: low log-loss and low latency."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import optuna

from fink_t2.science.inference import TfliteNetwork
from fink_t2.surveys import passbands_of
from fink_t2.training.evaluation.log_loss import flat_weighted_log_loss
from fink_t2.training.examples.examples import Examples, make_examples
from fink_t2.training.examples.labelled import Labelled
from fink_t2.training.examples.splits import stratified_folds
from fink_t2.training.export.tflite_export import export_tflite
from fink_t2.training.networks.t2 import T2Settings, build_t2
from fink_t2.training.optimisation.fit import FitSettings, fit, predict
from fink_t2.training.optimisation.flat_log_loss import class_weights

#: Number of light curves on which the latency is measured, number of repetitions, of which the
#: fastest counts, and number of light curves that the network classifies at a time.
TIMED = 128
TIMED_ROUNDS = 5
BATCH = 8

#: Added to the variance of the features, as in `fink_t2.training.retraining.build_network`.
SMALLEST_VARIANCE = 1e-3

STUDY = "t2"

#: Short fits, because many hyperparameters differ clearly before the networks have converged.
QUICK_FIT = FitSettings(epochs=12, batch_size=256, schedule="cosine")


@dataclass(frozen=True)
class SearchSpace:
    """The search space, which consists of the published hyperparameters.

    Attributes
    ----------
    width, heads, feed_forward, blocks, grid_length : tuple of int
        Values of d, h, d_ff, N and L. The number of heads is limited to the width.
    dropout : tuple of float
        Smallest and largest dropout rate.
    learning_rate : tuple of float
        Smallest and largest learning rate, on a logarithmic scale.
    """

    width: tuple[int, ...] = (16, 32, 64)
    heads: tuple[int, ...] = (1, 2, 4, 8, 16)
    feed_forward: tuple[int, ...] = (16, 32, 64, 128)
    blocks: tuple[int, ...] = (1, 2)
    grid_length: tuple[int, ...] = (25, 50, 100)
    dropout: tuple[float, float] = (0.0, 0.3)
    learning_rate: tuple[float, float] = (1e-3, 3e-2)


@dataclass(frozen=True)
class SearchSettings:
    """Settings of the search.

    Attributes
    ----------
    trials : int
        Number of trials in addition to those in the storage.
    folds : int
        Number of folds of the cross-validation by object.
    fit : FitSettings
        Settings of the fits, except for the learning rate, which is searched.
    join : str
        Way in which features join, as in `T2Settings`.
    seed : int
        Seed of the sampler, of the folds and of the networks.
    space : SearchSpace
        The search space.
    """

    trials: int = 20
    folds: int = 5
    fit: FitSettings = QUICK_FIT
    join: str = "head"
    seed: int = 0
    space: SearchSpace = SearchSpace()


def search(
    labelled: Labelled,
    feature_columns: tuple[int, ...],
    settings: SearchSettings,
    storage: Path,
    deadline: float | None = None,
    say: Callable[[str], None] = print,
) -> optuna.Study:
    """Run trials of the tree-structured Parzen estimator of Optuna.

    Parameters
    ----------
    labelled : Labelled
        Light curves for the cross-validation. Those of none of the 14 classes are left out.
    feature_columns : tuple of int
        Columns of the auxiliary features that the networks use; may be empty.
    settings : SearchSettings
        Settings of the search.
    storage : path
        SQLite file with the trials. A search with an existing file is continued.
    deadline : float, optional
        Time in seconds of `time.monotonic` after which no trial begins.
    say : callable
        Called with a message for every trial.

    Returns
    -------
    optuna.Study
        The study. Its two objectives, both minimised, are the log-loss and the latency in
        milliseconds per light curve.
    """
    labels = labelled.labels()
    known = labelled.select(labels >= 0)
    labels = labels[labels >= 0]
    folds = stratified_folds(known.object_id, labels, settings.folds, settings.seed)
    examples_by_length: dict[int, Examples] = {}

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        t2, learning_rate, grid_length = suggest(trial, settings)
        if grid_length not in examples_by_length:
            examples_by_length[grid_length] = make_examples(known, grid_length)
        examples = examples_by_length[grid_length]
        fit_settings = replace(settings.fit, learning_rate=learning_rate, seed=settings.seed)
        return cross_validate(t2, examples, folds, feature_columns, fit_settings, known)

    def after(study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        if trial.values:
            loss, latency = trial.values
            say(f"trial {trial.number}: log-loss {loss:.4f}, {latency:.3f} ms, {trial.params}")
        if deadline is not None and time.monotonic() > deadline:
            study.stop()

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=STUDY,
        storage=f"sqlite:///{storage.resolve()}",
        load_if_exists=True,
        directions=["minimize", "minimize"],
        # With the same seed, a continued search would propose the same trials again.
        sampler=optuna.samplers.TPESampler(seed=settings.seed + _finished(storage)),
    )
    study.optimize(objective, n_trials=settings.trials, callbacks=[after])
    return study


def suggest(trial: optuna.Trial, settings: SearchSettings) -> tuple[T2Settings, float, int]:
    """Draw a point of the search space: network, learning rate, grid length."""
    space = settings.space
    width = trial.suggest_categorical("width", space.width)
    heads = trial.suggest_categorical("heads", space.heads)
    t2 = T2Settings(
        width=width,
        heads=min(heads, width),
        feed_forward=trial.suggest_categorical("feed_forward", space.feed_forward),
        blocks=trial.suggest_categorical("blocks", space.blocks),
        dropout=trial.suggest_float("dropout", *space.dropout),
        join=settings.join,
    )
    learning_rate = trial.suggest_float("learning_rate", *space.learning_rate, log=True)
    return t2, learning_rate, trial.suggest_categorical("grid_length", space.grid_length)


def cross_validate(
    t2: T2Settings,
    examples: Examples,
    folds: np.ndarray,
    feature_columns: tuple[int, ...],
    fit_settings: FitSettings,
    labelled: Labelled,
) -> tuple[float, float]:
    """Train one network for each fold.

    Parameters
    ----------
    t2 : T2Settings
        The network.
    examples : Examples
        N examples of known classes.
    folds : ndarray of int, shape (N,)
        Fold of each example; all examples of an object are in the same fold.
    feature_columns : tuple of int
        Columns of the features that the network uses.
    fit_settings : FitSettings
        Settings of the fit.
    labelled : Labelled
        Light curves of the examples, from which the survey is taken.

    Returns
    -------
    log_loss : float
        Flat-weighted log-loss on the examples of each fold, averaged over the folds.
    latency : float
        Latency of the exported network in milliseconds per light curve.

    Raises
    ------
    ValueError
        If there is no fold.
    """
    losses = []
    columns = list(feature_columns)
    n_passbands = len(passbands_of(labelled.light_curves.passbands.survey))
    model: keras.Model | None = None
    for fold in np.unique(folds):
        inside, outside = examples.select(folds != fold), examples.select(folds == fold)
        train = replace(inside, weight=class_weights(inside.label_mask))
        statistics = None
        if columns:
            chosen = train.features[:, columns]
            statistics = (chosen.mean(axis=0), chosen.var(axis=0) + SMALLEST_VARIANCE)
        keras.utils.set_random_seed(fit_settings.seed)
        model = build_t2(t2, train.grid.shape[1], n_passbands, len(columns), statistics)
        # The best epoch is not chosen on the fold, whose loss would then be biased.
        fit(model, train, columns, fit_settings)
        losses.append(flat_weighted_log_loss(outside.labels(), predict(model, outside, columns)))
    if model is None:
        raise ValueError("no fold to train on")
    return float(np.mean(losses)), measure_latency(model, examples, columns)


def measure_latency(model: keras.Model, examples: Examples, columns: list[int]) -> float:
    """Return the latency of the exported network on one core in milliseconds per light curve."""
    inputs = examples.select(np.arange(min(TIMED, len(examples)))).inputs(columns)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(export_tflite(model, BATCH, "int8"))
        network = TfliteNetwork(path)
        times = []
        for _ in range(TIMED_ROUNDS):
            begin = time.perf_counter()
            network.predict(*inputs)
            times.append(time.perf_counter() - begin)
    return 1000.0 * min(times) / len(inputs[0])


def write_results(study: optuna.Study, folder: Path) -> list[Path]:
    """Write ``search.json`` with all finished trials, and ``pareto.png``.

    Parameters
    ----------
    study : optuna.Study
        Result of `search`.
    folder : Path
        Folder to write; it is created if necessary.

    Returns
    -------
    list of path
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    best = {trial.number for trial in study.best_trials}
    content = [
        {
            "trial": trial.number,
            "log_loss": trial.values[0],
            "latency_ms": trial.values[1],
            "is_best_trade_off": trial.number in best,
            "hyperparameters": trial.params,
        }
        for trial in study.trials
        if trial.values
    ]
    numbers = folder / "search.json"
    numbers.write_text(json.dumps(content, indent=1) + "\n")
    return [numbers, draw_pareto(content, folder / "pareto.png")]


def draw_pareto(trials: list[dict[str, Any]], path: Path) -> Path:
    """Draw all trials, and the Pareto front of the two objectives."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.6), dpi=110, layout="constrained")
    axes = figure.add_subplot()
    best = sorted(
        (trial for trial in trials if trial["is_best_trade_off"]), key=lambda t: t["latency_ms"]
    )
    others = [trial for trial in trials if not trial["is_best_trade_off"]]
    axes.plot(
        [t["latency_ms"] for t in others], [t["log_loss"] for t in others], "o", color="0.7",
        label="other trials",
    )  # fmt: skip
    axes.plot(
        [t["latency_ms"] for t in best], [t["log_loss"] for t in best], "o-", color="C0",
        label="Pareto front",
    )  # fmt: skip
    for trial in best:
        p = trial["hyperparameters"]
        text = f"d {p['width']}, N {p['blocks']}, L {p['grid_length']}"
        point = (trial["latency_ms"], trial["log_loss"])
        axes.annotate(text, point, xytext=(5, 5), textcoords="offset points", fontsize=7)
    axes.set_xscale("log")
    axes.set_xlabel("TFLite, milliseconds per light curve on one core")
    axes.set_ylabel("flat-weighted log-loss, cross-validated")
    axes.grid(alpha=0.25, which="both")
    axes.legend(frameon=False, fontsize=8)
    FigureCanvasAgg(figure).print_png(str(path))
    return path


def _finished(storage: Path) -> int:
    """Return the number of trials in a storage."""
    if not storage.is_file():
        return 0
    try:
        study = optuna.load_study(study_name=STUDY, storage=f"sqlite:///{storage.resolve()}")
    except KeyError:
        return 0
    return len(study.trials)
