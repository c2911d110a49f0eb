"""A number by trace for numba: as many traces side by side as a processor works on at once.

The functions of a step are written for numpy's arrays with traces last. Compiled, such an array stands for *lanes*: a vector
of a fixed number of doubles, one for each trace, that lives in registers and is added, compared and chosen from in one
instruction. ``lanes`` makes an array of lanes of a numpy array; an element of it is lanes.

Imported by compiled code alone, because it needs numba.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import llvmlite.ir as ir
from numba.core import cgutils, types
from numba.core.imputils import lower_builtin, lower_cast
from numba.core.typeconv import Conversion
from numba.core.types.containers import BaseTuple, UniTuple
from numba.core.types.misc import CPointer
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, models, register_model

BITS_64 = ir.IntType(64)
BYTE = ir.IntType(8)
DOUBLE = ir.DoubleType()


class Lanes(types.Type):
    """A double for each of ``count`` traces."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(name=f"Lanes({count})")

    def can_convert_from(self, typing_context: Any, other: Any) -> Any:
        """A single number stands for the same in all traces."""
        return Conversion.safe if isinstance(other, types.Number) else None


class Mask(types.Type):
    """Yes or no for each of ``count`` traces."""

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(name=f"Mask({count})")


class LanesArray(types.Type):
    """Lanes by ``dimensions`` indices over numbers of ``dtype``."""

    def __init__(self, count: int, dtype: Any, dimensions: int) -> None:
        self.count, self.dtype, self.dimensions = count, dtype, dimensions
        super().__init__(name=f"LanesArray({count}, {dtype}, {dimensions})")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, of: Lanes) -> None:
        super().__init__(manager, of, ir.VectorType(DOUBLE, of.count))


@register_model(Mask)
class MaskModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, of: Mask) -> None:
        super().__init__(manager, of, ir.VectorType(ir.IntType(1), of.count))


@register_model(LanesArray)
class LanesArrayModel(models.StructModel):  # type: ignore[misc]
    """Strides in bytes."""

    def __init__(self, manager: Any, of: LanesArray) -> None:
        members = [("data", CPointer(of.dtype)), ("strides", UniTuple(types.intp, of.dimensions))]
        super().__init__(manager, of, members)


@intrinsic(prefer_literal=True)
def lanes(typing_context: Any, array: Any, count: Any) -> Any:
    """Lanes of an array whose last axis is the traces. The array must outlive it, and be contiguous."""
    of = LanesArray(count.literal_value, array.dtype, array.ndim - 1)

    def code(context: Any, builder: Any, call: Any, args: Any) -> Any:
        held = context.make_array(call.args[0])(context, builder, args[0])
        made = cgutils.create_struct_proxy(call.return_type)(context, builder)
        width = context.get_abi_sizeof(context.get_data_type(array.dtype))
        # The last is written as a constant, so that the compiler folds it into addresses.
        strides = [*cgutils.unpack_tuple(builder, held.strides)[:-2], ir.Constant(BITS_64, width * of.count)]
        made.data, made.strides = held.data, cgutils.pack_array(builder, strides)
        return made._getvalue()

    return signature(of, array, count), code


def _spread(builder: Any, number: Any, count: int) -> Any:
    """The same number in all lanes."""
    none = ir.Constant(ir.VectorType(DOUBLE, count), ir.Undefined)
    one = builder.insert_element(none, number, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, none, ir.Constant(ir.VectorType(ir.IntType(32), count), [0] * count))


@lower_cast(types.Number, Lanes)
def number_to_lanes(context: Any, builder: Any, source: Any, target: Any, value: Any) -> Any:
    return _spread(builder, context.cast(builder, value, source, types.float64), target.count)


def _count_of(args: Any) -> int | None:
    """Lanes of an operation, or None where it is not one of lanes and numbers."""
    if not any(isinstance(arg, Lanes) for arg in args):
        return None
    if not all(isinstance(arg, Lanes | types.Number) for arg in args):
        return None
    return next(arg.count for arg in args if isinstance(arg, Lanes))


def _add_operator(symbols: tuple[Any, ...], result: Callable[[int], Any], code: Callable[[Any, Any, Any], Any]) -> None:
    """Let numba know an operator between lanes."""

    def generic(self: Any, args: Any, keywords: Any) -> Any:
        count = _count_of(args)
        return None if count is None else signature(result(count), Lanes(count), Lanes(count))

    def lowered(context: Any, builder: Any, call: Any, args: Any) -> Any:
        return code(builder, *args)

    for symbol in symbols:
        infer_global(symbol)(type(f"Lanes_{symbol.__name__}", (AbstractTemplate,), {"generic": generic}))
        lower_builtin(symbol, Lanes, Lanes)(lowered)


