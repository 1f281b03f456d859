"""Cholesky factor and inverse of small symmetric matrices, in blocks of registers.

Matrices are flat and row-major. Their rows are padded to a multiple of the width of a register,
and their number of rows to a multiple of four. The padding is a unit block without elements in
common with the rest.
"""

from __future__ import annotations

from typing import Any, Final

import numba
import numpy as np

from fink_t2.science.gaussian_process.lanes import (
    WIDTH,
    broadcast,
    keep_after,
    load,
    multiply_add,
    store,
    transpose,
)

#: Number of rows that are processed together.
PANEL: Final = 4


@numba.njit(nogil=True)
def add_products(  # type: ignore[no-untyped-def]
    target, first, blocks, width, factors, factor, step, stride, vectors, vector, count
) -> Any:
    """Add ``sum_k factors[k, r] vectors[k]`` to four rows r of `target`.

    All functions of this module use this loop. The elements of four rows by two registers stay in
    registers during the sum over k.

    Parameters
    ----------
    target, first, blocks : ndarray, int, int
        Flat matrix, offset of its first element, and number of registers per row.
    width : int
        Length of the rows of `target` and of `vectors`.
    factors, factor, step, stride : ndarray, int, int, int
        Factor of row r and index k is ``factors[factor + k * step + r * stride]``.
    vectors, vector, count : ndarray, int, int
        Vector k begins at ``vectors[vector + k * width]``, for k from zero to `count` - 1.
    """
    row0 = first
    row1 = row0 + width
    row2 = row1 + width
    row3 = row2 + width
    column = 0
    while column + 2 * WIDTH <= blocks * WIDTH:
        next_column = column + WIDTH
        sum00 = load(target, row0 + column)
        sum01 = load(target, row0 + next_column)
        sum10 = load(target, row1 + column)
        sum11 = load(target, row1 + next_column)
        sum20 = load(target, row2 + column)
        sum21 = load(target, row2 + next_column)
        sum30 = load(target, row3 + column)
        sum31 = load(target, row3 + next_column)
        source = vector + column
        at = factor
        for _ in range(count):
            vector0 = load(vectors, source)
            vector1 = load(vectors, source + WIDTH)
            factor0 = broadcast(factors[at])
            sum00 = multiply_add(factor0, vector0, sum00)
            sum01 = multiply_add(factor0, vector1, sum01)
            factor1 = broadcast(factors[at + stride])
            sum10 = multiply_add(factor1, vector0, sum10)
            sum11 = multiply_add(factor1, vector1, sum11)
            factor2 = broadcast(factors[at + 2 * stride])
            sum20 = multiply_add(factor2, vector0, sum20)
            sum21 = multiply_add(factor2, vector1, sum21)
            factor3 = broadcast(factors[at + 3 * stride])
            sum30 = multiply_add(factor3, vector0, sum30)
            sum31 = multiply_add(factor3, vector1, sum31)
            source += width
            at += step
        store(target, row0 + column, sum00)
        store(target, row0 + next_column, sum01)
        store(target, row1 + column, sum10)
        store(target, row1 + next_column, sum11)
        store(target, row2 + column, sum20)
        store(target, row2 + next_column, sum21)
        store(target, row3 + column, sum30)
        store(target, row3 + next_column, sum31)
        column += 2 * WIDTH
    if column < blocks * WIDTH:
        sum0 = load(target, row0 + column)
        sum1 = load(target, row1 + column)
        sum2 = load(target, row2 + column)
        sum3 = load(target, row3 + column)
        source = vector + column
        at = factor
        for _ in range(count):
            vector0 = load(vectors, source)
            sum0 = multiply_add(broadcast(factors[at]), vector0, sum0)
            sum1 = multiply_add(broadcast(factors[at + stride]), vector0, sum1)
            sum2 = multiply_add(broadcast(factors[at + 2 * stride]), vector0, sum2)
            sum3 = multiply_add(broadcast(factors[at + 3 * stride]), vector0, sum3)
            source += width
            at += step
        store(target, row0 + column, sum0)
        store(target, row1 + column, sum1)
        store(target, row2 + column, sum2)
        store(target, row3 + column, sum3)


