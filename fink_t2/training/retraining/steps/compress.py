"""Step "compress": cluster, calibrate and export the network; write the candidate."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict
from typing import Any

import keras
import numpy as np

from fink_t2.science.classes import CLASSES
from fink_t2.science.model_store import ModelStore
from fink_t2.training.calibration.logit_calibration import Calibration, fit_calibration, fold
from fink_t2.training.examples.example_files import load_examples
from fink_t2.training.examples.examples import Examples, join_examples
from fink_t2.training.export.artefact import ModelIdentity, write_artefact
from fink_t2.training.networks.load_network import load_network
from fink_t2.training.optimisation.fit import FitSettings, predict
from fink_t2.training.optimisation.flat_log_loss import class_weights
from fink_t2.training.retraining.cross_validation import load_predictions
from fink_t2.training.retraining.fine_tuning import parts_of
from fink_t2.training.retraining.run import (
    PREDICTIONS_FILE,
    REAL_VALIDATION_FILE,
    TRAINED_FILE,
    TRAINING_FILE,
    VALIDATION_FILE,
    Run,
)
from fink_t2.training.retraining.steps.data import fine_tuning_examples, has_real_examples
from fink_t2.training.retraining.steps.train import validation_loss

#: Optimisation of the centroids, whose target is the output of the layer before clustering.
CENTROID_FIT = FitSettings(
    epochs=20, batch_size=512, learning_rate=3e-3, schedule="cosine", stop_after=20
)


def compress(run: Run) -> None:
    """Write the candidate into the model store."""
    # Here, because it imports TensorFlow: the steps before work with every Keras backend.
    from fink_t2.training.compression.compress import copy_network
    from fink_t2.training.compression.eight_bits import round_weights
    from fink_t2.training.compression.quantization import EIGHT_BIT_WEIGHTS, quantize

    export = run.settings.export
    trained = load_network(run.path(TRAINED_FILE))
    compressed = copy_network(trained)
    has_eight_bits = export.weights in EIGHT_BIT_WEIGHTS
    if has_eight_bits:
        round_weights(compressed)
    if export.clusters:
        _cluster_last_layer(run, compressed)
    calibration, calibrated_on = _calibrate(run, trained)
    fold(trained, calibration)
    fold(compressed, calibration)
    if has_eight_bits:
        round_weights(compressed)
    facts = {
        "version": next_version(run.store, run.settings.name),
        "temperature": calibration.temperature,
        "class_factors": dict(zip(CLASSES, np.exp(calibration.shift).tolist(), strict=True)),
        "calibrated_on": calibrated_on,
        "validation_loss_calibrated": validation_loss(run, trained),
        "validation_loss_compressed": validation_loss(run, compressed),
    }
    _write_candidate(
        run, compressed, quantize(compressed, export.weights, export.batch_size), facts
    )
    run.record("compress", facts)


def _write_candidate(run: Run, network: keras.Model, tflite: bytes, facts: dict[str, Any]) -> None:
    """Write network and metadata into the folder of the candidate's version."""
    settings = run.settings
    identity = ModelIdentity(
        settings.name,
        facts["version"],
        settings.survey,
        settings.grid_length,
        settings.feature_tuple(),
    )
    training = {
        "settings": asdict(settings),
        "provenance": asdict(run.provenance),
        **{step: run.recorded(step) for step in ("data", "train", "cross_validate")},
        "compress": run.stamped(facts),
    }
    folder = run.store.folder / settings.name / facts["version"]
    write_artefact(folder, identity, network, tflite, training, facts["class_factors"])


def _cluster_last_layer(run: Run, model: keras.Model) -> None:
    """Cluster the weights of the last layer in place; the layers before it do not change.

    The centroids are trained to reproduce the output of the layer before clustering. Trained
    on the classes, they would fit the examples at hand at the expense of others.
    """
    from fink_t2.training.compression.compress import CompressionSettings, cluster

    settings = run.settings
    examples = load_examples(run.path(TRAINING_FILE))
    if has_real_examples(run):
        real = fine_tuning_examples(run)(0)
        examples = join_examples([real, _sample(examples, len(real), settings.seed)])
    examples = _sample(examples, settings.export.examples, settings.seed)
    before, last = parts_of(model, "logits")
    pooled = dataclasses.replace(
        examples,
        grid=predict(before, examples, settings.feature_columns()),
        weight=np.ones(len(examples), dtype=np.float32),
    )
    clustered = cluster(
        last,
        CompressionSettings(("logits",), settings.export.clusters),
        pooled,
        fine_tuning=CENTROID_FIT,
        targets=predict(last, pooled, ()),
    )
    model.get_layer("logits").set_weights(clustered.get_layer("logits").get_weights())


def _sample(examples: Examples, number: int, seed: int) -> Examples:
    """Draw examples at random, at most a given number."""
    chosen = np.random.default_rng(seed).permutation(len(examples))
    return examples.select(chosen[:number])


def _calibrate(run: Run, model: keras.Model) -> tuple[Calibration, str]:
    """Fit the calibration on the best examples that training has not used.

    Returns
    -------
    calibration : Calibration
        The calibration.
    examples : str
        Name of the examples on which it was fitted.
    """
    export = run.settings.export
    if run.path(PREDICTIONS_FILE).exists():
        predictions = load_predictions(run.path(PREDICTIONS_FILE))
        return predictions.calibration(export), "cross-validated real examples"
    real = run.path(REAL_VALIDATION_FILE)
    examples = load_examples(real if real.exists() else run.path(VALIDATION_FILE))
    probabilities = predict(model, examples, run.settings.feature_columns())
    if real.exists():
        weights = class_weights(examples.label_mask, export.class_power)
        calibration = fit_calibration(
            probabilities, examples.label_mask, weights, export.class_shifts
        )
        return calibration, "held-out real examples"
    # The simulated class mix is that of no survey, so only the temperature is fitted.
    calibration = fit_calibration(probabilities, examples.label_mask, shifts=False)
    return calibration, "simulated validation examples"


def next_version(store: ModelStore, name: str) -> str:
    """Return the version that follows the newest: the middle number counts retrainings.

    Parameters
    ----------
    store : ModelStore
        The models.
    name : str
        Name of the model; it may have no version yet.
    """
    known = store.versions(name) if (store.folder / name).is_dir() else []
    parts = [version.split(".") for version in known]
    numbers = [int(part[1]) for part in parts if len(part) == 3 and part[1].isdigit()]
    return f"0.{max(numbers, default=0) + 1}.0"
