"""Fit a network: schedule, early stop, time budget, logs."""

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
    """How a network is fitted; learning rate, factor and patience default to the published.

    Attributes
    ----------
    epochs : int
        Most epochs.
    batch_size : int
        Examples per step and replica.
    learning_rate : float
        At the start, for Adam.
    schedule : {"plateau", "cosine"}
        "plateau" as published: x `factor` when the loss has not fallen for `patience`
        epochs. "cosine": one half cosine down to nothing over all epochs, for short fits.
    factor, patience : float, int
        See there.
    stop_after : int
        Epochs without a lower validation loss after which it ends.
    smoothing : float
        Label smoothing.
    weight_decay : float
        Decoupled weight decay (AdamW); 0 is Adam as published.
    seed : int
        Seed of initial weights, shuffling and dropout.
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
    """Return the deadline of a step that may take a share of the time left.

    Parameters
    ----------
    deadline : float or None
        In `time.monotonic` seconds; None: there is none.
    share : float
        Between 0 and 1.
    """
    if deadline is None:
        return None
    now = time.monotonic()
    return now + max(0.0, deadline - now) * share


class TimeBudget(keras.callbacks.Callback):
    """End training when another epoch would not fit into the time left.

    Parameters
    ----------
    deadline : float
        In `time.monotonic` seconds.
    """

    def __init__(self, deadline: float) -> None:
        super().__init__()
        self.deadline = deadline
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note when the epoch began."""
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop if the next epoch, as long as this one, would end too late."""
        now = time.monotonic()
        if now + (now - self._began) > self.deadline:
            self.model.stop_training = True


class _Cosine(keras.callbacks.Callback):
    """Lower the learning rate along half a cosine, step by step."""

    def __init__(self, peak: float, epochs: int, steps_per_epoch: int) -> None:
        super().__init__()
        self.peak, self.steps_per_epoch = peak, steps_per_epoch
        self.steps, self.step = max(epochs * steps_per_epoch, 1), 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Count the steps of an earlier, interrupted call."""
        self.step = epoch * self.steps_per_epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Set the rate of this step."""
        part = min(self.step / self.steps, 1.0)
        self.model.optimizer.learning_rate = self.peak * 0.5 * (1.0 + math.cos(math.pi * part))
        self.step += 1


class EventLog(keras.callbacks.Callback):
    """Write every epoch's numbers as TensorBoard reads them; needs TensorFlow only.

    Keras's own callback wants the TensorBoard package on the training machine.

    Parameters
    ----------
    folder : path
        Where the event file goes.
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
        """Add the epoch's losses and metrics."""
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
    """Fit a network in place; with validation data it ends with the best weights seen.

    Parameters
    ----------
    model : keras.Model
        Network with softmax output.
    train : Examples
        Training examples, weighted.
    feature_columns : sequence of int
        Columns of the features that the network takes.
    settings : FitSettings
        How.
    validation : Examples, optional
        Watched for the best weights and the early stop; the flat log-loss counts.
    replicas : int
        Number of replicas (`fink_t2.training.optimisation.replicas`); the batch is that many times
        the setting's.
    deadline : float, optional
        In `time.monotonic` seconds.
    log_folder : path, optional
        TensorBoard logs go there (with the TensorFlow backend), ``epochs.csv`` always.
    checkpoint : path, optional
        Folder in which the state after every epoch is kept, so that an interrupted call
        goes on where it was.
    targets : ndarray of float32, shape (N, 14), optional
        Soft targets instead of the label masks (distillation: cross-entropy).
    callbacks : sequence of keras.callbacks.Callback
        Further callbacks.
    verbose : int
        1 shows Keras's progress bar.

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
    watched = "val_flat_log_loss" if validation is not None else "loss"
    wanted: list[keras.callbacks.Callback] = [*callbacks, keras.callbacks.TerminateOnNaN()]
    if settings.schedule == "cosine":
        steps = math.ceil(len(train) / batch_size)
        wanted.append(_Cosine(settings.learning_rate, settings.epochs, steps))
    else:
        wanted.append(
            keras.callbacks.ReduceLROnPlateau(
                "loss", factor=settings.factor, patience=settings.patience
            )
        )
    if validation is not None:
        wanted.append(
            keras.callbacks.EarlyStopping(
                watched, mode="min", patience=settings.stop_after, restore_best_weights=True
            )
        )
    if deadline is not None:
        wanted.append(TimeBudget(deadline))
    if log_folder is not None:
        Path(log_folder).mkdir(parents=True, exist_ok=True)
        wanted.append(keras.callbacks.CSVLogger(os.fspath(Path(log_folder) / "epochs.csv")))
        if keras.backend.backend() == "tensorflow":
            wanted.append(EventLog(log_folder))
    if checkpoint is not None:
        wanted.append(keras.callbacks.BackupAndRestore(os.fspath(checkpoint)))
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
        callbacks=wanted,
        verbose=verbose,
    )
    return {name: [float(value) for value in values] for name, values in history.history.items()}


def predict(
    model: keras.Model, examples: Examples, feature_columns: Sequence[int]
) -> npt.NDArray[np.float32]:
    """Return the network's probabilities, shape (N, 14)."""
    return np.asarray(
        model.predict(examples.inputs(feature_columns), batch_size=1024, verbose=0),
        dtype=np.float32,
    )