_add_operator((operator.add, operator.iadd), Lanes, lambda builder, a, b: builder.fadd(a, b))
_add_operator((operator.sub, operator.isub), Lanes, lambda builder, a, b: builder.fsub(a, b))
_add_operator((operator.mul, operator.imul), Lanes, lambda builder, a, b: builder.fmul(a, b))
_add_operator((operator.truediv, operator.itruediv), Lanes, lambda builder, a, b: builder.fdiv(a, b))
_add_operator((operator.lt,), Mask, lambda builder, a, b: builder.fcmp_ordered("<", a, b))
_add_operator((operator.gt,), Mask, lambda builder, a, b: builder.fcmp_ordered(">", a, b))


def _larger_or_smaller(a: Any, b: Any, symbol: str) -> Any:
    count = _count_of((a, b))
    of = types.float64 if count is None else Lanes(count)

    def code(context: Any, builder: Any, call: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(symbol, *args), *args)

    return signature(of, of, of), code


@intrinsic
def maximum(typing_context: Any, a: Any, b: Any) -> Any:
    """The larger, lane by lane, or of two numbers."""
    return _larger_or_smaller(a, b, ">")


@intrinsic
def minimum(typing_context: Any, a: Any, b: Any) -> Any:
    """The smaller, lane by lane, or of two numbers."""
    return _larger_or_smaller(a, b, "<")


@intrinsic
def choose(typing_context: Any, condition: Any, yes: Any, no: Any) -> Any:
    """``yes`` in the lanes where the condition holds, else ``no``."""
    of = Lanes(condition.count)

    def code(context: Any, builder: Any, call: Any, args: Any) -> Any:
        return builder.select(*args)

    return signature(of, condition, of, of), code


@intrinsic
def some(typing_context: Any, condition: Any) -> Any:
    """Whether the condition holds in any lane."""

    def code(context: Any, builder: Any, call: Any, args: Any) -> Any:
        bits = ir.IntType(condition.count)
        return builder.icmp_unsigned("!=", builder.bitcast(args[0], bits), ir.Constant(bits, 0))

    return signature(types.boolean, condition), code


@infer_global(operator.getitem)
class GetLanes(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, keywords: Any) -> Any:
        array, index = args
        return signature(Lanes(array.count), array, index) if isinstance(array, LanesArray) else None


@infer_global(operator.setitem)
class SetLanes(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, keywords: Any) -> Any:
        array, index, _ = args
        return signature(types.none, array, index, Lanes(array.count)) if isinstance(array, LanesArray) else None


def _place(context: Any, builder: Any, call: Any, args: Any) -> tuple[Any, Any, int]:
    """Address of lanes in memory, their type there, and how that is aligned."""
    of, index_type = call.args[:2]
    held = cgutils.create_struct_proxy(of)(context, builder, value=args[0])
    single = isinstance(index_type, types.Integer)
    indices = [args[1]] if single else cgutils.unpack_tuple(builder, args[1])
    kinds = [index_type] if single else list(index_type.types)
    address = builder.bitcast(held.data, BYTE.as_pointer())
    for index, kind, stride in zip(indices, kinds, cgutils.unpack_tuple(builder, held.strides), strict=True):
        address = builder.gep(address, [builder.mul(context.cast(builder, index, kind, types.intp), stride)])
    number = context.get_data_type(of.dtype)
    vector = ir.VectorType(number, of.count)
    return builder.bitcast(address, vector.as_pointer()), vector, context.get_abi_sizeof(number)


def _read(context: Any, builder: Any, call: Any, args: Any) -> Any:
    address, vector, align = _place(context, builder, call, args)
    found = builder.load(address, align=align)
    return found if vector.element == DOUBLE else builder.fpext(found, ir.VectorType(DOUBLE, vector.count))


def _write(context: Any, builder: Any, call: Any, args: Any) -> Any:
    address, vector, align = _place(context, builder, call, args)
    value = args[2] if vector.element == DOUBLE else builder.fptrunc(args[2], vector)
    builder.store(value, address, align=align)
    return context.get_dummy_value()


for _index in (types.Integer, BaseTuple):
    lower_builtin(operator.getitem, LanesArray, _index)(_read)
    lower_builtin(operator.setitem, LanesArray, _index, Lanes)(_write)
