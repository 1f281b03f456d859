"""Every vector instruction, against NumPy."""

from types import SimpleNamespace

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from fink_t2.science.gaussian_process import lanes
from fink_t2.science.gaussian_process.lanes import (
    WIDTH,
    broadcast,
    keep_after,
    load,
    multiply_add,
    square_root,
    store,
    times_power_of_two,
    total,
    transpose,
    zero_above,
)

GENERATOR = np.random.default_rng(4)
A, B, C = GENERATOR.normal(size=(3, WIDTH))


@numba.njit
def copied(source, begin, target, at):
    store(target, at, load(source, begin))


@numba.njit
def arithmetic(a, b, c, number, results):
    x, y, z = load(a, 0), load(b, 0), load(c, 0)
    store(results[0], 0, x + y)
    store(results[1], 0, x - y)
    store(results[2], 0, x * y)
    store(results[3], 0, x / y)
    store(results[4], 0, multiply_add(x, y, z))
    store(results[5], 0, square_root(z * z))
    store(results[6], 0, broadcast(number))
    return total(x)


@numba.njit
def below_limit(value, quantity, limit, result):
    store(result, 0, zero_above(load(value, 0), load(quantity, 0), load(limit, 0)))


@numba.njit
def scaled(value, exponent, result):
    store(result, 0, times_power_of_two(load(value, 0), load(exponent, 0)))


@numba.njit
def kept(value, lane, result):
    store(result, 0, keep_after(load(value, 0), lane))


@numba.njit
def transposed(source, start, stride, target, target_start, target_stride):
    transpose(source, start, stride, target, target_start, target_stride)


def test_lanes_are_read_and_written_at_any_offset():
    source, target = GENERATOR.normal(size=3 * WIDTH), np.zeros(3 * WIDTH)
    copied(source, 3, target, 5)
    assert_array_equal(target[5 : 5 + WIDTH], source[3 : 3 + WIDTH])
    assert not target[:5].any()
    assert not target[5 + WIDTH :].any()


def test_arithmetic():
    results = np.empty((7, WIDTH))
    assert_allclose(arithmetic(A, B, C, 2.5, results), A.sum(), rtol=1e-14, atol=1e-15)
    assert_array_equal(results[0], A + B)
    assert_array_equal(results[1], A - B)
    assert_array_equal(results[2], A * B)
    assert_array_equal(results[3], A / B)
    assert_allclose(results[4], A * B + C, rtol=1e-12)
    assert_allclose(results[5], np.abs(C), rtol=1e-15)
    assert_array_equal(results[6], 2.5)


def test_a_sum_of_zeros_is_zero_and_one_lane_is_enough():
    results = np.empty((7, WIDTH))
    for lane in range(WIDTH):
        single = np.zeros(WIDTH)
        single[lane] = 3.0
        assert arithmetic(single, B, C, 1.0, results) == 3.0
    assert arithmetic(np.zeros(WIDTH), B, C, 1.0, results) == 0.0


def test_lanes_not_below_their_limit_become_zero():
    quantity = np.resize([1.0, 2.0, 3.0, np.nan], WIDTH)
    result = np.empty(WIDTH)
    below_limit(A, quantity, np.full(WIDTH, 2.0), result)
    assert_array_equal(result, np.where(quantity < 2.0, A, 0.0))


def test_powers_of_two_from_the_low_bits_of_the_exponent():
    exponents = np.resize([-3, 0, 5, -900], WIDTH)
    result = np.empty(WIDTH)
    scaled(A, 1.5 * 2.0**52 + exponents, result)
    assert_array_equal(result, A * 2.0**exponents)


@pytest.mark.parametrize("lane", range(-1, WIDTH))
def test_lanes_up_to_one_become_zero(lane):
    result = np.empty(WIDTH)
    kept(A, lane, result)
    assert_array_equal(result, np.where(np.arange(WIDTH) > lane, A, 0.0))


def test_a_block_is_transposed_from_one_matrix_into_another():
    source = GENERATOR.normal(size=(WIDTH + 3, WIDTH + 5))
    target = np.zeros((WIDTH + 2, WIDTH + 1))
    # From row 2, column 4 to row 1, column 1.
    transposed(source.ravel(), 2 * (WIDTH + 5) + 4, WIDTH + 5, target.ravel(), WIDTH + 2, WIDTH + 1)
    expected = np.zeros_like(target)
    expected[1 : 1 + WIDTH, 1 : 1 + WIDTH] = source[2 : 2 + WIDTH, 4 : 4 + WIDTH].T
    assert_array_equal(target, expected)


@pytest.mark.parametrize(
    ("features", "width"), [("+avx2,+avx512f,+fma", 8), ("+avx2,+fma,-avx512f", 4), ("", 4)]
)
def test_width_follows_the_registers_of_the_processor(features, width, monkeypatch):
    codegen = SimpleNamespace(magic_tuple=lambda: ("triple", "cpu", features))
    context = SimpleNamespace(target_context=SimpleNamespace(codegen=lambda: codegen))
    monkeypatch.setattr(lanes, "cpu_target", context)
    assert lanes._register_width() == width


def test_the_type_of_lanes_has_the_width_in_its_name():
    assert lanes.LANES.name == f"Lanes{WIDTH}"


def test_lanes_and_numbers_are_not_mixed():
    @numba.njit
    def mixed(a):
        return load(a, 0) + 1.0

    with pytest.raises(numba.TypingError):
        mixed(A)
