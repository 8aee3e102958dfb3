"""The error contract, as one function that every fuzzer calls: an expected error, one line, nothing secret in it."""

from __future__ import annotations

from collections.abc import Callable

from qts_core.market.error_codes import ERROR_CODES
from qts_core.market.errors import TradingSystemError

__all__ = ["SENTINEL", "check_contract"]

SENTINEL = "SENTINEL7f3a91"
"""Planted where secrets are; no message and no page may hold it."""

LONGEST_LINE = 16_000


def check_contract(attempt: Callable[[], object]) -> object | None:
    """Call `attempt` and return what it gives; None when it refused in the way that every refusal must have.

    Raises
    ------
    AssertionError
        If the refusal is no line for a person; what is no ``TradingSystemError`` comes through as it is.
    """
    try:
        return attempt()
    except TradingSystemError as refusal:
        error = refusal
    line = str(error)
    assert error.code in ERROR_CODES
    assert line.startswith(f"{error.code} {type(error).__name__}: ")
    assert line.isprintable(), repr(line)
    assert len(line) <= LONGEST_LINE, len(line)
    assert SENTINEL not in line, line
    assert not any(SENTINEL in note for note in getattr(error, "__notes__", ()))
    return None
