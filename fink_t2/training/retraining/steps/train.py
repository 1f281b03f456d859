"""Step "train": fit the network on simulated examples, then on real ones if there are any."""

from __future__ import annotations

import time
from typing import Any

import keras

from fink_t2.training.examples.example_files import load_examples
from fink_t2.training.examples.examples import Examples
from fink_t2.training.export.artefact import KERAS_FILE
from fink_t2.training.networks.load_network import load_network
from fink_t2.training.optimisation.fit import fit, predict
from fink_t2.training.optimisation.flat_log_loss import class_weights, flat_log_loss
from fink_t2.training.optimisation.replicas import replicated
from fink_t2.training.retraining.build_network import build_network
from fink_t2.training.retraining.fine_tuning import fine_tune
from fink_t2.training.retraining.run import (
    PREDICTIONS_FILE,
    PRETRAINED_FILE,
    TRAINED_FILE,
    TRAINING_FILE,
    VALIDATION_FILE,
    Run,
)
from fink_t2.training.retraining.steps.data import fine_tuning_examples, has_real_examples


def train(run: Run) -> None:
    """Write the trained network, on all devices of the machine."""
    with replicated() as replicas:
        if replicas > 1:
            run.say(f"{replicas} replicas")
        _train(run, replicas)


def _train(run: Run, replicas: int) -> None:
    began = time.monotonic()
    validation = _weighted(load_examples(run.path(VALIDATION_FILE)), 1.0)
    model, facts = _pretrain(run, validation, replicas)
    facts["validation_loss_pretrained"] = validation_loss(run, model, validation)
    if has_real_examples(run):
        examples_of_copy = fine_tuning_examples(run)
        facts["fine_tuning_examples"] = len(examples_of_copy(0))
        model = fine_tune(
            model,
            examples_of_copy,
            run.settings,
            replicas,
            run.deadline_after(0.8),
            run.path("fine_tune"),
            verbose=2,
        )
        facts["validation_loss_fine_tuned"] = validation_loss(run, model, validation)
    model.save(run.path(TRAINED_FILE))
    # Predictions that the networks of an earlier configuration made are no longer valid.
    run.path(PREDICTIONS_FILE).unlink(missing_ok=True)
    facts["seconds"] = round(time.monotonic() - began, 1)
    run.record("train", facts)


def _pretrain(run: Run, validation: Examples, replicas: int) -> tuple[keras.Model, dict[str, Any]]:
    """Fit the network on simulated examples, unless an interrupted call has done so."""
    settings = run.settings
    examples = _weighted(load_examples(run.path(TRAINING_FILE)), settings.real.class_power)
    model = build_network(settings, examples)
    warm_start = settings.warm_start and _take_weights(run, model)
    facts: dict[str, Any] = {"warm_start": warm_start, "parameters": model.count_params()}
    pretrained = run.path(PRETRAINED_FILE)
    if pretrained.exists():
        return load_network(pretrained), facts
    history = fit(
        model,
        examples,
        settings.feature_columns(),
        settings.pretrain,
        validation,
        replicas=replicas,
        deadline=run.deadline_after(0.6 if has_real_examples(run) else 0.9),
        log_folder=run.path("logs/pretrain"),
        checkpoint=run.path("checkpoint/pretrain"),
        verbose=2,
    )
    facts["pretrain_epochs"] = len(history["loss"])
    model.save(pretrained)
    return model, facts


def validation_loss(run: Run, model: keras.Model, validation: Examples | None = None) -> float:
    """Return the flat log-loss of a network on the simulated validation examples.

    Parameters
    ----------
    run : Run
        The run.
    model : keras.Model
        The network.
    validation : Examples, optional
        The validation examples, if they have been read already.
    """
    if validation is None:
        validation = load_examples(run.path(VALIDATION_FILE))
    probabilities = predict(model, validation, run.settings.feature_columns())
    return flat_log_loss(probabilities, validation.label_mask)


def _weighted(examples: Examples, power: float) -> Examples:
    """Multiply the weights of examples by those of their classes."""
    return Examples(
        examples.grid,
        examples.features,
        examples.label_mask,
        class_weights(examples.label_mask, power) * examples.weight,
    )


def _take_weights(run: Run, model: keras.Model) -> bool:
    """Copy the weights of the model in service if its network has the same shape."""
    name = run.settings.name
    if name not in run.store.names():
        return False
    path = run.store.folder / name / run.store.current_version(name) / KERAS_FILE
    if not path.is_file():
        return False
    weights = load_network(path).get_weights()
    if [w.shape for w in weights] != [w.shape for w in model.get_weights()]:
        return False
    model.set_weights(weights)
    return True
