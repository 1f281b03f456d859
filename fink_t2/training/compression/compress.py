"""Clustering and pruning of a trained network, with fine-tuning."""

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
    """Settings of the compression; the defaults are the published ones.

    Attributes
    ----------
    cluster_layers : tuple of str or None
        Layers whose kernels are clustered; None stands for all.
    clusters : int
        Number of centroids of each kernel.
    prune_layers : tuple of str or None
        Layers whose kernels are pruned; None stands for all.
    sparsity : float
        Fraction of the weights of each kernel that are set to zero.
    """

    cluster_layers: tuple[str, ...] | None = ("logits",)
    clusters: int = PUBLISHED_CLUSTERS
    prune_layers: tuple[str, ...] | None = None
    sparsity: float = 0.011


#: Settings of the fine-tuning, with a small learning rate because the network has converged.
FINE_TUNING = FitSettings(
    epochs=10, batch_size=512, learning_rate=3e-4, schedule="cosine", stop_after=10
)


def copy_network(network: keras.Model) -> keras.Model:
    """Return an independent network with the same layers and weights."""
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
    """Cluster the weights of kernels, and train the centroids.

    Parameters
    ----------
    network : keras.Model
        The network; it is not changed.
    settings : CompressionSettings
        Layers and number of centroids.
    train : Examples, optional
        Examples for fine-tuning; by default the centroids are not trained.
    feature_columns : sequence of int
        Columns of the features that the network uses.
    fine_tuning : FitSettings
        Settings of the fine-tuning.
    validation : Examples, optional
        Examples on which the best epoch is chosen by the flat log-loss.
    keep_zeros : bool
        Whether weights that are exactly zero, as after pruning, remain zero. Zero is then one of
        the centroids.
    targets : ndarray of float32, shape (N, 14), optional
        Probabilities to be reproduced (distillation); by default the labels of the examples.

    Returns
    -------
    keras.Model
        A network in which every kernel of the layers has at most ``settings.clusters`` distinct
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
    """Set the smallest weights of kernels to zero, and train the others.

    Parameters
    ----------
    network : keras.Model
        The network; it is not changed.
    settings : CompressionSettings
        Layers and fraction of the weights.
    train : Examples, optional
        Examples for fine-tuning; by default the weights are not trained.
    feature_columns : sequence of int
        Columns of the features that the network uses.
    fine_tuning : FitSettings
        Settings of the fine-tuning.
    validation : Examples, optional
        Examples on which the best epoch is chosen by the flat log-loss.

    Returns
    -------
    keras.Model
        A network in which a fraction ``settings.sparsity`` of every kernel of the layers is zero.
    """
    copied = copy_network(network)
    constraints = {
        variable.path: Constraint(mask=magnitude_mask(np.asarray(variable), settings.sparsity))
        for variable in kernels(copied, settings.prune_layers)
    }
    return _train(copied, constraints, train, feature_columns, fine_tuning, validation)


def _zeros(network: keras.Model, excluded: set[str]) -> dict[str, Constraint]:
    """Return constraints that keep the zeros of pruned kernels, except for some kernels."""
    return {
        variable.path: Constraint(mask=np.asarray(variable) != 0)
        for variable in kernels(network, None)
        if variable.path not in excluded and (np.asarray(variable) == 0).any()
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
