"""How kernels are compiled: cached on disk, without the interpreter's lock, IEEE arithmetic as written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

__all__ = ["kernel"]

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile `function` at its first call; no reassociation, no contraction, no zero-division exception."""
    return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))
