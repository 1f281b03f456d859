"""Several float64 side by side as one value of compiled code: explicit SIMD for numba.

The compiler does not vectorise the loops of the Gaussian process: the rows of small matrices are
short, ``exp`` is a library call, and sums must keep their order. Therefore they are written in
vector instructions. A `Lanes` value consists of `WIDTH` numbers in one vector register, and LLVM
translates it to the instructions of the processor.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable


def _register_width() -> int:
    """Return the number of float64 in a register of the processor that numba compiles for."""
    _, _, features = cpu_target.target_context.codegen().magic_tuple()
    return 8 if "+avx512f" in features else 4


WIDTH: Final = _register_width()

DOUBLE = ir.DoubleType()
INTEGER = ir.IntType(64)
INDEX = ir.IntType(32)
VECTOR = ir.VectorType(DOUBLE, WIDTH)
INTEGERS = ir.VectorType(INTEGER, WIDTH)
SUFFIX = f"v{WIDTH}f64"


class LanesType(types.Type):
    """Numba's type of `WIDTH` float64 in one register."""

    def __init__(self) -> None:
        super().__init__(name=f"Lanes{WIDTH}")


LANES = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, frontend_type: Any) -> None:
        super().__init__(manager, frontend_type, VECTOR)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, offset: Any) -> Any:
    """Return a pointer to the lanes that begin at `offset` of a one-dimensional array."""
    data = cgutils.create_struct_proxy(array_type)(context, builder, value=array).data
    return builder.bitcast(builder.gep(data, [offset]), VECTOR.as_pointer())


def _call(builder: Any, name: str, result: Any, arguments: Any, **options: Any) -> Any:
    signature = ir.FunctionType(result, [argument.type for argument in arguments])
    function = cgutils.get_or_insert_function(builder.module, signature, name)
    return builder.call(function, arguments, **options)


def _repeat(builder: Any, vector_type: Any, value: Any) -> Any:
    """Return a vector with `value` in every lane."""
    undefined = ir.Constant(vector_type, ir.Undefined)
    single = builder.insert_element(undefined, value, ir.Constant(INDEX, 0))
    return builder.shuffle_vector(single, undefined, _shuffle([0] * WIDTH))


def _shuffle(order: list[int]) -> Any:
    return ir.Constant(ir.VectorType(INDEX, WIDTH), order)


def _instruction(function: Callable[..., Any]) -> Any:
    """Return an instruction for compiled code from a function that generates LLVM code."""
    return intrinsic(function)


@_instruction
def load(typing_context, array, offset):  # type: ignore[no-untyped-def]
    """Return ``array[offset:offset + WIDTH]`` as lanes, without a check of the bounds."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _pointer(context, builder, signature.args[0], *arguments)
        return builder.load(pointer, align=8, typ=VECTOR)

    return LANES(array, types.intp), generate


@_instruction
def store(typing_context, array, offset, value):  # type: ignore[no-untyped-def]
    """Write lanes to ``array[offset:offset + WIDTH]``, without a check of the bounds."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, offset, value = arguments
        builder.store(value, _pointer(context, builder, signature.args[0], array, offset), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, LANES), generate


@_instruction
def broadcast(typing_context, value):  # type: ignore[no-untyped-def]
    """Return lanes that are all equal to one float64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _repeat(builder, VECTOR, arguments[0])

    return LANES(types.float64), generate


@_instruction
def multiply_add(typing_context, a, b, c):  # type: ignore[no-untyped-def]
    """Return ``a * b + c``, rounded once where the processor supports it."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, f"llvm.fmuladd.{SUFFIX}", VECTOR, arguments)

    return LANES(LANES, LANES, LANES), generate


