"""How kernels are compiled: cached on disk, without the interpreter's lock, IEEE arithmetic as written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

from qts_core.features.kernels.origins import follow_origins

__all__ = ["checked_kernel", "kernel"]

Function = TypeVar("Function", bound=Callable[..., object])


def kernel(function: Function) -> Function:
    """Compile `function` at its first call; no reassociation, no contraction, no zero-division exception."""
    return cast(Function, follow_origins(njit(cache=True, nogil=True, error_model="numpy")(function)))


def checked_kernel(function: Function, *, is_cached: bool = True) -> Function:
    """Compile a kernel that others wrote: as :func:`kernel`, and an index outside an array is an error.

    It is kept on disk where `is_cached` and a folder can be found for it.
    """

    def compiled(*, cache: bool) -> Function:
        made = njit(cache=cache, nogil=True, error_model="numpy", boundscheck=True)(function)
        return cast(Function, follow_origins(made) if cache else made)

    try:
        return compiled(cache=is_cached)
    except RuntimeError:
        return compiled(cache=False)
