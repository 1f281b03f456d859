"""The kernel over time and wavelength, and its derivatives in the time scale.

The kernel is ``k = a f(s)`` with ``s^2 = SQUARED_DISTANCE_FACTOR * r2`` and
``r2 = dt^2 / M_t + dlambda^2 / 6000^2``. The function f, Matern-3/2, is defined by
`SQUARED_DISTANCE_FACTOR` and `correlation_and_slope` alone; another function of the same distance
needs other definitions of these two and nothing else.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from fink_t2.science.gaussian_process.lanes import (
    WIDTH,
    broadcast,
    load,
    multiply_add,
    square_root,
    store,
    times_power_of_two,
    zero_above,
)

#: Scale of the kernel along wavelength, Angstrom; fixed (Boone 2019; arXiv:2105.06178).
WAVELENGTH_SCALE: Final = 6000.0
#: s^2 over r2.
SQUARED_DISTANCE_FACTOR: Final = 3.0

# Coefficients of exp on [-ln 2 / 2, ln 2 / 2]: Chebyshev interpolation of degree 11, whose error is
# 2e-17.
_E0, _E1, _E2, _E3, _E4, _E5, _E6, _E7, _E8, _E9, _E10, _E11 = (
    1.0,
    1.0,
    0.5000000000000019,
    0.1666666666666668,
    0.0416666666664881,
    0.008333333333319601,
    0.0013888888952314775,
    0.00019841269890047113,
    2.4801485482328494e-05,
    2.755724091857897e-06,
    2.763263963904103e-07,
    2.5110037605963777e-08,
)
_LOG2_OF_E = 1.0 / np.log(2.0)
# ln 2 in two parts; the product of the first with a small integer is exact.
_LN2_HIGH = float.fromhex("0x1.62e42fefa0000p-1")
_LN2_LOW = float.fromhex("0x1.cf79abc9e3b3ap-40")
# Adding this number rounds to an integer, which the low bits of the sum contain.
_ROUND = 1.5 * 2.0**52
# exp(-200) is set to zero, so that products of small numbers do not underflow, which is slow on
# some processors, and 2^k stays within the range of float64.
_LARGEST_EXPONENT = 200.0
_TINY = 1e-300


@numba.njit(nogil=True, forceinline=True)
def decay(s) -> Any:  # type: ignore[no-untyped-def]
    """Return exp(-s) of lanes, s >= 0, within one unit in the last place; zero from s = 200 on."""
    rounded = multiply_add(s, broadcast(-_LOG2_OF_E), broadcast(_ROUND))
    k = rounded - broadcast(_ROUND)
    r = multiply_add(k, broadcast(-_LN2_HIGH), broadcast(0.0) - s)
    r = multiply_add(k, broadcast(-_LN2_LOW), r)
    p = multiply_add(broadcast(_E11), r, broadcast(_E10))
    p = multiply_add(p, r, broadcast(_E9))
    p = multiply_add(p, r, broadcast(_E8))
    p = multiply_add(p, r, broadcast(_E7))
    p = multiply_add(p, r, broadcast(_E6))
    p = multiply_add(p, r, broadcast(_E5))
    p = multiply_add(p, r, broadcast(_E4))
    p = multiply_add(p, r, broadcast(_E3))
    p = multiply_add(p, r, broadcast(_E2))
    p = multiply_add(p, r, broadcast(_E1))
    p = multiply_add(p, r, broadcast(_E0))
    return zero_above(times_power_of_two(p, rounded), s, broadcast(_LARGEST_EXPONENT))


@numba.njit(nogil=True, forceinline=True)
def scaled_wavelength(wavelength) -> Any:  # type: ignore[no-untyped-def]
    """Return a wavelength (Angstrom) in units in which a difference is a distance s."""
    return np.sqrt(SQUARED_DISTANCE_FACTOR) * wavelength / WAVELENGTH_SCALE


@numba.njit(nogil=True, forceinline=True)
def correlation_and_slope(s) -> Any:  # type: ignore[no-untyped-def]
    """Return f, ``g = -f' / s`` and ``p = -s g / g'`` of lanes for s >= 0.

    Matern-3/2 has f = (1 + s) exp(-s), g = exp(-s) and p = s, to which a tiny number is added,
    since it is a divisor.
    """
    exponential = decay(s)
    return multiply_add(s, exponential, exponential), exponential, s + broadcast(_TINY)


@numba.njit(nogil=True, forceinline=True)
def correlation(s) -> Any:  # type: ignore[no-untyped-def]
    """Return f of lanes for s >= 0."""
    return correlation_and_slope(s)[0]


@numba.njit(nogil=True, forceinline=True)
def covariance(  # type: ignore[no-untyped-def]
    rows, width, time, colour, variance, amplitude, inverse_metric, value, first, second
) -> Any:
    """Fill K = a R + D and the derivatives of K in ln M_t, upper blocks only.

    With u = dt^2 / M_t, the factor c of `SQUARED_DISTANCE_FACTOR`, and f, g and p of
    `correlation_and_slope`::

        k                = a f
        dk / d ln M_t    = c/2 a u g
        d2k / d ln M_t^2 = dk / d ln M_t (c/2 u / p - 1)

    Parameters
    ----------
    rows, width : int
        Points with padding: a multiple of four, and of the register's width.
    time, colour, variance : ndarray of float64, shape (width,)
        Days; `scaled_wavelength`; diagonal of D.
    amplitude, inverse_metric : float
        ``a`` and ``1 / M_t``.
    value, first, second : ndarray of float64, shape (rows * width,)
        K and its first and second derivative, which are overwritten.
    """
    one = broadcast(1.0)
    factor = broadcast(SQUARED_DISTANCE_FACTOR)
    half_factor = broadcast(0.5 * SQUARED_DISTANCE_FACTOR)
    scale = broadcast(amplitude)
    slope_scale = broadcast(0.5 * SQUARED_DISTANCE_FACTOR * amplitude)
    metric = broadcast(inverse_metric)
    for i in range(rows):
        time_i = broadcast(time[i])
        colour_i = broadcast(colour[i])
        for j in range(i - i % WIDTH, width, WIDTH):
            lag = time_i - load(time, j)
            shift = colour_i - load(colour, j)
            u = lag * lag * metric
            s = square_root(multiply_add(factor, u, shift * shift))
            f, g, p = correlation_and_slope(s)
            slope = slope_scale * u * g
            element = i * width + j
            store(value, element, f * scale)
            store(first, element, slope)
            store(second, element, slope * (half_factor * u / p - one))
        value[i * width + i] += variance[i]
