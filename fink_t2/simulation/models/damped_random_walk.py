"""The damped random walk, sampled exactly at any visits."""

from __future__ import annotations

import numpy as np
from numba import njit

from fink_t2.simulation.arrays import Array, Indices


@njit(cache=True)
def _walk(
    starts: Indices, time: Array, scale: Array, deviation: Array, normal: Array, start: Array
) -> Array:
    walk = np.empty(len(time))
    for source in range(len(starts) - 1):
        value = start[source] * deviation[source]
        for visit in range(starts[source], starts[source + 1]):
            if visit > starts[source]:
                kept = np.exp(-(time[visit] - time[visit - 1]) / scale[source])
                spread = deviation[source] * np.sqrt(1 - kept * kept)
                value = value * kept + spread * normal[visit]
            walk[visit] = value
    return walk


def damped_random_walk(
    generator: np.random.Generator, starts: Indices, time: Array, scale: Array, deviation: Array
) -> Array:
    """Draw a damped random walk (Ornstein-Uhlenbeck process) for every source.

    Kelly, Bechtold & Siemiginowska (2009, ApJ 698, 895), with the exact transition from one
    visit to the next, so that any sampling gives the same process.

    Parameters
    ----------
    generator : numpy.random.Generator
    starts : ndarray of int, shape (n + 1,)
        Ragged offsets into `time`.
    time : ndarray, shape (P,)
        Days, sorted within a source.
    scale, deviation : ndarray, shape (n,)
        Damping time in days and long-term standard deviation.

    Returns
    -------
    ndarray, shape (P,)
        Mean 0, standard deviation `deviation`.
    """
    normal = generator.standard_normal(len(time))
    first = generator.standard_normal(len(starts) - 1)
    return _walk(starts, time, scale, deviation, normal, first)
