"""Training of networks with clustered or pruned weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.training.compression.clustering import Clustering


@dataclass(frozen=True)
class Constraint:
    """Constraint of a weight array.

    Attributes
    ----------
    clustering : Clustering, optional
        Clustering of the weights. The centroids are trained, the assignment of weights to
        centroids is fixed.
    mask : ndarray of bool, optional
        Mask that is False for weights that are zero.
    """

    clustering: Clustering | None = None
    mask: npt.NDArray[np.bool_] | None = None


class ConstrainedNetwork(keras.Model):
    """A network whose weight arrays are functions of fewer variables, or are masked.

    A clustered array is ``centroids[indices]``, so that the gradient of a centroid is the sum of
    the gradients of its weights (Han et al. 2016, figure 3). Because it operates on weight arrays
    and not on layers, it works with every type of layer and every Keras backend.

    Parameters
    ----------
    network : keras.Model
        The network. It is trained in place; `release` restores its variables.
    constraints : mapping of str to Constraint
        Constraint by the path of the weight array, such as "logits/kernel".

    Raises
    ------
    ValueError
        If the network has no trainable weight array with a given path.
    """

    def __init__(self, network: keras.Model, constraints: Mapping[str, Constraint]) -> None:
        super().__init__(name=f"constrained_{network.name}")
        self.network = network
        by_path = {variable.path: variable for variable in network.trainable_variables}
        unknown = sorted(set(constraints) - set(by_path))
        if unknown:
            raise ValueError(f"no weights {', '.join(unknown)}; there are {', '.join(by_path)}")
        self._clustered: list[tuple[Any, Any, npt.NDArray[np.int32]]] = []
        self._masked: list[tuple[Any, npt.NDArray[np.float32]]] = []
        for path, constraint in constraints.items():
            variable = by_path[path]
            if constraint.clustering is not None:
                values = constraint.clustering.centroids
                centroids = self.add_weight(
                    shape=values.shape,
                    initializer="zeros",
                    name=f"{path.replace('/', '_')}_centroids",
                )
                centroids.assign(values)
                indices = constraint.clustering.indices.astype(np.int32)
                self._clustered.append((variable, centroids, indices))
                # Its values are computed from the centroids.
                variable.trainable = False
            if constraint.mask is not None:
                self._masked.append((variable, constraint.mask.astype(np.float32)))

    def constrained_values(self) -> dict[int, Any]:
        """Return the values of the constrained weight arrays by the `id` of their variable."""
        values = {
            id(variable): keras.ops.take(centroids.value, indices, axis=0)
            for variable, centroids, indices in self._clustered
        }
        for variable, mask in self._masked:
            values[id(variable)] = values.get(id(variable), variable.value) * mask
        return values

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Apply the network with its constrained weights."""
        constrained = self.constrained_values()
        mapping = [(v, constrained.get(id(v), v.value)) for v in self.network.variables]
        fixed = self.network.non_trainable_variables
        with keras.StatelessScope(state_mapping=mapping) as scope:
            outputs = self.network(inputs, training=training)
        # Keep what the forward pass changes: the state of dropout and moving statistics.
        for variable in fixed:
            if id(variable) in constrained:
                continue
            value = scope.get_current_value(variable)
            if value is not None:
                variable.assign(value)
        return outputs

    def release(self) -> keras.Model:
        """Write the constrained weights into the network, make them trainable, and return it."""
        values = self.constrained_values()
        for variable in self.network.variables:
            if id(variable) in values:
                variable.trainable = True
                variable.assign(values[id(variable)])
        return self.network


def kernels(network: keras.Model, layers: Sequence[str] | None) -> Iterator[keras.Variable]:
    """Return the kernels of layers.

    Parameters
    ----------
    network : keras.Model
        The network.
    layers : sequence of str, optional
        Names of layers: the path of a kernel without "/kernel" ("logits",
        "block_1_attention/query"), or its first part ("block_1_attention"). By default all
        layers.

    Yields
    ------
    keras.Variable

    Raises
    ------
    ValueError
        If a layer has no kernel.
    """
    all_kernels = [v for v in network.trainable_variables if v.path.endswith("kernel")]
    names = [variable.path.rpartition("/")[0] for variable in all_kernels]
    for layer in dict.fromkeys(names if layers is None else layers):
        chosen = [
            variable
            for variable, name in zip(all_kernels, names, strict=True)
            if name == layer or (layers is not None and name.startswith(f"{layer}/"))
        ]
        if not chosen:
            raise ValueError(f"no layer {layer!r} with a kernel; the layers are {', '.join(names)}")
        yield from chosen


@contextmanager
def constrained(
    network: keras.Model, constraints: Mapping[str, Constraint]
) -> Iterator[ConstrainedNetwork]:
    """Enter a context in which a network is trained under constraints."""
    wrapped = ConstrainedNetwork(network, constraints)
    try:
        yield wrapped
    finally:
        wrapped.release()
