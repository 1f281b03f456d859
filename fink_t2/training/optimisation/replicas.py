"""Training on all devices of a machine, with one replica of the network on each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import keras


@contextlib.contextmanager
def replicated(devices: Sequence[str] | None = None) -> Iterator[int]:
    """Enter the scope in which a network is built, compiled and fitted.

    With TensorFlow and several GPUs it is the scope of ``tf.distribute.MirroredStrategy``: the
    batch of every step is split among the replicas, and their gradients are summed. With one
    GPU or none, or with another Keras backend, it has no effect.

    Parameters
    ----------
    devices : sequence of str, optional
        Devices, such as "CPU:0"; by default all GPUs.

    Yields
    ------
    int
        Number of replicas, by which the batch size is to be multiplied.
    """
    if keras.backend.backend() != "tensorflow":
        yield 1
        return
    import tensorflow as tf

    if devices is None:
        devices = [f"GPU:{number}" for number in range(len(tf.config.list_logical_devices("GPU")))]
    if len(devices) < 2:
        yield 1
        return
    strategy = tf.distribute.MirroredStrategy(list(devices))
    with strategy.scope():
        yield strategy.num_replicas_in_sync
