"""Split objects into sets: stratified by class, fixed by a seed, whatever else is in the data."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def split_numbers(object_id: npt.NDArray[np.str_], seed: int) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) for every object, the same wherever and whenever it is met.

    Parameters
    ----------
    object_id : ndarray of str, shape (N,)
        Names of the objects.
    seed : int
        Another seed gives other numbers.

    Returns
    -------
    ndarray of float64, shape (N,)
        Equal for equal names.
    """
    unique, inverse = np.unique(object_id, return_inverse=True)
    numbers = np.empty(len(unique))
    for place, name in enumerate(unique.tolist()):
        digest = hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest()
        numbers[place] = int.from_bytes(digest, "big") / 2.0**64
    return numbers[inverse.reshape(-1)]


def stratified_folds(
    object_id: npt.NDArray[np.str_], label: npt.NDArray[np.int64], n_folds: int, seed: int
) -> npt.NDArray[np.int64]:
    """Deal the objects of every class evenly into folds.

    Parameters
    ----------
    object_id : ndarray of str, shape (N,)
        Names of the objects; examples of one object get one fold.
    label : ndarray of int64, shape (N,)
        Class of each example (an object's first one counts).
    n_folds : int
        Number of folds.
    seed : int
        Another seed deals otherwise.

    Returns
    -------
    ndarray of int64, shape (N,)
        Fold of each example, 0 to ``n_folds - 1``.
    """
    unique, first, inverse = np.unique(object_id, return_index=True, return_inverse=True)
    numbers = split_numbers(unique, seed)
    labels = label[first]
    order = np.lexsort((numbers, labels))
    fold = np.empty(len(unique), dtype=np.int64)
    # Dealing on from class to class keeps the folds' sizes within one of each other.
    fold[order] = np.arange(len(unique)) % n_folds
    return fold[inverse.reshape(-1)]
