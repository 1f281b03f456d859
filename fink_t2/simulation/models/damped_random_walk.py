"""The damped random walk at arbitrary times."""

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

    The transition from one visit to the next is exact, so that the process does not depend on
    the sampling (Kelly, Bechtold & Siemiginowska 2009, ApJ 698, 895).

    Parameters
    ----------
    generator : numpy.random.Generator
        Source of random numbers.
    starts : ndarray of int, shape (n + 1,)
        The visits to source i are ``starts[i]:starts[i + 1]``.
    time : ndarray, shape (P,)
        Times of the visits, days, sorted within a source.
    scale, deviation : ndarray, shape (n,)
        Damping times, days, and long-term standard deviations.

    Returns
    -------
    ndarray, shape (P,)
        Values of the walks, with mean 0 and standard deviation `deviation`.
    """
    normal = generator.standard_normal(len(time))
    first = generator.standard_normal(len(starts) - 1)
    return _walk(starts, time, scale, deviation, normal, first)
