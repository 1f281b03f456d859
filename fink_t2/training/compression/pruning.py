"""Magnitude pruning: the smallest weights of a layer become zero and stay zero."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def magnitude_mask(weights: npt.NDArray[np.floating], sparsity: float) -> npt.NDArray[np.bool_]:
    """Choose the weights to keep.

    Parameters
    ----------
    weights : ndarray
        Weights of any shape.
    sparsity : float
        Fraction to prune, in [0, 1); rounded to a whole number of weights.

    Returns
    -------
    ndarray of bool, the weights' shape
        False at the smallest |weights|; at equal ones, at the first.

    Raises
    ------
    ValueError
        If the sparsity is out of range.
    """
    if not 0.0 <= sparsity < 1.0:
        raise ValueError(f"sparsity is a fraction in [0, 1), not {sparsity}")
    order = np.argsort(np.abs(weights).ravel(), kind="stable")
    mask = np.ones(weights.size, dtype=bool)
    mask[order[: round(sparsity * weights.size)]] = False
    return mask.reshape(weights.shape)
