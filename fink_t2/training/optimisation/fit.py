"""Fit of a network: learning-rate schedule, early stopping, time budget, logs."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.training.examples.examples import Examples
from fink_t2.training.optimisation.flat_log_loss import FlatLogLoss, LabelMaskLogLoss


@dataclass(frozen=True)
class FitSettings:
    """Settings of a fit. By default, learning rate, factor and patience are the published ones.

    Attributes
    ----------
    epochs : int
        Largest number of epochs.
    batch_size : int
        Number of examples per step and replica.
    learning_rate : float
        Initial learning rate of Adam.
    schedule : {"plateau", "cosine"}
        Schedule of the learning rate. "plateau", as published: it is multiplied by `factor`
        after `patience` epochs without a decrease of the training loss. "cosine", for short
        fits: it decreases to zero along half a cosine over all epochs.
    factor : float
        Factor of the schedule "plateau".
    patience : int
        Number of epochs of the schedule "plateau".
    stop_after : int
        Number of epochs without a decrease of the validation loss after which the fit ends.
    smoothing : float
        Label smoothing: fraction of the target that is spread evenly over all classes.
    weight_decay : float
        Decoupled weight decay (AdamW). With 0 the optimiser is Adam, as published.
    seed : int
        Seed of the initial weights, of shuffling and of dropout.
    """

    epochs: int = 130
    batch_size: int = 4096
    learning_rate: float = 0.017
    schedule: str = "plateau"
    factor: float = 0.9
    patience: int = 5
    stop_after: int = 25
    smoothing: float = 0.0
    weight_decay: float = 0.0
    seed: int = 0


def share_of_time(deadline: float | None, share: float) -> float | None:
    """Return the deadline of a task that may take a fraction of the remaining time.

    Parameters
    ----------
    deadline : float or None
        Deadline of all tasks in seconds of `time.monotonic`, or None.
    share : float
        The fraction, between 0 and 1.

    Returns
    -------
    float or None
        The deadline of the task in seconds of `time.monotonic`, or None.
    """
    if deadline is None:
        return None
    now = time.monotonic()
    return now + max(0.0, deadline - now) * share


class TimeBudget(keras.callbacks.Callback):
    """End the training if another epoch would end after a deadline.

    Parameters
    ----------
    deadline : float
        The deadline in seconds of `time.monotonic`.
    """

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Record the time at which the epoch begins."""
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop if an epoch of the same duration would end too late."""
        now = time.monotonic()
        if now + (now - self._began) > self.deadline:
            self.model.stop_training = True


class _Cosine(keras.callbacks.Callback):
    """Decrease the learning rate along half a cosine at every step."""

    def __init__(self, peak: float, epochs: int, steps_per_epoch: int) -> None:
        super().__init__()
        self.peak, self.steps_per_epoch = peak, steps_per_epoch
        self.steps, self.step = max(epochs * steps_per_epoch, 1), 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Count the steps of the epochs before, those of an interrupted fit included."""
        self.step = epoch * self.steps_per_epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the learning rate of this step."""
        part = min(self.step / self.steps, 1.0)
        self.model.optimizer.learning_rate = self.peak * 0.5 * (1.0 + math.cos(math.pi * part))
        self.step += 1


class EventLog(keras.callbacks.Callback):
    """Write the losses and metrics of every epoch in the format of TensorBoard.

    In contrast to the callback of Keras, this one does not need the TensorBoard package.

    Parameters
    ----------
    folder : path
        Folder of the event file.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        super().__init__()
        self.folder = os.fspath(folder)
        self._writer: Any = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Open the event file."""
        import tensorflow as tf

        with tf.Graph().as_default():
            self._writer = tf.compat.v1.summary.FileWriter(self.folder)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Write the losses and metrics of the epoch."""
        import tensorflow as tf

        values = [
            tf.compat.v1.Summary.Value(tag=name, simple_value=float(value))
            for name, value in (logs or {}).items()
        ]
        self._writer.add_summary(tf.compat.v1.Summary(value=values), epoch)
        self._writer.flush()

    def on_train_end(self, logs: Any = None) -> None:
        """Close the event file."""
        self._writer.close()


def fit(
    model: keras.Model,
    train: Examples,
    feature_columns: Sequence[int],
    settings: FitSettings,
    validation: Examples | None = None,
    replicas: int = 1,
    deadline: float | None = None,
    log_folder: str | os.PathLike[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    targets: npt.NDArray[np.float32] | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: int = 0,
) -> dict[str, list[float]]:
    """Fit a network in place. With validation examples it ends with the best weights.

    Parameters
    ----------
    model : keras.Model
        Network with softmax output.
    train : Examples
        Training examples with their weights.
    feature_columns : sequence of int
        Columns of the features that the network uses.
    settings : FitSettings
        Settings of the fit.
    validation : Examples, optional
        Examples whose flat log-loss decides on the best weights and on early stopping.
    replicas : int
        Number of replicas (`fink_t2.training.optimisation.replicas`), by which the batch size
        of the settings is multiplied.
    deadline : float, optional
        Time at which the fit ends, in seconds of `time.monotonic`.
    log_folder : path, optional
        Folder for ``epochs.csv`` and, with the TensorFlow backend, TensorBoard logs.
    checkpoint : path, optional
        Folder that keeps the state after every epoch, so that an interrupted fit continues.
    targets : ndarray of float32, shape (N, 14), optional
        Probabilities to be reproduced (distillation, by cross-entropy) instead of the labels.
    callbacks : sequence of keras.callbacks.Callback
        Additional callbacks.
    verbose : int
        Verbosity of Keras: 0 none, 1 a progress bar, 2 a line for each epoch.

    Returns
    -------
    dict of str to list of float
        Losses and metrics after every epoch.
    """
    keras.utils.set_random_seed(settings.seed)
    batch_size = settings.batch_size * replicas
    optimizer: keras.optimizers.Optimizer
    if settings.weight_decay > 0:
        optimizer = keras.optimizers.AdamW(
            settings.learning_rate, weight_decay=settings.weight_decay
        )
    else:
        optimizer = keras.optimizers.Adam(settings.learning_rate)
    loss = (
        LabelMaskLogLoss(settings.smoothing)
        if targets is None
        else keras.losses.CategoricalCrossentropy()
    )
    model.compile(optimizer=optimizer, loss=loss, weighted_metrics=[], metrics=[FlatLogLoss()])
    monitored = "val_flat_log_loss" if validation is not None else "loss"
    all_callbacks: list[keras.callbacks.Callback] = [*callbacks, keras.callbacks.TerminateOnNaN()]
    if settings.schedule == "cosine":
        steps = math.ceil(len(train) / batch_size)
        all_callbacks.append(_Cosine(settings.learning_rate, settings.epochs, steps))
    else:
        all_callbacks.append(
            keras.callbacks.ReduceLROnPlateau(
                "loss", factor=settings.factor, patience=settings.patience
            )
        )
    if validation is not None:
        all_callbacks.append(
            keras.callbacks.EarlyStopping(
                monitored, mode="min", patience=settings.stop_after, restore_best_weights=True
            )
        )
    if deadline is not None:
        all_callbacks.append(TimeBudget(deadline))
    if log_folder is not None:
        Path(log_folder).mkdir(parents=True, exist_ok=True)
        all_callbacks.append(keras.callbacks.CSVLogger(os.fspath(Path(log_folder) / "epochs.csv")))
        if keras.backend.backend() == "tensorflow":
            all_callbacks.append(EventLog(log_folder))
    if checkpoint is not None:
        all_callbacks.append(keras.callbacks.BackupAndRestore(os.fspath(checkpoint)))
    history = model.fit(
        train.inputs(feature_columns),
        train.label_mask.astype(np.float32) if targets is None else targets,
        sample_weight=train.weight,
        batch_size=batch_size,
        epochs=settings.epochs,
        validation_data=None
        if validation is None
        else (
            validation.inputs(feature_columns),
            validation.label_mask.astype(np.float32),
            validation.weight,
        ),
        callbacks=all_callbacks,
        verbose=verbose,
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def predict(
    model: keras.Model, examples: Examples, feature_columns: Sequence[int]
) -> npt.NDArray[np.float32]:
    """Return the probabilities that a network predicts.

    Parameters
    ----------
    model : keras.Model
        The network.
    examples : Examples
        N examples.
    feature_columns : sequence of int
        Columns of the features that the network uses.

    Returns
    -------
    ndarray of float32, shape (N, 14)
        The probabilities.
    """
    return np.asarray(
        model.predict(examples.inputs(feature_columns), batch_size=1024, verbose=0),
        dtype=np.float32,
    )
