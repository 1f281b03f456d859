"""Shorten long light curves, so that the cost of a fit stays bounded."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

#: Most points that amplitude and time scale are fitted to.
MOST_FITTED: Final = 160

#: Most points that the mean is conditioned on. One factorisation of these costs less
#: than the several evaluations, with derivatives, of a fit.
MOST_POINTS: Final = 384

# Share of the points in excess that one pass may merge before costs are worked out anew.
_SHARE_OF_PASS = 0.5
_MOST_BISECTIONS = 60


@numba.njit(nogil=True, error_model="numpy")
def cost_of_cheapest(n, cost, wanted) -> Any:  # type: ignore[no-untyped-def]
    """Cost up to which at least half of `wanted`, and if possible no more, points lie."""
    low = 0.0
    high = 0.0
    for point in range(n):
        if cost[point] < np.inf:
            high = max(high, cost[point])
    # Costs span many powers of ten: bisect their fourth roots.
    high = np.sqrt(np.sqrt(high))
    for _ in range(_MOST_BISECTIONS):
        middle = 0.5 * (low + high)
        limit = middle**4
        cheaper = 0
        for point in range(n):
            cheaper += cost[point] <= limit
        if cheaper > wanted:
            high = middle
        elif 2 * cheaper < wanted:
            low = middle
        else:
            return limit
    return high**4 * (1.0 + 1e-12)


@numba.njit(nogil=True, error_model="numpy")
def shorten(n, most, points, previous, cost) -> Any:  # type: ignore[no-untyped-def]
    """Merge neighbours of one passband into their weighted mean until `most` are left.

    Merged first are the neighbours that lose least: those close in time and equal in
    flux within their errors, by ``dt^2 (1 + df^2 / (v1 + v2))``. So the points of one
    night and those of a quiet baseline go before those on a rise.

    Two measurements f1, f2 of one value x are worth their weighted mean times a factor
    without x: ``N(f1|x,v1) N(f2|x,v2) = N(mean|x,v) N(f1 - f2|0,v1 + v2)``. The logarithms
    of those factors are returned, to be added to the log-likelihood of what is left.

    Parameters
    ----------
    n, most : int
        Points, and how many may be left (at least one per passband).
    points : Points
        The light curve, sorted by time; shortened in place.
    previous : ndarray of int64, shape (M,)
        Work array, one element per passband.
    cost : ndarray of float64, shape (n,) at least
        Work array.

    Returns
    -------
    int, float
        Number of points left; ln of the factors.
    """
    time, flux, variance, passband = points
    log_factor = 0.0
    while n > most:
        previous[:] = -1
        for point in range(n):
            before = previous[passband[point]]
            previous[passband[point]] = point
            if before < 0:
                cost[point] = np.inf
                continue
            lag = time[point] - time[before]
            shift = flux[point] - flux[before]
            noise = variance[point] + variance[before]
            cost[point] = lag * lag * (1.0 + shift * shift / noise)
        excess = n - most
        dearest = cost_of_cheapest(n, cost, np.int64(np.ceil(_SHARE_OF_PASS * excess)))

        previous[:] = -1
        kept = 0
        merged = 0
        for point in range(n):
            band = passband[point]
            before = previous[band]
            if cost[point] <= dearest and before >= 0 and merged < excess:
                noise = variance[point] + variance[before]
                shift = flux[point] - flux[before]
                log_factor -= 0.5 * (shift * shift / noise + np.log(2.0 * np.pi * noise))
                share = variance[before] / noise
                time[before] += share * (time[point] - time[before])
                flux[before] += share * shift
                variance[before] *= variance[point] / noise
                # One merger a pass for a point: its neighbour's cost has changed.
                previous[band] = -1
                merged += 1
                continue
            time[kept] = time[point]
            flux[kept] = flux[point]
            variance[kept] = variance[point]
            passband[kept] = band
            previous[band] = kept
            kept += 1
        n = kept
    return n, log_factor
