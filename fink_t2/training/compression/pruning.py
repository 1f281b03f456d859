"""Magnitude pruning: the weights of smallest magnitude are set to zero."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def magnitude_mask(weights: npt.NDArray[np.floating], sparsity: float) -> npt.NDArray[np.bool_]:
    """Return the mask of the weights that are kept.

    Parameters
    ----------
    weights : ndarray
        Weights of any shape.
    sparsity : float
        Fraction of the weights that are pruned, in [0, 1), rounded to a whole number of weights.

    Returns
    -------
    ndarray of bool
        Mask in the shape of the weights, False for those of smallest magnitude. Of equal weights
        the first are pruned.

    Raises
    ------
    ValueError
        If the sparsity is out of range.
    """
    if not 0.0 <= sparsity < 1.0:
        raise ValueError(f"sparsity must be a fraction in [0, 1), not {sparsity}")
    order = np.argsort(np.abs(weights).ravel(), kind="stable")
    mask = np.ones(weights.size, dtype=bool)
    mask[order[: round(sparsity * weights.size)]] = False
    return mask.reshape(weights.shape)
