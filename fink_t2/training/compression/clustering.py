"""Weight clustering: every weight of a layer is replaced by one of a few centroids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

#: Published number of clusters (arXiv:2303.08951).
PUBLISHED_CLUSTERS = 16


@dataclass(frozen=True)
class Clustering:
    """Weights as indices into a short list of centroids.

    Attributes
    ----------
    centroids : ndarray of float32, shape (k,)
        The centroids in increasing order.
    indices : ndarray of uint8
        Index of the centroid of each weight, in the shape of the weights.
    """

    centroids: npt.NDArray[np.float32]
    indices: npt.NDArray[np.uint8]

    def weights(self) -> npt.NDArray[np.float32]:
        """Return the clustered weights."""
        return self.centroids[self.indices]


def linear_centroids(weights: npt.NDArray[np.floating], clusters: int) -> npt.NDArray[np.float64]:
    """Return equally spaced values from the smallest to the largest weight.

    With this initialisation, which is the published one, large weights are represented, which are
    rare and most important (Han et al. 2016, section 3.2).

    Parameters
    ----------
    weights : ndarray
        Weights of any shape.
    clusters : int
        Number k of centroids.

    Returns
    -------
    ndarray of float64, shape (k,)
    """
    return np.linspace(float(weights.min()), float(weights.max()), clusters)


def cluster_weights(
    weights: npt.NDArray[np.floating],
    clusters: int = PUBLISHED_CLUSTERS,
    *,
    keep: npt.NDArray[np.bool_] | None = None,
    iterations: int = 100,
) -> Clustering:
    """Find centroids by k-means (Lloyd's iteration in one dimension).

    Parameters
    ----------
    weights : ndarray
        Weights of any shape.
    clusters : int
        Number k of centroids, from 2 to 256.
    keep : ndarray of bool, optional
        Mask of the weights that are not pruned, in the shape of the weights. The others do not
        influence the centroids, and zero becomes one of the k centroids.
    iterations : int
        Largest number of iterations; the iteration ends when the centroids no longer change.

    Returns
    -------
    Clustering

    Raises
    ------
    ValueError
        If the number of clusters is out of range.
    """
    if not 2 <= clusters <= 256:
        raise ValueError(f"the number of clusters must be from 2 to 256, not {clusters}")
    kept = weights.ravel() if keep is None else weights[keep]
    free = clusters if keep is None else clusters - 1
    if not kept.size:
        kept = np.zeros(1)
    centroids = linear_centroids(kept, free)
    for _ in range(iterations):
        nearest = _nearest(kept, centroids)
        counts = np.bincount(nearest, minlength=free)
        sums = np.bincount(nearest, weights=kept, minlength=free)
        # A centroid without weights keeps its value.
        moved = np.where(counts > 0, sums / np.maximum(counts, 1), centroids)
        if np.allclose(moved, centroids, rtol=0, atol=1e-9):
            break
        centroids = np.sort(moved)
    if keep is None:
        return Clustering(
            centroids.astype(np.float32), _nearest(weights, centroids).astype(np.uint8)
        )
    # Only pruned weights have the centroid zero, because training changes the other centroids.
    zero = int(np.searchsorted(centroids, 0.0))
    nearest = _nearest(weights, centroids)
    indices = np.where(keep, nearest + (nearest >= zero), zero)
    centroids = np.insert(centroids, zero, 0.0)
    return Clustering(centroids.astype(np.float32), indices.astype(np.uint8))


def _nearest(
    weights: npt.NDArray[np.floating], centroids: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Return the index of the nearest centroid of each weight."""
    borders = (centroids[1:] + centroids[:-1]) / 2.0
    return np.searchsorted(borders, weights)
