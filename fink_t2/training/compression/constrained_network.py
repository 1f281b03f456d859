"""Train a network some of whose weights are shared within clusters, or pruned."""

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
    """What one weight array must keep to.

    Attributes
    ----------
    clustering : Clustering, optional
        Its weights are shared; the shared values are trained, who shares them is fixed.
    mask : ndarray of bool, optional
        Its weights are zero where this is False.
    """

    clustering: Clustering | None = None
    mask: npt.NDArray[np.bool_] | None = None


class ConstrainedNetwork(keras.Model):
    """A network whose weight arrays are functions of fewer, or masked, variables.

    A clustered array is ``centroids[indices]``, so that the gradient of a shared value is
    the sum of its weights' gradients (Han et al. 2016, figure 3). It works on weight arrays
    instead of layers, for every kind of layer, on every Keras backend.

    Parameters
    ----------
    network : keras.Model
        The network; it is trained in place, and put right by `release`.
    constraints : mapping of str to Constraint
        By the path of the weight array, e.g. "logits/kernel".

    Raises
    ------
    ValueError
        If the network has no trainable weight array of that path.
    """

    def __init__(self, network: keras.Model, constraints: Mapping[str, Constraint]) -> None:
        super().__init__(name=f"constrained_{network.name}")
        self.network = network
        by_path = {variable.path: variable for variable in network.trainable_variables}
        unknown = sorted(set(constraints) - set(by_path))
        if unknown:
            raise ValueError(f"no weights {', '.join(unknown)}; there are {', '.join(by_path)}")
        self._shared: list[tuple[Any, Any, npt.NDArray[np.int32]]] = []
        self._masked: list[tuple[Any, npt.NDArray[np.float32]]] = []
        for path, constraint in constraints.items():
            variable = by_path[path]
            if constraint.clustering is not None:
                values = constraint.clustering.centroids
                centroids = self.add_weight(
                    shape=values.shape, initializer="zeros", name=f"{path.replace('/', '_')}_shared"
                )
                centroids.assign(values)
                indices = constraint.clustering.indices.astype(np.int32)
                self._shared.append((variable, centroids, indices))
                # Its values come from the centroids now.
                variable.trainable = False
            if constraint.mask is not None:
                self._masked.append((variable, constraint.mask.astype(np.float32)))

    def constrained_values(self) -> dict[int, Any]:
        """Return the constrained weight arrays, by the identity of their variable."""
        values = {
            id(variable): keras.ops.take(centroids.value, indices, axis=0)
            for variable, centroids, indices in self._shared
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
        # What a forward pass changes (dropout's seeds, moving statistics) goes on.
        for variable in fixed:
            if id(variable) in constrained:
                continue
            value = scope.get_current_value(variable)
            if value is not None:
                variable.assign(value)
        return outputs

    def release(self) -> keras.Model:
        """Write the constrained weights into the network, and return it as it was built."""
        values = self.constrained_values()
        for variable in self.network.variables:
            if id(variable) in values:
                variable.trainable = True
                variable.assign(values[id(variable)])
        return self.network


def kernels(network: keras.Model, layers: Sequence[str] | None) -> Iterator[keras.Variable]:
    """Find the kernels of the named layers.

    Parameters
    ----------
    network : keras.Model
        The network.
    layers : sequence of str, optional
        Names as in the path before "/kernel" ("logits", "block_1_attention/query"), or the
        first part of one ("block_1_attention"). Default: all layers.

    Yields
    ------
    keras.Variable

    Raises
    ------
    ValueError
        If a layer has no kernel.
    """
    found = [v for v in network.trainable_variables if v.path.endswith("kernel")]
    names = [variable.path.rpartition("/")[0] for variable in found]
    for layer in dict.fromkeys(names if layers is None else layers):
        chosen = [
            variable
            for variable, name in zip(found, names, strict=True)
            if name == layer or (layers is not None and name.startswith(f"{layer}/"))
        ]
        if not chosen:
            raise ValueError(f"no layer {layer!r} with a kernel; there are {', '.join(names)}")
        yield from chosen


@contextmanager
def constrained(
    network: keras.Model, constraints: Mapping[str, Constraint]
) -> Iterator[ConstrainedNetwork]:
    """Train a network under constraints within this context; released at its end."""
    wrapped = ConstrainedNetwork(network, constraints)
    try:
        yield wrapped
    finally:
        wrapped.release()
