"""Shorten long light curves so that the cost of a fit stays bounded."""

from __future__ import annotations

from typing import Final

import numba
import numpy as np

#: Longest light curve that is fitted point by point.
MOST_POINTS: Final = 160


@numba.njit(nogil=True, error_model="numpy")
def shorten(n, time, flux, variance, passband, n_bands) -> int:  # type: ignore[no-untyped-def]
    """Average neighbours in time, per passband, weighted by 1/variance, in place.

    The bin width is the smallest of a doubling sequence that leaves at most
    `MOST_POINTS` points. Returns the number of points left.
    """
    if n <= MOST_POINTS:
        return n
    span = time[:n].max()
    width = span / MOST_POINTS / 64.0
    slot = np.full(n_bands, -1, np.int64)
    while True:
        occupied = 0
        slot[:] = -1
        for point in range(n):
            bin_number = np.int64(time[point] / width) if width > 0.0 else 0
            if slot[passband[point]] != bin_number:
                slot[passband[point]] = bin_number
                occupied += 1
        if occupied <= MOST_POINTS:
            break
        width *= 1.25
    last = np.full(n_bands, -1, np.int64)
    slot[:] = -1
    kept = 0
    for point in range(n):
        band = passband[point]
        bin_number = np.int64(time[point] / width) if width > 0.0 else 0
        precision = 1.0 / variance[point]
        if slot[band] != bin_number:
            slot[band] = bin_number
            last[band] = kept
            time[kept] = time[point] * precision
            flux[kept] = flux[point] * precision
            variance[kept] = precision
            passband[kept] = band
            kept += 1
        else:
            place = last[band]
            time[place] += time[point] * precision
            flux[place] += flux[point] * precision
            variance[place] += precision
    for place in range(kept):
        variance[place] = 1.0 / variance[place]
        time[place] *= variance[place]
        flux[place] *= variance[place]
    return kept
