"""Fine-tuning of a pretrained network, or of its last layers only, on labelled light curves."""

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
    """Fine-tune copies of a network on different variations, and average their weights.

    Parameters
    ----------
    pretrained : keras.Model
        The network; it is not changed.
    examples : callable
        Function that returns the examples of a copy from its number.
    settings : RetrainSettings
        The configuration, which has the number of copies (``settings.real.averaged``).
    replicas : int
        Number of replicas (`fink_t2.training.optimisation.replicas`).
    deadline : float, optional
        Time at which the fit ends, in seconds of `time.monotonic`.
    folder : path, optional
        Folder for logs and for the weights of the finished copies, so that an interrupted call
        continues.
    verbose : int
        Verbosity of Keras.

    Returns
    -------
    keras.Model
        The network with the averaged weights.
    """
    columns = settings.feature_columns()
    copies = []
    for number in range(max(settings.real.averaged, 1)):
        weights_file = None if folder is None else Path(folder) / f"copy-{number}.weights.h5"
        # A new copy has no optimiser whose state belongs to an earlier fit.
        copy = keras.models.clone_model(pretrained)
        copy.set_weights(pretrained.get_weights())
        if weights_file is not None and weights_file.exists():
            copy.load_weights(weights_file)
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
            if weights_file is not None:
                copy.save_weights(weights_file)
        copies.append(copy)
    result = copies[0]
    # The integer state of dropout is not averaged.
    for variables in zip(*(copy.trainable_variables for copy in copies), strict=True):
        variables[0].assign(np.mean([np.asarray(variable) for variable in variables], axis=0))
    return result


def parts_of(network: keras.Model, layer: str) -> tuple[keras.Model, keras.Model]:
    """Split a network in two before one of its last layers, which must form a chain.

    To train the second part, the output of the first part needs to be computed only once.

    Parameters
    ----------
    network : keras.Model
        The network. The weights of both parts are those of the network.
    layer : str
        Name of the first layer of the second part.

    Returns
    -------
    before, after : keras.Model
        Two networks whose composition is the network.
    """
    first = network.get_layer(layer)
    entry = keras.Input(first.input.shape[1:])
    output = entry
    for later in network.layers[network.layers.index(first) :]:
        output = later(output)
    return keras.Model(network.inputs, first.input), keras.Model([entry], output)
