"""Reproducible splits of objects into sets."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def split_numbers(object_id: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.float64]:
    """Return a pseudo-random number for every object, which depends only on its name and the seed.

    Parameters
    ----------
    object_id : ndarray of str, shape (N,)
        Names of the objects.
    seed : int
        Seed of the numbers.

    Returns
    -------
    ndarray of float64, shape (N,)
        Numbers in [0, 1), equal for equal names.
    """
    unique, inverse = np.unique(object_id, return_inverse=True)
    numbers = np.empty(len(unique))
    for index, name in enumerate(unique.tolist()):
        digest = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()
        numbers[index] = int.from_bytes(digest, "big") / 2.0**64
    return numbers[inverse.reshape(-1)]


def stratified_folds(
    object_id: npt.NDArray[np.str_], label: npt.NDArray[np.int64], n_folds: int, seed: int
) -> npt.NDArray[np.int64]:
    """Distribute the objects of every class evenly over folds.

    Parameters
    ----------
    object_id : ndarray of str, shape (N,)
        Names of the objects. All examples of an object are in the same fold.
    label : ndarray of int64, shape (N,)
        Class of each example. An object has the class of its first example.
    n_folds : int
        Number of folds.
    seed : int
        Seed of the distribution.

    Returns
    -------
    ndarray of int64, shape (N,)
        Fold of each example, from 0 to ``n_folds - 1``.
    """
    unique, first, inverse = np.unique(object_id, return_index=True, return_inverse=True)
    numbers = split_numbers(unique, seed)
    labels = label[first]
    order = np.lexsort((numbers, labels))
    fold = np.empty(len(unique), dtype=np.int64)
    # Counting on from class to class keeps the sizes of the folds within one of each other.
    fold[order] = np.arange(len(unique)) % n_folds
    return fold[inverse.reshape(-1)]
