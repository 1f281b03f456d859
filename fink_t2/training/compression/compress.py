"""Cluster or prune a trained network, and train what remains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt

from fink_t2.training.compression.clustering import PUBLISHED_CLUSTERS, cluster_weights
from fink_t2.training.compression.constrained_network import Constraint, constrained, kernels
from fink_t2.training.compression.pruning import magnitude_mask
from fink_t2.training.examples.examples import Examples
from fink_t2.training.optimisation.fit import FitSettings, fit


@dataclass(frozen=True)
class CompressionSettings:
    """How a network is compressed; the defaults are the published ones.

    Attributes
    ----------
    cluster_layers : tuple of str or None
        Layers whose kernels are clustered; None: all.
    clusters : int
        Shared values per kernel.
    prune_layers : tuple of str or None
        Layers whose kernels are pruned; None: all.
    sparsity : float
        Fraction of each kernel that is pruned.
    """

    cluster_layers: tuple[str, ...] | None = ("logits",)
    clusters: int = PUBLISHED_CLUSTERS
    prune_layers: tuple[str, ...] | None = None
    sparsity: float = 0.011


#: Fine-tuning wants small steps: the network has converged already.
FINE_TUNING = FitSettings(
    epochs=10, batch_size=512, learning_rate=3e-4, schedule="cosine", stop_after=10
)


def copy_network(network: keras.Model) -> keras.Model:
    """Return an independent network of the same layers and weights."""
    copied = keras.models.clone_model(network)
    copied.set_weights(network.get_weights())
    return copied


def cluster(
    network: keras.Model,
    settings: CompressionSettings,
    train: Examples | None = None,
    feature_columns: Sequence[int] = (),
    fine_tuning: FitSettings = FINE_TUNING,
    validation: Examples | None = None,
    keep_zeros: bool = False,
    targets: npt.NDArray[np.float32] | None = None,
) -> keras.Model:
    """Share the weights of chosen kernels among few values, and train these.

    Parameters
    ----------
    network : keras.Model
        The network; it is left as it is.
    settings : CompressionSettings
        Which kernels, how many values.
    train : Examples, optional
        What to fine-tune on; default: no fine-tuning.
    feature_columns : sequence of int
        Columns of the features that the network takes.
    fine_tuning : FitSettings
        How.
    validation : Examples, optional
        The epoch with the lowest flat log-loss on it counts.
    keep_zeros : bool
        Keep weights that are exactly zero, as after pruning; zero is then one of the shared
        values.
    targets : ndarray of float32, shape (N, 14), optional
        Probabilities that the network gave before, to be given again (distillation); default:
        the examples' own classes.

    Returns
    -------
    keras.Model
        The same layers; every chosen kernel has at most ``settings.clusters`` distinct
        values.
    """
    copied = copy_network(network)
    constraints = {}
    for variable in kernels(copied, settings.cluster_layers):
        weights = np.asarray(variable)
        mask = weights != 0 if keep_zeros and (weights == 0).any() else None
        clustering = cluster_weights(weights, settings.clusters, keep=mask)
        constraints[variable.path] = Constraint(clustering, mask)
    if keep_zeros:
        constraints |= _zeros(copied, set(constraints))
    return _train(copied, constraints, train, feature_columns, fine_tuning, validation, targets)


def prune(
    network: keras.Model,
    settings: CompressionSettings,
    train: Examples | None = None,
    feature_columns: Sequence[int] = (),
    fine_tuning: FitSettings = FINE_TUNING,
    validation: Examples | None = None,
) -> keras.Model:
    """Set the smallest weights of chosen kernels to zero for good, and train the others.

    Parameters
    ----------
    network, settings, train, feature_columns, fine_tuning, validation
        As in `cluster`.

    Returns
    -------
    keras.Model
        The same layers; ``settings.sparsity`` of every chosen kernel is zero.
    """
    copied = copy_network(network)
    constraints = {
        variable.path: Constraint(mask=magnitude_mask(np.asarray(variable), settings.sparsity))
        for variable in kernels(copied, settings.prune_layers)
    }
    return _train(copied, constraints, train, feature_columns, fine_tuning, validation)


def _zeros(network: keras.Model, but: set[str]) -> dict[str, Constraint]:
    """Return constraints that keep the zeros of pruned kernels."""
    return {
        variable.path: Constraint(mask=np.asarray(variable) != 0)
        for variable in kernels(network, None)
        if variable.path not in but and (np.asarray(variable) == 0).any()
    }


def _train(
    network: keras.Model,
    constraints: dict[str, Constraint],
    train: Examples | None,
    feature_columns: Sequence[int],
    fine_tuning: FitSettings,
    validation: Examples | None,
    targets: npt.NDArray[np.float32] | None = None,
) -> keras.Model:
    with constrained(network, constraints) as wrapped:
        if train is not None:
            fit(wrapped, train, feature_columns, fine_tuning, validation, targets=targets)
    return network
