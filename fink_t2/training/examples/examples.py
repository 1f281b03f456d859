"""What a network trains on: prepared light curves with targets and weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.preprocessing import prepare
from fink_t2.training.examples.labelled import Labelled, class_indices

#: Light curves that one thread prepares at a time.
BLOCK = 2048


@dataclass(frozen=True)
class Examples:
    """N prepared examples.

    Attributes
    ----------
    grid : ndarray of float32, shape (N, L, M)
        Scaled interpolated light curves.
    features : ndarray of float32, shape (N, R)
        Auxiliary features, all that `fink_t2.science.features.feature_names` lists.
    label_mask : ndarray of bool, shape (N, 14)
        Classes that are right; see `fink_t2.training.examples.labelled.Labelled`.
    weight : ndarray of float32, shape (N,)
        Weight in the loss.
    """

    grid: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]
    label_mask: npt.NDArray[np.bool_]
    weight: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.grid)

    def select(self, keep: npt.ArrayLike) -> Examples:
        """Return the examples that a boolean mask or an index array chooses."""
        keep = np.asarray(keep)
        return Examples(
            self.grid[keep], self.features[keep], self.label_mask[keep], self.weight[keep]
        )

    def labels(self) -> npt.NDArray[np.int64]:
        """Return each example's class index, -1 where it is not one of the 14."""
        return class_indices(self.label_mask)

    def inputs(self, feature_columns: Sequence[int]) -> list[npt.NDArray[np.float32]]:
        """Return what a network takes: the grid and, if it has any, its features."""
        if not len(feature_columns):
            return [self.grid]
        return [self.grid, self.features[:, list(feature_columns)]]


def make_examples(
    labelled: Labelled,
    grid_length: int,
    weight: npt.ArrayLike = 1.0,
    threads: int | None = None,
) -> Examples:
    """Interpolate and scale light curves on all cores, by the code that the stream uses.

    Parameters
    ----------
    labelled : Labelled
        N light curves that passed the cuts.
    grid_length : int
        L.
    weight : array_like, scalar or shape (N,)
        Weights in the loss.
    threads : int, optional
        Default: all cores. The compiled Gaussian process runs without Python's lock.

    Returns
    -------
    Examples
    """
    curves = labelled.light_curves
    blocks = [
        np.arange(begin, min(begin + BLOCK, len(curves))) for begin in range(0, len(curves), BLOCK)
    ]
    with ThreadPoolExecutor(threads or len(os.sched_getaffinity(0))) as pool:
        parts = list(pool.map(lambda block: prepare(curves.select(block), grid_length), blocks))
    if not parts:
        parts = [prepare(curves, grid_length)]
    return Examples(
        np.concatenate([part.grid for part in parts]),
        np.concatenate([part.features for part in parts]),
        labelled.label_mask,
        np.broadcast_to(np.asarray(weight, dtype=np.float32), (len(labelled),)).copy(),
    )


def join_examples(parts: Sequence[Examples]) -> Examples:
    """Put several sets of examples behind each other."""
    return Examples(
        np.concatenate([part.grid for part in parts]),
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.label_mask for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )
