"""Examples for training: network input made from light curves, with targets and weights."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fink_t2.science.preprocessing import preprocess
from fink_t2.training.examples.labelled import Labelled, class_indices

#: Number of light curves that a thread interpolates at a time.
BLOCK = 2048


@dataclass(frozen=True)
class Examples:
    """N training examples.

    Attributes
    ----------
    grid : ndarray of float32, shape (N, L, M)
        Interpolated and scaled light curves at L times in M passbands.
    features : ndarray of float32, shape (N, R)
        All auxiliary features that `fink_t2.science.features.feature_names` lists.
    label_mask : ndarray of bool, shape (N, 14)
        True for every class that is correct, as in
        `fink_t2.training.examples.labelled.Labelled`.
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
        """Return the examples chosen by a boolean mask or by indices."""
        keep = np.asarray(keep)
        return Examples(
            self.grid[keep], self.features[keep], self.label_mask[keep], self.weight[keep]
        )

    def labels(self) -> npt.NDArray[np.int64]:
        """Return the class index of each example, -1 where the class is not known."""
        return class_indices(self.label_mask)

    def inputs(self, feature_columns: Sequence[int]) -> list[npt.NDArray[np.float32]]:
        """Return the input of a network.

        Parameters
        ----------
        feature_columns : sequence of int
            Columns of the features that the network uses; may be empty.

        Returns
        -------
        list of ndarray
            The grid and, if the network uses any, the features.
        """
        if not len(feature_columns):
            return [self.grid]
        return [self.grid, self.features[:, list(feature_columns)]]


def make_examples(
    labelled: Labelled,
    grid_length: int,
    weight: npt.ArrayLike = 1.0,
    threads: int | None = None,
) -> Examples:
    """Interpolate and scale light curves on all cores, with the code that the stream uses.

    Parameters
    ----------
    labelled : Labelled
        N light curves that have passed the cuts.
    grid_length : int
        Number of times L of the grid.
    weight : array_like, scalar or shape (N,)
        Weights in the loss.
    threads : int, optional
        Number of threads; by default one for each core. The compiled Gaussian process
        releases Python's global interpreter lock.

    Returns
    -------
    Examples
    """
    curves = labelled.light_curves
    blocks = [
        np.arange(begin, min(begin + BLOCK, len(curves))) for begin in range(0, len(curves), BLOCK)
    ]
    with ThreadPoolExecutor(threads or len(os.sched_getaffinity(0))) as pool:
        parts = list(pool.map(lambda block: preprocess(curves.select(block), grid_length), blocks))
    if not parts:
        parts = [preprocess(curves, grid_length)]
    return Examples(
        np.concatenate([part.grid for part in parts]),
        np.concatenate([part.features for part in parts]),
        labelled.label_mask,
        np.broadcast_to(np.asarray(weight, dtype=np.float32), (len(labelled),)).copy(),
    )


def join_examples(parts: Sequence[Examples]) -> Examples:
    """Concatenate sets of examples."""
    return Examples(
        np.concatenate([part.grid for part in parts]),
        np.concatenate([part.features for part in parts]),
        np.concatenate([part.label_mask for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )
