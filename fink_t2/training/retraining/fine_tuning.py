"""Fine-tune a pretrained network, or its last layers alone, on real light curves."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from fink_t2.training.examples.examples import Examples
from fink_t2.training.optimisation.fit import fit, predict
from fink_t2.training.retraining.settings import RetrainSettings


def fine_tune(
    pretrained: keras.Model,
    examples: Callable[[int], Examples],
    settings: RetrainSettings,
    replicas: int = 1,
    deadline: float | None = None,
    folder: str | os.PathLike[str] | None = None,
    verbose: int = 0,
) -> keras.Model:
    """Fine-tune copies of a network, each on its own varied examples, and average their weights.

    Parameters
    ----------
    pretrained : keras.Model
        It is left as it is.
    examples : callable
        Gives the varied examples of each copy, by its number.
    settings : RetrainSettings
        How; ``settings.real.averaged`` copies.
    replicas, deadline, verbose
        See `fink_t2.training.optimisation.fit.fit`.
    folder : path, optional
        Logs, and the weights of the copies that are done, so that an interrupted call goes on.

    Returns
    -------
    keras.Model
    """
    columns = settings.feature_columns()
    done = []
    for number in range(max(settings.real.averaged, 1)):
        kept = None if folder is None else Path(folder) / f"copy-{number}.weights.h5"
        # A fresh copy: an optimizer's state belongs to the fit that is over.
        copy = keras.models.clone_model(pretrained)
        copy.set_weights(pretrained.get_weights())
        if kept is not None and kept.exists():
            copy.load_weights(kept)
        else:
            tuned, varied = copy, examples(number)
            if settings.real.tuned_from:
                before, tuned = parts_of(copy, settings.real.tuned_from)
                varied = dataclasses.replace(varied, grid=predict(before, varied, columns))
            fit(
                tuned,
                varied,
                columns if tuned is copy else (),
                dataclasses.replace(settings.fine_tune, seed=settings.fine_tune.seed + number),
                replicas=replicas,
                deadline=deadline,
                log_folder=None if folder is None else Path(folder) / f"logs-{number}",
                verbose=verbose,
            )
            if kept is not None:
                copy.save_weights(kept)
        done.append(copy)
    result = done[0]
    # Integer state (the seeds of dropout) is not averaged.
    for variables in zip(*(copy.trainable_variables for copy in done), strict=True):
        variables[0].assign(np.mean([np.asarray(variable) for variable in variables], axis=0))
    return result


def parts_of(network: keras.Model, layer: str) -> tuple[keras.Model, keras.Model]:
    """Part a network in two before one of its last layers, which follow one after another.

    What the first part makes of the examples need be computed only once to train the second.

    Parameters
    ----------
    network : keras.Model
        The network; both parts share its weights.
    layer : str
        Name of the first layer of the second part.

    Returns
    -------
    before, after : keras.Model
        Their composition is the network.
    """
    first = network.get_layer(layer)
    entry = keras.Input(first.input.shape[1:])
    output = entry
    for later in network.layers[network.layers.index(first) :]:
        output = later(output)
    return keras.Model(network.inputs, first.input), keras.Model([entry], output)
