"""Log-likelihood of a light curve, and its gradient and Hessian with respect to (ln a, ln M_t)."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from fink_t2.science.gaussian_process.cholesky import PANEL, add_products, factorise, invert
from fink_t2.science.gaussian_process.kernel import covariance
from fink_t2.science.gaussian_process.lanes import (
    WIDTH,
    broadcast,
    load,
    multiply_add,
    store,
    total,
    transpose,
)
from fink_t2.science.gaussian_process.workspace import padded

LOG_TWO_PI = np.log(2.0 * np.pi)


@numba.njit(nogil=True, error_model="numpy")
def log_likelihood(n, log_amplitude, log_metric, space) -> Any:  # type: ignore[no-untyped-def]
    """Return the log-likelihood of the light curve in `space`, and factorise its covariance there.

    Parameters
    ----------
    n : int
        Number of points.
    log_amplitude, log_metric : float
        ln a and ln M_t.
    space : Workspace
        The light curve.

    Returns
    -------
    float
        NaN where the covariance is not positive definite in float64.
    """
    rows, width = padded(n)
    covariance(
        rows,
        width,
        space.time,
        space.colour,
        space.variance,
        np.exp(log_amplitude),
        np.exp(-log_metric),
        space.matrix,
        space.first,
        space.second,
    )
    for column in range(0, width, WIDTH):
        store(space.forward, column, load(space.flux, column))
    log_determinant = factorise(
        n, rows, width, space.matrix, space.unit, space.inverse_pivot, space.forward
    )
    chi_square = 0.0
    for i in range(n):
        chi_square += space.forward[i] * space.forward[i] * space.inverse_pivot[i]
    return -0.5 * (chi_square + log_determinant + n * LOG_TWO_PI)


@numba.njit(nogil=True, error_model="numpy")
def gradient(n, space) -> Any:  # type: ignore[no-untyped-def]
    """Return the gradient of the log-likelihood, after `log_likelihood` at the same parameters.

    With A = K^-1, w = A y, dK/d ln a = K - D and K' = dK/d ln M_t (Rasmussen & Williams
    2006, eq. 5.9), each component is ``1/2 (w' dK w - tr(A dK))``. ``space.matrix`` contains A
    afterwards.

    Returns
    -------
    float, float, float
        Derivatives with respect to ln a and ln M_t, and the contribution of K'' to the second
        derivative with respect to ln M_t, ``1/2 (w' K'' w - tr(A K''))``.
    """
    rows, width = padded(n)
    zero = broadcast(0.0)
    for element in range(rows * width, width * width, WIDTH):
        store(space.matrix, element, zero)
    invert(rows, width, space.unit, space.inverse_pivot, space.product, space.matrix)

    for column in range(0, width, WIDTH):
        weight = zero
        for k in range(column, n):
            factor = broadcast(space.forward[k] * space.inverse_pivot[k])
            weight = multiply_add(factor, load(space.product, k * width + column), weight)
        store(space.weight, column, weight)

    in_amplitude = 0.0
    first_half = zero
    first_rest = zero
    second_half = zero
    second_rest = zero
    for i in range(n):
        row = i * width
        weight_i = space.weight[i]
        in_amplitude += weight_i * (space.flux[i] - space.variance[i] * weight_i)
        in_amplitude += space.variance[i] * space.matrix[row + i] - 1.0
        weight = broadcast(weight_i)
        start = i - i % WIDTH
        # Diagonal blocks contain both triangles; each of the others occurs twice in the matrix.
        outer = weight * load(space.weight, start) - load(space.matrix, row + start)
        first_half = multiply_add(outer, load(space.first, row + start), first_half)
        second_half = multiply_add(outer, load(space.second, row + start), second_half)
        for column in range(start + WIDTH, width, WIDTH):
            outer = weight * load(space.weight, column) - load(space.matrix, row + column)
            first_rest = multiply_add(outer, load(space.first, row + column), first_rest)
            second_rest = multiply_add(outer, load(space.second, row + column), second_rest)
    return (
        0.5 * in_amplitude,
        0.5 * total(first_half) + total(first_rest),
        0.5 * total(second_half) + total(second_rest),
    )


@numba.njit(nogil=True, error_model="numpy")
def hessian(n, in_amplitude, in_metric, bend, space) -> Any:  # type: ignore[no-untyped-def]
    """Return the Hessian of the log-likelihood, after `gradient`, whose three results it takes.

    ::

        H_ij = 1/2 w' K_ij w - w' K_i A K_j w + 1/2 tr(A K_i A K_j) - 1/2 tr(A K_ij)

    All terms with dK/d ln a reduce to D, because A (K - D) = 1 - A D. Therefore B = K' A is the
    only product of matrices.

    Returns
    -------
    float, float, float
        Second derivatives with respect to ln a, to both, and to ln M_t.
    """
    rows, width = padded(n)
    zero = broadcast(0.0)
    product = space.product
    for element in range(0, width * width, WIDTH):
        store(product, element, zero)
    for panel in range(0, rows, PANEL):
        start = panel - panel % WIDTH
        # Only the upper blocks of K' are stored: left of the diagonal its columns are used.
        add_products(
            product,
            panel * width,
            width // WIDTH,
            width,
            space.first,
            panel,
            width,
            1,
            space.matrix,
            0,
            start,
        )
        add_products(
            product,
            panel * width,
            width // WIDTH,
            width,
            space.first,
            panel * width + start,
            1,
            width,
            space.matrix,
            start * width,
            rows - start,
        )

    for column in range(0, width, WIDTH):
        noisy = zero
        for k in range(n):
            factor = broadcast(space.variance[k] * space.weight[k])
            noisy = multiply_add(factor, load(space.matrix, k * width + column), noisy)
        store(space.noisy, column, noisy)

    quadratic_amplitude = 0.0
    quadratic_mixed = 0.0
    trace_amplitude = 0.0
    trace_slope = 0.0
    noise_mixed = zero
    for i in range(n):
        row = i * width
        amplitude_row = zero
        moved = zero
        for column in range(0, width, WIDTH):
            inverse = load(space.matrix, row + column)
            inverse_noise = inverse * load(space.variance, column)
            shifted = load(product, row + column)
            amplitude_row = multiply_add(inverse, inverse_noise, amplitude_row)
            noise_mixed = multiply_add(shifted, inverse_noise, noise_mixed)
            moved = multiply_add(shifted, load(space.flux, column), moved)
        moved_i = total(moved)
        space.moved[i] = moved_i
        weight = space.weight[i]
        noise = space.variance[i] * weight
        quadratic_amplitude += weight * space.flux[i] - noise * (2.0 * weight - space.noisy[i])
        quadratic_mixed += (weight - space.noisy[i]) * moved_i
        trace_amplitude += 1.0 + space.variance[i] * (
            total(amplitude_row) - 2.0 * space.matrix[row + i]
        )
        trace_slope += product[row + i]

    quadratic_metric = zero
    for column in range(0, width, WIDTH):
        shifted = zero
        for k in range(n):
            factor = broadcast(space.moved[k])
            shifted = multiply_add(factor, load(space.matrix, k * width + column), shifted)
        quadratic_metric = multiply_add(shifted, load(space.moved, column), quadratic_metric)

    diagonal_trace = zero
    rest_trace = zero
    for block_row in range(0, width, WIDTH):
        for block_column in range(block_row, width, WIDTH):
            transpose(product, block_column * width + block_row, width, space.block, 0, WIDTH)
            block_trace = zero
            for i in range(WIDTH):
                here = load(product, (block_row + i) * width + block_column)
                block_trace = multiply_add(here, load(space.block, i * WIDTH), block_trace)
            if block_row == block_column:
                diagonal_trace = diagonal_trace + block_trace
            else:
                rest_trace = rest_trace + block_trace
    trace_metric = total(diagonal_trace) + 2.0 * total(rest_trace)

    return (
        in_amplitude - quadratic_amplitude + 0.5 * trace_amplitude,
        in_metric - quadratic_mixed + 0.5 * (trace_slope - total(noise_mixed)),
        bend - total(quadratic_metric) + 0.5 * trace_metric,
    )
