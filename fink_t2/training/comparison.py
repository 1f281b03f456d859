"""Train several networks on the same simulated examples, with several seeds each."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fink_t2.training.example_files import load_examples
from fink_t2.training.examples import Examples, prepare_examples
from fink_t2.training.fit import FitSettings, fit, predict
from fink_t2.training.flat_log_loss import class_weights, flat_log_loss
from fink_t2.training.frozen_validation import load_validation
from fink_t2.training.network_choice import build_network
from fink_t2.training.networks.t2 import T2Settings
from fink_t2.training.settings import RetrainSettings
from fink_t2.training.tflite_export import export_tflite

#: Networks that are compared: how a configuration is changed for each. "t2-published" has 16
#: heads and takes the features along time.
NETWORKS: dict[str, dict[str, object]] = {
    "t2": {"network": "t2"},
    "atx": {"network": "atx"},
    "lstm": {"network": "lstm"},
    "t2-published": {"network": "t2", "t2": T2Settings()},
}


@dataclass(frozen=True)
class Result:
    """One network: its losses on the simulated test light curves, one per seed."""

    network: str
    parameters: int
    kilobytes: float
    losses: tuple[float, ...]
    minutes: float


def compare(
    run: str | os.PathLike[str],
    settings: RetrainSettings,
    fit_settings: FitSettings,
    names: Sequence[str],
    seeds: int,
    examples: int,
    say: Callable[[str], None] = print,
) -> list[Result]:
    """Train networks, and score them on the simulated objects kept for tests.

    Each is trained on the same examples, keeps the weights that were best on the validation
    examples, and is scored on light curves of objects that neither held.

    Parameters
    ----------
    run : path
        Folder of a retraining run whose data step is done.
    settings : RetrainSettings
        The run's configuration.
    fit_settings : FitSettings
        How every network is fitted.
    names : sequence of str
        Keys of `NETWORKS`.
    seeds : int
        Trainings per network.
    examples : int
        Training examples used.
    say : callable
        Told of every result.

    Returns
    -------
    list of Result
        Sizes are those of the int8 export.
    """
    train = load_examples(Path(run) / "train.npz")
    # The examples are in the order of their making: alerts first.
    train = train.select(np.random.default_rng(0).permutation(len(train))[:examples])
    train = dataclasses.replace(train, weight=class_weights(train.allowed))
    validation = load_examples(Path(run) / "validation.npz")
    test = _simulated_test(run, settings.grid_length)
    results = []
    for name in names:
        chosen = dataclasses.replace(settings, **NETWORKS[name])  # type: ignore[arg-type]
        columns = chosen.feature_columns()
        losses = []
        began = time.monotonic()
        for seed in range(seeds):
            seeded = dataclasses.replace(chosen, seed=seed)
            model = build_network(seeded, train)
            fit(model, train, columns, dataclasses.replace(fit_settings, seed=seed), validation)
            losses.append(flat_log_loss(predict(model, test, columns), test.allowed))
            say(f"{name}, seed {seed}: {losses[-1]:.4f}")
        minutes = (time.monotonic() - began) / 60 / seeds
        try:
            kilobytes = len(export_tflite(model, weights="int8")) / 1000
        except Exception as error:
            # The converter raises kinds of its own; an LSTM may need operators that it lacks.
            say(f"{name}: not exported ({type(error).__name__})")
            kilobytes = float("nan")
        results.append(Result(name, model.count_params(), kilobytes, tuple(losses), minutes))
    return results


def _simulated_test(run: str | os.PathLike[str], grid_length: int) -> Examples:
    """Prepare the simulated light curves of the run's frozen validation set."""
    frozen = load_validation(Path(run) / "frozen_validation.npz")
    is_simulated = np.isin(frozen.source, ["simulated", "plain"])
    return prepare_examples(frozen.select(is_simulated), grid_length)
