"""What a compiled kernel was made from, so that the one kept on disk is forgotten when any of it changes.

numba looks at a kernel's own file alone. Kernels that it calls, and constants that it reads, are compiled into it: when
their file changes, what lies on disk is of another program, and nothing would say so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, cast

import numpy as np
from numba.core.dispatcher import Dispatcher

__all__ = ["follow_origins"]

ORIGIN: Final = "qts_origin"


def follow_origins(compiled: Dispatcher | Callable[..., object]) -> Dispatcher | Callable[..., object]:
    """Return `compiled`, which is kept on disk; it is found there only while all that it is made of is the same.

    Without the compiler (``NUMBA_DISABLE_JIT``) it is the plain function, and nothing is kept.
    """
    if not isinstance(compiled, Dispatcher):
        return compiled
    found = origin(compiled.py_func)
    setattr(compiled, ORIGIN, found)
    # numba offers no public way; tests/unit/qts_core/features/kernels/test_origins.py says when this one is gone.
    cast(Any, compiled)._cache._cache_file._source_stamp = found
    return compiled


def origin(function: Callable[..., object]) -> str:
    """Return the digest of a function's file, of the kernels it calls, with theirs, and of the constants it reads."""
    parts = [file_digest(function.__code__.co_filename)]
    for name in sorted(set(_names(function.__code__))):
        if name in function.__globals__:
            parts.append(f"{name}={_described(function.__globals__[name])}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def file_digest(path: str) -> str:
    """Return the digest of a source file as it was when it was first asked for."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _described(value: object) -> str:
    match value:
        case Dispatcher():
            return str(getattr(value, ORIGIN, None) or file_digest(value.py_func.__code__.co_filename))
        case np.ndarray():
            return f"{value.dtype.str}{value.shape}{hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()}"
        case ModuleType():
            return value.__name__ if value.__name__.split(".")[0] != "qts_core" else file_digest(str(value.__file__))
        case Enum():
            return repr(value)
        case bool() | int() | float() | complex() | str() | bytes() | tuple() | frozenset():
            return repr(value)
        case FunctionType():
            return file_digest(value.__code__.co_filename)
        case type():
            return value.__qualname__
        case _:
            return type(value).__qualname__
