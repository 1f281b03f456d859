"""Merging of points of long light curves, which limits the cost of a fit."""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

#: Largest number of points that amplitude and time scale are fitted to.
MOST_FITTED: Final = 160

#: Largest number of points that the posterior mean is conditioned on. It can be larger, because the
#: mean takes one factorisation and a fit takes several, with derivatives.
MOST_POINTS: Final = 384

# Fraction of the points in excess that are merged before the costs are computed again.
_SHARE_OF_PASS = 0.5
_MOST_BISECTIONS = 60


@numba.njit(nogil=True, error_model="numpy")
def cost_of_cheapest(n, cost, wanted) -> Any:  # type: ignore[no-untyped-def]
    """Return a limit of the cost that about `wanted` points do not exceed.

    Parameters
    ----------
    n : int
        Number of points.
    cost : ndarray of float64, shape (n,) at least
        Cost of merging each point with the preceding one of its passband.
    wanted : int
        Number of points.

    Returns
    -------
    float
        At least half of `wanted` points cost no more than this and, unless costs are equal, at
        most `wanted`.
    """
    low = 0.0
    high = 0.0
    for point in range(n):
        if cost[point] < np.inf:
            high = max(high, cost[point])
    # Costs span many powers of ten, so that their fourth roots are bisected.
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
    """Merge successive points of a passband into their weighted mean until `most` are left.

    Points are merged in the order of the cost ``dt^2 (1 + df^2 / (v1 + v2))``, which is small where
    they are close in time and equal in flux within their errors. Therefore the points of one
    night and those of a constant baseline are merged before those on a rise.

    The likelihood of two measurements f1, f2 of one value x is that of their weighted mean times a
    factor that does not depend on x:
    ``N(f1|x,v1) N(f2|x,v2) = N(mean|x,v) N(f1 - f2|0,v1 + v2)``. The sum of the logarithms of
    these factors is to be added to the log-likelihood of the remaining points.

    Parameters
    ----------
    n, most : int
        Number of points, and the largest number that may be left: at least that of passbands.
    points : Points
        The light curve, sorted by time; shortened in place.
    previous : ndarray of int64, shape (M,)
        Work array, one element per passband.
    cost : ndarray of float64, shape (n,) at least
        Work array.

    Returns
    -------
    int, float
        Number of points left, and the sum of the logarithms of the factors.
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
                # The cost of the next point has changed, so that it is not merged in this pass.
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
