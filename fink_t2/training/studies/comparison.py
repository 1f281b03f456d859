"""Comparison of networks that are trained on the same simulated examples with several seeds."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fink_t2.training.examples.examples import Examples, make_examples
from fink_t2.training.export.tflite_export import export_tflite
from fink_t2.training.networks.lstm_aggregates import AGGREGATES, aggregate_features
from fink_t2.training.networks.t2 import T2Settings
from fink_t2.training.optimisation.fit import FitSettings, fit, predict
from fink_t2.training.optimisation.flat_log_loss import class_weights, flat_log_loss
from fink_t2.training.retraining.build_network import build_network
from fink_t2.training.retraining.settings import RetrainSettings
from fink_t2.training.retraining.simulated_set import simulated_set, split_simulated

#: Changes of the configuration for each network. "t2-published" has 16 heads and the features as
#: additional time steps; "lstm" uses the aggregates of its report as features.
NETWORKS: dict[str, dict[str, object]] = {
    "t2": {"network": "t2"},
    "atx": {"network": "atx"},
    "lstm": {"network": "lstm"},
    "t2-published": {"network": "t2", "t2": T2Settings()},
}


@dataclass(frozen=True)
class Result:
    """The result of one network.

    Attributes
    ----------
    network : str
        Name of the network, a key of `NETWORKS`.
    parameters : int
        Number of parameters.
    kilobytes : float
        Size of the TFLite file with 8-bit weights; NaN if the network can't be exported.
    losses : tuple of float
        Flat log-loss on the simulated test light curves for each seed.
    minutes : float
        Mean duration of the training of one network.
    """

    network: str
    parameters: int
    kilobytes: float
    losses: tuple[float, ...]
    minutes: float


def compare(
    settings: RetrainSettings,
    fit_settings: FitSettings,
    names: Sequence[str],
    seeds: int,
    say: Callable[[str], None] = print,
) -> list[Result]:
    """Train networks on simulated light curves, and score them on those of other objects.

    All networks have the same training examples. The weights with the lowest loss on the
    validation examples are scored on the test examples; the three sets have no object in common.

    Parameters
    ----------
    settings : RetrainSettings
        Settings of the simulation and hyperparameters of the networks.
    fit_settings : FitSettings
        Settings of every fit.
    names : sequence of str
        Keys of `NETWORKS`.
    seeds : int
        Number of trainings of each network.
    say : callable
        Called with a message for every result.

    Returns
    -------
    list of Result
    """
    labelled = simulated_set(settings, progress=True)
    examples = make_examples(labelled, settings.grid_length)
    aggregates = dataclasses.replace(examples, features=aggregate_features(labelled.light_curves))
    parts = split_simulated(labelled, settings)
    say(f"examples for training, validation, test: {', '.join(str(part.sum()) for part in parts)}")
    results = []
    for name in names:
        chosen = dataclasses.replace(settings, **NETWORKS[name])  # type: ignore[arg-type]
        is_lstm = chosen.network == "lstm"
        columns = range(len(AGGREGATES)) if is_lstm else chosen.feature_columns()
        features_of_network = aggregates if is_lstm else examples
        train, validation, test = (
            _with_flat_weights(features_of_network.select(part)) for part in parts
        )
        losses = []
        began = time.monotonic()
        for seed in range(seeds):
            model = build_network(dataclasses.replace(chosen, seed=seed), train, columns)
            fit(model, train, columns, dataclasses.replace(fit_settings, seed=seed), validation)
            losses.append(flat_log_loss(predict(model, test, columns), test.label_mask))
            say(f"{name}, seed {seed}: {losses[-1]:.4f}")
        minutes = (time.monotonic() - began) / 60 / seeds
        try:
            kilobytes = len(export_tflite(model, weights="int8")) / 1000
        except Exception as error:
            # The converter has exceptions of its own. It may lack operators of an LSTM.
            say(f"{name}: not exported ({type(error).__name__})")
            kilobytes = float("nan")
        results.append(Result(name, model.count_params(), kilobytes, tuple(losses), minutes))
    return results


def _with_flat_weights(examples: Examples) -> Examples:
    return dataclasses.replace(examples, weight=class_weights(examples.label_mask))
