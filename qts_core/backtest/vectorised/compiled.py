"""How small steps are compiled into their callers, and loops over many runs for all cores."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

from qts_core.features.kernels.origins import follow_origins

__all__ = ["inlined", "parallel_kernel"]

Function = TypeVar("Function", bound=Callable[..., object])


def inlined(function: Function) -> Function:
    """Compile `function`, of numbers alone, into whoever calls it, so that divisors are constants there."""
    return cast(Function, follow_origins(njit(cache=True, nogil=True, error_model="numpy", inline="always")(function)))


def parallel_kernel(function: Function) -> Function:
    """Compile `function` with its ``prange`` on all cores; no reassociation."""
    return cast(Function, follow_origins(njit(cache=True, nogil=True, parallel=True, error_model="numpy")(function)))
