"""Log-likelihood of a light curve with its gradient and Hessian in (ln a, ln M_t)."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from fink_t2.gaussian_process.kernel import correlations

LOG_TWO_PI = np.log(2.0 * np.pi)


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def factorise(n, packed, amplitude, variance, lower) -> Any:  # type: ignore[no-untyped-def]
    """Cholesky factor of a R + D, row by row. Return ln det, or NaN where not positive."""
    log_determinant = 0.0
    pair = 0
    for i in range(n):
        for j in range(i):
            total = amplitude * packed[pair]
            pair += 1
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = total * lower[j, j]
        pivot = amplitude + variance[i]
        for k in range(i):
            pivot -= lower[i, k] * lower[i, k]
        if not pivot > 0.0:
            return np.nan
        log_determinant += np.log(pivot)
        # The diagonal holds the reciprocal: every later use divides by it.
        lower[i, i] = 1.0 / np.sqrt(pivot)
    return log_determinant


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def solve(n, lower, right, solution) -> Any:  # type: ignore[no-untyped-def]
    """Solve L L^T x = y by forward and backward substitution."""
    for i in range(n):
        total = right[i]
        for k in range(i):
            total -= lower[i, k] * solution[k]
        solution[i] = total * lower[i, i]
    for i in range(n - 1, -1, -1):
        total = solution[i] * lower[i, i]
        solution[i] = total
        for k in range(i):
            solution[k] -= lower[i, k] * total


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def invert(n, lower, triangle, inverse) -> Any:  # type: ignore[no-untyped-def]
    """Inverse of L L^T, full symmetric matrix; `triangle` receives L^-1."""
    for i in range(n):
        for j in range(i):
            triangle[i, j] = 0.0
        for k in range(i):
            factor = lower[i, k] * lower[i, i]
            for j in range(k + 1):
                triangle[i, j] -= factor * triangle[k, j]
        triangle[i, i] = lower[i, i]
    for i in range(n):
        for j in range(i + 1):
            inverse[i, j] = 0.0
        # Rows are added up in ascending k, every one of them touching rows i <= k only.
    for k in range(n):
        for i in range(k + 1):
            factor = triangle[k, i]
            for j in range(i + 1):
                inverse[i, j] += factor * triangle[k, j]
    for i in range(n):
        for j in range(i):
            inverse[j, i] = inverse[i, j]


@numba.njit(nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz"})
def evaluate(  # type: ignore[no-untyped-def]
    n, flux, variance, squared_lag, squared_colour, theta0, theta1, work, derivatives
) -> Any:
    """Log-likelihood at (ln a, ln M_t), its gradient and Hessian into `derivatives`.

    With A = K^-1, w = A y, K1 = dK/d ln a = K - D and K2 = dK/d ln M_t (Rasmussen &
    Williams 2006, eq. 5.9)::

        g_i  = 1/2 w' K_i w - 1/2 tr(A K_i)
        H_ij = 1/2 w' K_ij w - w' K_i A K_j w + 1/2 tr(A K_i A K_j) - 1/2 tr(A K_ij)

    Everything in K1 reduces to D, so that one product, K2 A, is all the cubic work
    beyond the inverse. `derivatives` is (g_1, g_2, H_11, H_12, H_22).

    Returns NaN where K is not positive definite.
    """
    (value, first, second, lower, triangle, inverse, metric, product, vectors) = work
    amplitude = np.exp(theta0)
    n_pairs = n * (n - 1) // 2
    correlations(n_pairs, squared_lag, squared_colour, np.exp(-theta1), value, first, second)
    log_determinant = factorise(n, value, amplitude, variance, lower)
    if not np.isfinite(log_determinant):
        return np.nan
    weight = vectors[0]
    solve(n, lower, flux, weight)
    invert(n, lower, triangle, inverse)

    gradient2 = 0.0
    curvature = 0.0
    trace2 = 0.0
    pair = 0
    for i in range(n):
        for j in range(i):
            slope = amplitude * first[pair]
            metric[i, j] = slope
            metric[j, i] = slope
            outer = weight[i] * weight[j] - inverse[i, j]
            gradient2 += outer * slope
            curvature += outer * second[pair]
            trace2 += inverse[i, j] * slope
            pair += 1
        metric[i, i] = 0.0
    curvature *= amplitude
    trace2 *= 2.0

    # product = K2 A
    for i in range(n):
        for j in range(n):
            product[i, j] = 0.0
        for k in range(n):
            factor = metric[i, k]
            for j in range(n):
                product[i, j] += factor * inverse[k, j]

    chi_square = 0.0
    noise_chi_square = 0.0
    trace_noise = 0.0
    noisy = vectors[1]  # A D w
    moved = vectors[2]  # K2 w
    for i in range(n):
        chi_square += flux[i] * weight[i]
        noise_chi_square += variance[i] * weight[i] * weight[i]
        trace_noise += variance[i] * inverse[i, i]
        total = 0.0
        shift = 0.0
        for j in range(n):
            total += inverse[i, j] * (variance[j] * weight[j])
            shift += metric[i, j] * weight[j]
        noisy[i] = total
        moved[i] = shift
    quadratic11 = chi_square - 2.0 * noise_chi_square
    quadratic12 = 0.0
    quadratic22 = 0.0
    trace11 = 0.0
    trace12 = 0.0
    trace22 = 0.0
    for i in range(n):
        quadratic11 += variance[i] * weight[i] * noisy[i]
        quadratic12 += (weight[i] - noisy[i]) * moved[i]
        row11 = 0.0
        row12 = 0.0
        row22 = 0.0
        shift = 0.0
        for j in range(n):
            row11 += inverse[i, j] * inverse[i, j] * variance[j]
            row12 += inverse[i, j] * product[i, j] * variance[j]
            row22 += product[i, j] * product[j, i]
            shift += inverse[i, j] * moved[j]
        trace11 += row11 * variance[i]
        trace12 += row12
        trace22 += row22
        quadratic22 += moved[i] * shift
    trace11 += n - 2.0 * trace_noise
    trace12 = trace2 - trace12

    gradient1 = 0.5 * (chi_square - noise_chi_square) - 0.5 * (n - trace_noise)
    derivatives[0] = gradient1
    derivatives[1] = gradient2
    derivatives[2] = gradient1 - quadratic11 + 0.5 * trace11
    derivatives[3] = gradient2 - quadratic12 + 0.5 * trace12
    derivatives[4] = curvature - quadratic22 + 0.5 * trace22
    return -0.5 * (chi_square + log_determinant + n * LOG_TWO_PI)
