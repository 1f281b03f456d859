"""Weight clustering: every weight of a layer becomes one of a few shared values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: As published (arXiv:2303.08951).
PUBLISHED_CLUSTERS = 16


@dataclass(frozen=True)
class Clustering:
    """Weights as indices into a short list of shared values.

    Attributes
    ----------
    centroids : ndarray of float32, shape (k,)
        The shared values, rising.
    indices : ndarray of uint8, the weights' shape
        Which value each weight has.
    """

    centroids: npt.NDArray[np.float32]
    indices: npt.NDArray[np.uint8]

    def weights(self) -> npt.NDArray[np.float32]:
        """Return the weights that they stand for."""
        return self.centroids[self.indices]


def linear_centroids(weights: npt.NDArray[np.floating], clusters: int) -> npt.NDArray[np.float64]:
    """Return equally spaced values from the smallest to the largest weight, shape (k,).

    Linear initialisation keeps large, rare weights, which matter most, represented (Han et
    al. 2016, section 3.2); it is the published choice.
    """
    return np.linspace(float(weights.min()), float(weights.max()), clusters)


def cluster_weights(
    weights: npt.NDArray[np.floating],
    clusters: int = PUBLISHED_CLUSTERS,
    *,
    keep: npt.NDArray[np.bool_] | None = None,
    iterations: int = 100,
) -> Clustering:
    """Find shared values by k-means (Lloyd's iteration in one dimension).

    Parameters
    ----------
    weights : ndarray
        Weights of any shape.
    clusters : int
        Number of shared values k, 2 to 256.
    keep : ndarray of bool, the weights' shape, optional
        Weights that were not pruned. The others take no part, and zero becomes one of the
        k values, so that they can be told.
    iterations : int
        Most iterations; it ends earlier when nothing changes.

    Returns
    -------
    Clustering

    Raises
    ------
    ValueError
        If the number of clusters is out of range.
    """
    if not 2 <= clusters <= 256:
        raise ValueError(f"from 2 to 256 clusters are possible, not {clusters}")
    kept = weights.ravel() if keep is None else weights[keep]
    free = clusters if keep is None else clusters - 1
    if not kept.size:
        kept = np.zeros(1)
    centroids = linear_centroids(kept, free)
    for _ in range(iterations):
        nearest = _nearest(kept, centroids)
        counts = np.bincount(nearest, minlength=free)
        sums = np.bincount(nearest, weights=kept, minlength=free)
        # A value that no weight is near to stays where it is.
        moved = np.where(counts > 0, sums / np.maximum(counts, 1), centroids)
        if np.allclose(moved, centroids, rtol=0, atol=1e-9):
            break
        centroids = np.sort(moved)
    if keep is None:
        return Clustering(
            centroids.astype(np.float32), _nearest(weights, centroids).astype(np.uint8)
        )
    # Zero is for pruned weights alone: what is kept may move away from it in training.
    zero = int(np.searchsorted(centroids, 0.0))
    nearest = _nearest(weights, centroids)
    indices = np.where(keep, nearest + (nearest >= zero), zero)
    centroids = np.insert(centroids, zero, 0.0)
    return Clustering(centroids.astype(np.float32), indices.astype(np.uint8))


def _nearest(
    weights: npt.NDArray[np.floating], centroids: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return the index of the nearest of rising values, the weights' shape."""
    borders = (centroids[1:] + centroids[:-1]) / 2.0
    return np.searchsorted(borders, weights)