@numba.njit(nogil=True, error_model="numpy", forceinline=True)
def factorise(n, rows, width, matrix, unit, inverse_pivot, solution) -> Any:  # type: ignore[no-untyped-def]
    """Factorise K = U' D^-1 U with D = diag(U), and eliminate a right-hand side with it.

    Parameters
    ----------
    n, rows, width : int
        Number of points, and the number and length of the rows of the matrix.
    matrix : ndarray, shape (rows * width,)
        Upper blocks of K, which are overwritten by U.
    unit : ndarray, shape (rows * width,)
        Unit triangular factor with the opposite sign, -D^-1 U, which is overwritten.
    inverse_pivot : ndarray, shape (width,)
        Diagonal of D^-1, which is overwritten.
    solution : ndarray, shape (width,)
        Right-hand side y, which is overwritten by z with (D^-1 U)' z = y.

    Returns
    -------
    float
        ln det K, or NaN where K is not positive definite.
    """
    log_determinant = 0.0
    pivots = 1.0
    for panel in range(0, rows, PANEL):
        start = panel - panel % WIDTH
        add_products(
            matrix,
            panel * width + start,
            (width - start) // WIDTH,
            width,
            unit,
            panel,
            width,
            1,
            matrix,
            start,
            panel,
        )
        for i in range(panel, panel + PANEL):
            row = i * width
            pivot = matrix[row + i]
            if not pivot > 0.0:
                return np.nan
            inverse = 1.0 / pivot
            inverse_pivot[i] = inverse
            if i < n:
                # Pivots lie between 1e-10 and 1e25, so that the product of a few is finite.
                pivots *= pivot
                if i % PANEL == PANEL - 1:
                    log_determinant += np.log(pivots)
                    pivots = 1.0
            minus_inverse = broadcast(-inverse)
            known = broadcast(solution[i])
            scaled = load(matrix, row + start) * minus_inverse
            store(unit, row + start, scaled)
            scaled = keep_after(scaled, i - start)
            store(solution, start, multiply_add(known, scaled, load(solution, start)))
            for column in range(start + WIDTH, width, WIDTH):
                scaled = load(matrix, row + column) * minus_inverse
                store(unit, row + column, scaled)
                store(solution, column, multiply_add(known, scaled, load(solution, column)))
            for below in range(i + 1, panel + PANEL):
                factor = broadcast(unit[row + below])
                target = below * width
                for column in range(start, width, WIDTH):
                    updated = multiply_add(
                        factor, load(matrix, row + column), load(matrix, target + column)
                    )
                    store(matrix, target + column, updated)
    return log_determinant + np.log(pivots)


@numba.njit(nogil=True, error_model="numpy", forceinline=True)
def back_substitute(rows, width, unit, inverse_pivot, solution) -> Any:  # type: ignore[no-untyped-def]
    """Overwrite z, as computed by `factorise`, by K^-1 y."""
    for i in range(rows - 1, -1, -1):
        row = i * width
        value = solution[i] * inverse_pivot[i]
        for k in range(i + 1, rows):
            value += unit[row + k] * solution[k]
        solution[i] = value


@numba.njit(nogil=True, error_model="numpy", forceinline=True)
def invert(rows, width, unit, inverse_pivot, triangle, inverse) -> Any:  # type: ignore[no-untyped-def]
    """Compute the inverse of K, both triangles of it, from the factor.

    `triangle` is overwritten by the lower blocks of the inverse of the unit factor's transpose.
    The rows of `inverse` beyond `rows` must be zero.
    """
    zero = broadcast(0.0)
    for panel in range(0, rows, PANEL):
        for i in range(panel, panel + PANEL):
            for column in range(0, panel + 1, WIDTH):
                store(triangle, i * width + column, zero)
            triangle[i * width + i] = 1.0
        for column in range(0, panel, WIDTH):
            add_products(
                triangle,
                panel * width + column,
                1,
                width,
                unit,
                column * width + panel,
                width,
                1,
                triangle,
                column * width + column,
                panel - column,
            )
        for i in range(panel, panel + PANEL):
            for below in range(i + 1, panel + PANEL):
                factor = broadcast(unit[i * width + below])
                for column in range(0, panel + 1, WIDTH):
                    target = below * width + column
                    updated = multiply_add(
                        factor, load(triangle, i * width + column), load(triangle, target)
                    )
                    store(triangle, target, updated)
    for panel in range(rows - PANEL, -1, -PANEL):
        blocks = panel // WIDTH + 1
        for i in range(panel, panel + PANEL):
            factor = broadcast(inverse_pivot[i])
            for column in range(0, blocks * WIDTH, WIDTH):
                element = i * width + column
                store(inverse, element, factor * load(triangle, element))
        after = panel + PANEL
        add_products(
            inverse,
            panel * width,
            blocks,
            width,
            unit,
            panel * width + after,
            1,
            width,
            inverse,
            after * width,
            rows - after,
        )
        for i in range(panel + PANEL - 1, panel, -1):
            for above in range(panel, i):
                factor = broadcast(unit[above * width + i])
                for column in range(0, blocks * WIDTH, WIDTH):
                    target = above * width + column
                    updated = multiply_add(
                        factor, load(inverse, i * width + column), load(inverse, target)
                    )
                    store(inverse, target, updated)
    for row in range(WIDTH, width, WIDTH):
        for column in range(0, row, WIDTH):
            transpose(inverse, row * width + column, width, inverse, column * width + row, width)
