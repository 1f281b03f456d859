"""The functions of `fink_t2.science.gaussian_process.lanes`, in NumPy.

With them the Gaussian process runs without a compiler, so that thousands of changed versions of
it can be tested. Arithmetic is not fused, apart from `multiply_add`, and reads and writes beyond
the end of an array raise an error.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: Wider than a panel of the Cholesky factorisation, so that offsets within a register occur.
WIDTH = 8

POSITIONS = np.arange(WIDTH)


def _check(array: FloatArray, offset: int) -> None:
    if not 0 <= offset <= array.size - WIDTH:
        raise IndexError(f"{WIDTH} lanes at {offset} of an array of {array.size}")


def load(array: FloatArray, offset: int) -> FloatArray:
    """Copy lanes from an array."""
    _check(array, offset)
    return array[offset : offset + WIDTH].copy()


def store(array: FloatArray, offset: int, value: FloatArray) -> None:
    """Write lanes to an array."""
    _check(array, offset)
    if not isinstance(value, np.ndarray) or value.shape != (WIDTH,):
        raise TypeError(f"{value!r} is not {WIDTH} lanes")
    array[offset : offset + WIDTH] = value


def broadcast(value: float) -> FloatArray:
    """Repeat a number in every lane."""
    return np.full(WIDTH, float(value))


def multiply_add(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """Multiply and add, with less rounding between the two than float64 has."""
    return (a.astype(np.longdouble) * b + c).astype(np.float64)


def square_root(value: FloatArray) -> FloatArray:
    """Take the square root of every lane."""
    return np.sqrt(value)


def zero_above(value: FloatArray, quantity: FloatArray, limit: FloatArray) -> FloatArray:
    """Set lanes to zero where a quantity is not below a limit."""
    return np.where(quantity < limit, value, 0.0)


def total(value: FloatArray) -> float:
    """Sum over the lanes."""
    return float(value.sum())


def times_power_of_two(value: FloatArray, exponent: FloatArray) -> FloatArray:
    """Multiply by two to the integer in the low bits of each exponent."""
    return (value.view(np.int64) + (exponent.view(np.int64) << 52)).view(np.float64)


def keep_after(value: FloatArray, lane: int) -> FloatArray:
    """Set the lanes up to and including one to zero."""
    return np.where(lane < POSITIONS, value, 0.0)


def transpose(
    source: FloatArray,
    start: int,
    stride: int,
    target: FloatArray,
    target_start: int,
    target_stride: int,
) -> None:
    """Transpose a square block of one flat matrix into another."""
    block = np.array([load(source, start + row * stride) for row in range(WIDTH)])
    for row in range(WIDTH):
        store(target, target_start + row * target_stride, block[:, row])