@_instruction
def square_root(typing_context, value):  # type: ignore[no-untyped-def]
    """Return the square root of every lane."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _call(builder, f"llvm.sqrt.{SUFFIX}", VECTOR, arguments)

    return LANES(LANES), generate


@_instruction
def zero_above(typing_context, value, quantity, limit):  # type: ignore[no-untyped-def]
    """Return `value` with zeros in the lanes where `quantity` is not below `limit`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, quantity, limit = arguments
        below = builder.fcmp_ordered("<", quantity, limit)
        return builder.select(below, value, ir.Constant(VECTOR, [0.0] * WIDTH))

    return LANES(LANES, LANES, LANES), generate


@_instruction
def total(typing_context, value):  # type: ignore[no-untyped-def]
    """Return the sum of the lanes."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zero = ir.Constant(DOUBLE, -0.0)
        name = f"llvm.vector.reduce.fadd.{SUFFIX}"
        return _call(builder, name, DOUBLE, [zero, arguments[0]], fastmath=("reassoc",))

    return types.float64(LANES), generate


@_instruction
def times_power_of_two(typing_context, value, exponent):  # type: ignore[no-untyped-def]
    """Return ``value * 2**k``, where k is the integer in the low bits of the float64 `exponent`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, exponent = (builder.bitcast(argument, INTEGERS) for argument in arguments)
        shifted = builder.shl(exponent, ir.Constant(INTEGERS, [52] * WIDTH))
        return builder.bitcast(builder.add(value, shifted), VECTOR)

    return LANES(LANES, LANES), generate


@_instruction
def keep_after(typing_context, value, lane):  # type: ignore[no-untyped-def]
    """Return `value` with zeros in the lanes up to and including `lane`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value, lane = arguments
        positions = ir.Constant(INTEGERS, list(range(WIDTH)))
        after = builder.icmp_signed(">", positions, _repeat(builder, INTEGERS, lane))
        return builder.select(after, value, ir.Constant(VECTOR, [0.0] * WIDTH))

    return LANES(LANES, types.int64), generate


@_instruction
def transpose(  # type: ignore[no-untyped-def]
    typing_context, source, start, stride, target, target_start, target_stride
):
    """Transpose a block of `WIDTH` rows and columns from one matrix into another.

    `start` and `target_start` are the blocks' first elements, `stride` and
    `target_stride` the lengths of the matrices' rows.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, start, stride, target, target_start, target_stride = arguments

        def row(array_type: Any, array: Any, first: Any, step: Any, number: int) -> Any:
            offset = builder.add(first, builder.mul(step, ir.Constant(INTEGER, number)))
            return _pointer(context, builder, array_type, array, offset)

        rows = [
            builder.load(row(signature.args[0], source, start, stride, number), align=8, typ=VECTOR)
            for number in range(WIDTH)
        ]
        # Exchange the off-diagonal quarters, then those of every quarter, down to single lanes.
        half = WIDTH // 2
        while half:
            for first in range(WIDTH):
                if first & half:
                    continue
                upper, lower = rows[first], rows[first + half]
                left = [k if not k & half else WIDTH + k - half for k in range(WIDTH)]
                right = [k + half if not k & half else WIDTH + k for k in range(WIDTH)]
                rows[first] = builder.shuffle_vector(upper, lower, _shuffle(left))
                rows[first + half] = builder.shuffle_vector(upper, lower, _shuffle(right))
            half //= 2
        for number in range(WIDTH):
            pointer = row(signature.args[3], target, target_start, target_stride, number)
            builder.store(rows[number], pointer, align=8)
        return context.get_dummy_value()

    integer = types.intp
    return types.void(source, integer, integer, target, integer, integer), generate


def _define(operation: Any, instruction: str) -> None:
    @type_callable(operation)
    def type_operation(context: Any) -> Any:
        def typer(a: Any, b: Any) -> Any:
            return LANES if isinstance(a, LanesType) and isinstance(b, LanesType) else None

        return typer

    @lower_builtin(operation, LanesType, LanesType)
    def lower_operation(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)


_define(operator.add, "fadd")
_define(operator.sub, "fsub")
_define(operator.mul, "fmul")
_define(operator.truediv, "fdiv")
