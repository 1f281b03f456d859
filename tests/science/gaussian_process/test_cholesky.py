"""Factor, inverse and products of blocked matrices, against NumPy."""

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fink_t2.science.gaussian_process.cholesky import (
    PANEL,
    add_products,
    back_substitute,
    factorise,
    invert,
)
from fink_t2.science.gaussian_process.lanes import WIDTH

SIZES = [1, 3, 4, 5, 8, 9, 12, 15, 17, 26]


@numba.njit
def factorised(n, rows, width, matrix, unit, inverse_pivot, solution):
    return factorise(n, rows, width, matrix, unit, inverse_pivot, solution)


@numba.njit
def substituted(rows, width, unit, inverse_pivot, solution):
    back_substitute(rows, width, unit, inverse_pivot, solution)


@numba.njit
def inverted(rows, width, unit, inverse_pivot, triangle, inverse):
    invert(rows, width, unit, inverse_pivot, triangle, inverse)


def padded_matrix(n, seed):
    """Return a symmetric positive definite matrix, and itself with a unit block as padding."""
    rows = (n + PANEL - 1) // PANEL * PANEL
    width = (n + WIDTH - 1) // WIDTH * WIDTH
    factor = np.random.default_rng(seed).normal(size=(n, n))
    matrix = factor @ factor.T + n * np.eye(n)
    padded = np.zeros((rows, width))
    padded[:n, :n] = matrix
    padded[np.arange(n, rows), np.arange(n, rows)] = 1.0
    return matrix, padded.ravel(), rows, width


class Factor:
    """A factorised matrix with a right-hand side, in memory that held something else."""

    def __init__(self, n, seed=0):
        self.n = n
        self.matrix, self.working, self.rows, self.width = padded_matrix(n, seed)
        self.right = np.random.default_rng(seed + 1).normal(size=n)
        self.unit = np.full(self.rows * self.width, 7e7)
        self.inverse_pivot = np.full(self.width, 7e7)
        self.solution = np.zeros(self.width)
        self.solution[:n] = self.right
        self.log_determinant = factorised(
            n, self.rows, self.width, self.working, self.unit, self.inverse_pivot, self.solution
        )


@pytest.mark.parametrize("n", SIZES)
def test_log_determinant(n):
    factor = Factor(n, seed=n)
    assert_allclose(factor.log_determinant, np.linalg.slogdet(factor.matrix)[1], rtol=1e-12)


def test_the_determinant_does_not_contain_the_padding():
    # Nine points leave three rows of padding; their pivots may be anything.
    factor = Factor(9)
    other = Factor(9)
    _, working, rows, width = padded_matrix(9, seed=0)
    for row in range(9, rows):
        working[row * width + row] = 5.0
    found = factorised(9, rows, width, working, other.unit, other.inverse_pivot, other.solution)
    assert_allclose(found, factor.log_determinant, rtol=1e-13)


def test_determinants_beyond_the_range_of_float64():
    # 48 pivots of 1e20 have a product of 1e960.
    n = 48
    width = (n + WIDTH - 1) // WIDTH * WIDTH
    working = np.zeros((n, width))
    working[np.arange(n), np.arange(n)] = 1e20
    found = factorised(
        n, n, width, working.ravel(), np.zeros(n * width), np.zeros(width), np.zeros(width)
    )
    assert_allclose(found, n * np.log(1e20), rtol=1e-12)


