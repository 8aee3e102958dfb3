"""Calls of compiled kernels from compiled code: stubs that take their arguments from a table, and the walk over it.

Numba's dispatcher looks the machine code up anew at each call and unpacks every array: about a microsecond, more than
the work of most kernels on one bar. A record of the table names the machine code and the unpacked arguments once:

    length | stub | code | arguments: address and shape of an array, the bits of a float, an integer

A stub is a dozen instructions for one kind of signature that load the arguments and call the code as numba would: the
calling convention is asked of numba, not assumed. Kernels are not compiled again, so the bits are theirs.

What is imported inside functions numba promises to nobody; where it is gone, calls are made from Python.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterable
from functools import cache

from llvmlite import ir
from numba import types

from qts_core.market.errors import InvalidConfigError

__all__ = ["COPY", "HEAD", "Types", "array_type", "code_of", "stub_of", "walker"]

Types = tuple[types.Type, ...]

HEAD = 3
"""Words of a record before its arguments."""

COPY: Types = ()
"""Stands for the signature of the copy of rows: source, destination, bytes from row to row of each, rows, bytes."""

INTEGER, STATUS = ir.IntType(64), ir.IntType(32)
STUB = ir.FunctionType(STATUS, [INTEGER.as_pointer()])

_stubs: dict[Types, int] = {}


def array_type(dimensions: int, kind: types.Type = types.float64) -> types.Type:
    """Return the type of a contiguous array."""
    return types.Array(kind, dimensions, "C")


def code_of(kernel: Callable[..., None], arguments: Types) -> int:
    """Return the address of the machine code of `kernel` for these arguments, compiled or loaded if need be.

    0 if it is a plain function, which only Python can call.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-005 if it returns something.
    """
    compile_for, known = getattr(kernel, "compile", None), getattr(kernel, "overloads", None)
    if compile_for is None or known is None:
        return 0
    compile_for(arguments)
    result = known[arguments]
    if result.signature.args != arguments or result.signature.return_type is not types.none:
        raise InvalidConfigError(
            "QTS-FEAT-005", "A kernel of an operation does not fit the engine.", where=getattr(kernel, "__name__", ""),
            found=str(result.signature), expected="a function that writes its result and returns nothing",
        )  # fmt: skip
    address: int = result.library.get_pointer_to_function(result.fndesc.llvm_func_name)
    return address


def stub_of(signatures: Iterable[Types]) -> dict[Types, int]:
    """Return the address of the stub of each signature; those not made yet are compiled together."""
    signatures = set(signatures)
    missing = sorted(signatures - _stubs.keys(), key=str)
    if missing:
        names = {f"qts_stub_{len(_stubs) + i}": signature for i, signature in enumerate(missing)}
        addresses = compiled({name: copying if each == COPY else calling(each) for name, each in names.items()})
        _stubs.update({signature: addresses[name] for name, signature in names.items()})
    return {signature: _stubs[signature] for signature in signatures}


@cache
def walker() -> Callable[[int, int], int]:
    """Return the walk over a table: it takes the addresses of its begin and end, and lets other threads run.

    It returns 0, or the address of the record whose kernel raised something; those after it were not called.
    """
    address = compiled({"qts_walk": walking})["qts_walk"]
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)(address)


Body = Callable[[ir.Module, str], None]


def compiled(bodies: dict[str, Body]) -> dict[str, int]:
    """Compile functions into one library and return their addresses by name."""
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target

    with global_compiler_lock:
        library = cpu_target.target_context.codegen().create_library(next(iter(bodies)))
        module = library.create_ir_module(library.name)
        for name, body in bodies.items():
            body(module, name)
        library.add_ir_module(module)
        library.finalize()
        return {name: library.get_pointer_to_function(name) for name in bodies}


def calling(signature: Types) -> Body:
    """Return the body of a stub that calls a kernel."""
    from numba.core.registry import cpu_target

    def body(module: ir.Module, name: str) -> None:
        context = cpu_target.target_context
        function = ir.Function(module, STUB, name)
        builder = ir.IRBuilder(function.append_basic_block())
        place = HEAD
        arguments = []
        for kind in signature:
            if isinstance(kind, types.Array):
                arguments.append(array_at(builder, function.args[0], place, kind))
                place += kind.ndim
            else:
                arguments.append(builder.bitcast(word(builder, function.args[0], place), context.get_value_type(kind)))
            place += 1
        kernel = context.call_conv.get_function_type(types.none, signature).as_pointer()
        code = builder.inttoptr(word(builder, function.args[0], HEAD - 1), kernel)
        status, _ = context.call_conv.call_function(builder, code, types.none, signature, arguments)
        builder.ret(builder.zext(status.is_error, STATUS))

    return body


def word(builder: ir.IRBuilder, record: ir.Value, place: int) -> ir.Value:
    """Load one word of a record."""
    return builder.load(builder.gep(record, [INTEGER(place)]))


def array_at(builder: ir.IRBuilder, record: ir.Value, place: int, kind: types.Array) -> ir.Value:
    """Make a contiguous array from its address and shape; it owns nothing."""
    from numba.core.registry import cpu_target
    from numba.np.arrayobj import populate_array

    context = cpu_target.target_context
    item = context.get_data_type(kind.dtype)
    shape = [word(builder, record, place + 1 + axis) for axis in range(kind.ndim)]
    strides = [INTEGER(context.get_abi_sizeof(item))]
    for length in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], length))
    array = context.make_array(kind)(context, builder)
    data = builder.inttoptr(word(builder, record, place), item.as_pointer())
    populate_array(array, data, shape, strides, strides[-1], None)
    return array._getvalue()


def copying(module: ir.Module, name: str) -> None:
    """Write the stub that copies rows."""
    from numba.core import cgutils

    function = ir.Function(module, STUB, name)
    builder = ir.IRBuilder(function.append_basic_block())
    source, target, source_step, target_step, rows, size = (word(builder, function.args[0], HEAD + i) for i in range(6))
    # Rows that follow on each other on both sides are one long row.
    is_whole = builder.and_(*(builder.icmp_unsigned("==", step, size) for step in (source_step, target_step)))
    size = builder.select(is_whole, builder.mul(rows, size), size)
    rows = builder.select(is_whole, INTEGER(1), rows)
    byte = ir.IntType(8).as_pointer()
    with cgutils.for_range(builder, rows) as loop:
        here = builder.inttoptr(builder.add(source, builder.mul(loop.index, source_step)), byte)
        there = builder.inttoptr(builder.add(target, builder.mul(loop.index, target_step)), byte)
        cgutils.raw_memcpy(builder, there, here, size, 1)
    builder.ret(STATUS(0))


def walking(module: ir.Module, name: str) -> None:
    """Write the walk."""
    from numba.core import cgutils

    function = ir.Function(module, ir.FunctionType(INTEGER, [INTEGER, INTEGER]), name)
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    first, end = function.args
    place = cgutils.alloca_once_value(builder, first)
    loop, step, failed, done = (function.append_basic_block(each) for each in ("loop", "step", "failed", "done"))
    builder.branch(loop)
    builder.position_at_end(loop)
    here = builder.load(place)
    builder.cbranch(builder.icmp_unsigned("<", here, end), step, done)
    builder.position_at_end(step)
    record = builder.inttoptr(here, INTEGER.as_pointer())
    stub = builder.inttoptr(word(builder, record, 1), STUB.as_pointer())
    status = builder.call(stub, [record])
    builder.store(builder.add(here, builder.mul(word(builder, record, 0), INTEGER(8))), place)
    builder.cbranch(builder.icmp_unsigned("==", status, STATUS(0)), loop, failed)
    builder.position_at_end(failed)
    builder.ret(here)
    builder.position_at_end(done)
    builder.ret(INTEGER(0))
