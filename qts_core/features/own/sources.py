"""What an own kernel is made of: its source and all that it reads, hashed; and the same, ready to compile."""

from __future__ import annotations

import ast
import dis
import hashlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import cast

from qts_core.features.kernels.jit import checked_kernel
from qts_core.market.errors import InvalidConfigError

__all__ = ["compilable", "place_of", "source_digest"]

Function = Callable[..., object]
CONSTANT = (bool, int, float, str, type(None))
LIBRARIES = {"builtins", "math", "numpy", "numba"}
"""Where functions come from that numba knows by name."""


def source_digest(*functions: Function) -> str:
    """Return the sha256 of the functions' source and of every function and constant that they read.

    Comments, docstrings and spacing do not count, so that a remark does not make a model unusable.

    Raises
    ------
    InvalidConfigError
        QTS-FEAT-016 if one reads something that may change.
    """
    seen: dict[str, str] = {}
    for function in functions:
        _describe(function, seen)
    text = "\n".join(f"{name} {seen[name]}" for name in sorted(seen))
    return hashlib.sha256(text.encode()).hexdigest()


def compilable(function: FunctionType) -> FunctionType:
    """Return `function` with the plain functions that it calls compiled, so that it can be compiled itself."""
    scope = dict(function.__globals__)
    for name, value in reads(function):
        if isinstance(value, FunctionType) and not _is_library(value):
            scope[name] = checked_kernel(compilable(value), is_cached=False)
    made = FunctionType(function.__code__, scope, function.__name__, function.__defaults__, function.__closure__)
    made.__qualname__ = function.__qualname__
    # What is compiled is found again on disk only with a module that can be imported; the file itself cannot.
    made.__module__ = __name__
    return made


def place_of(function: Function) -> str:
    """Return file and line of a function."""
    code = cast(FunctionType, inspect.unwrap(function)).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def reads(function: FunctionType) -> Iterator[tuple[str, object]]:
    """Yield what a function reads from outside itself, by name; builtins left out."""
    for name in sorted(_global_names(function.__code__)):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell.cell_contents


def _global_names(code: CodeType) -> set[str]:
    names = {str(i.argval) for i in dis.get_instructions(code) if i.opname in {"LOAD_GLOBAL", "LOAD_NAME"}}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _global_names(constant)
    return names


def _describe(function: Function, seen: dict[str, str]) -> None:
    plain = cast(FunctionType, getattr(function, "py_func", function))
    name = f"{plain.__module__}.{plain.__qualname__}" if plain.__name__ != "<lambda>" else "lambda"
    text = "" if name == "lambda" else _normal(plain)
    if seen.get(name) == text and name != "lambda":
        return
    seen[name] = text
    for used, value in reads(plain):
        if not _is_library(value) and (isinstance(value, FunctionType) or hasattr(value, "py_func")):
            _describe(cast(Function, value), seen)
        else:
            seen[f"{name} reads {used}"] = _constant(plain, used, value)


def _constant(function: FunctionType, name: str, value: object) -> str:
    """Return a text that stands for a value that cannot change."""
    if isinstance(value, ModuleType):
        return value.__name__
    if callable(value) and _is_library(value):
        return f"{value.__module__}.{getattr(value, '__name__', name)}"
    if isinstance(value, CONSTANT) or (isinstance(value, tuple) and all(isinstance(v, CONSTANT) for v in value)):
        return repr(value)
    raise InvalidConfigError(
        "QTS-FEAT-016", "An own kernel reads something that may change.", where=place_of(function),
        found=f"{name}, {type(value).__name__}", expected="numbers, tuples of them, functions and modules",
        fix="what a kernel remembers belongs in its state",
    )  # fmt: skip


def _is_library(value: object) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] in LIBRARIES


def _normal(function: FunctionType) -> str:
    """Return the source without comments, docstrings and spacing."""
    try:
        lines = inspect.getsource(function)
    except (OSError, TypeError) as error:
        raise InvalidConfigError(
            "QTS-FEAT-016", "The source of an own kernel cannot be read.", where=place_of(function), found=str(error),
            expected="a function in a file",
        ) from error  # fmt: skip
    tree = ast.parse(textwrap.dedent(lines))
    for part in ast.walk(tree):
        if isinstance(part, ast.FunctionDef) and ast.get_docstring(part) is not None:
            part.body = part.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
