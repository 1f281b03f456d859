"""Train on all devices of a machine: one replica of the network on each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import keras


@contextlib.contextmanager
def replicated(devices: Sequence[str] | None = None) -> Iterator[int]:
    """Open the scope in which a network is built, compiled and fitted.

    With TensorFlow and several GPUs it is that of ``tf.distribute.MirroredStrategy``: every
    step's batch is split among the replicas and their gradients are summed. Otherwise (one
    GPU, none, or another Keras backend) nothing changes.

    Parameters
    ----------
    devices : sequence of str, optional
        Devices to use, such as "CPU:0"; default: all GPUs.

    Yields
    ------
    int
        Number of replicas: by it the batch is multiplied.
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