@pytest.mark.parametrize("n", SIZES)
def test_unit_factor_and_pivots(n):
    factor = Factor(n, seed=n)
    upper = np.linalg.cholesky(factor.matrix).T
    pivots = np.diag(upper) ** 2
    assert_allclose(factor.inverse_pivot[:n], 1.0 / pivots, rtol=1e-11)
    unit = factor.unit.reshape(factor.rows, factor.width)
    for row in range(n):
        # Minus the unit triangular factor, right of the diagonal.
        expected = -upper[row, row + 1 :] / upper[row, row]
        assert_allclose(unit[row, row + 1 : n], expected, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("n", SIZES)
def test_elimination_and_back_substitution_solve_the_system(n):
    factor = Factor(n, seed=n)
    lower = np.linalg.cholesky(factor.matrix)
    unit_lower = lower / np.diag(lower)
    assert_allclose(
        factor.solution[:n], np.linalg.solve(unit_lower, factor.right), rtol=1e-10, atol=1e-12
    )
    substituted(factor.rows, factor.width, factor.unit, factor.inverse_pivot, factor.solution)
    assert_allclose(
        factor.solution[:n], np.linalg.solve(factor.matrix, factor.right), rtol=1e-10, atol=1e-12
    )


@pytest.mark.parametrize("n", SIZES)
def test_inverse(n):
    factor = Factor(n, seed=n)
    triangle = np.full(factor.width * factor.width, 7e7)
    inverse = np.zeros(factor.width * factor.width)
    inverse[: factor.rows * factor.width] = 7e7
    inverted(factor.rows, factor.width, factor.unit, factor.inverse_pivot, triangle, inverse)
    square = inverse.reshape(factor.width, factor.width)
    assert_allclose(square[:n, :n], np.linalg.inv(factor.matrix), rtol=1e-10, atol=1e-13)
    lower = np.linalg.cholesky(factor.matrix)
    expected = np.linalg.inv(lower / np.diag(lower))
    found = triangle.reshape(factor.width, factor.width)[:n, :n]
    assert_allclose(np.tril(found), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("position", [0, 1, 4, 5])
def test_a_matrix_that_is_not_positive_definite_has_no_determinant(position):
    n = 6
    _, working, rows, width = padded_matrix(n, seed=0)
    for value in (0.0, -1.0, np.nan):
        broken = working.copy()
        # Whatever is left of the diagonal after elimination is below zero.
        broken[position * width + position] = value
        arrays = (np.zeros(rows * width), np.zeros(width), np.zeros(width))
        assert np.isnan(factorised(n, rows, width, broken, *arrays))


def test_a_last_pivot_of_zero_has_no_determinant_either():
    matrix = np.diag([1.0, 2.0, 3.0, 0.0])
    working = np.zeros((4, WIDTH))
    working[:, :4] = matrix
    arrays = (np.zeros(4 * WIDTH), np.zeros(WIDTH), np.zeros(WIDTH))
    assert np.isnan(factorised(4, 4, WIDTH, working.ravel(), *arrays))


@pytest.mark.parametrize("blocks", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("count", [0, 1, 6])
@pytest.mark.parametrize("transposed", [False, True])
def test_sums_of_products_are_added_to_four_rows(blocks, count, transposed):
    generator = np.random.default_rng(blocks)
    width = (blocks + 1) * WIDTH
    before = generator.normal(size=(6, width))
    vectors = generator.normal(size=(count + 1, width))
    # The factors of a row lie in a column, or in a row, of a matrix of 11 columns.
    factors = generator.normal(size=(12, 11))
    step, stride = (1, 11) if transposed else (11, 1)
    first, place, vector = 11 + 2, width + WIDTH, WIDTH
    target = before.copy().ravel()
    add_products(
        target, place, blocks, width, factors.ravel(), first, step, stride,
        vectors.ravel(), vector, count,
    )  # fmt: skip
    expected = before.copy()
    for row in range(4):
        for k in range(count):
            factor = factors.ravel()[first + k * step + row * stride]
            part = np.zeros(width)
            length = min(blocks * WIDTH, width - WIDTH)
            part[WIDTH : WIDTH + length] = vectors[k, WIDTH : WIDTH + length]
            expected[1 + row] += factor * part
    assert_allclose(target.reshape(6, width), expected, rtol=1e-12, atol=1e-13)
    assert_array_equal(target.reshape(6, width)[0], before[0])
