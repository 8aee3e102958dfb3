"""Operators that know the session: aggregates of today, of the day before, and of longer bars that have closed."""

from __future__ import annotations

from typing import Literal

from qts_core.features.graph import Node, apply
from qts_core.features.kernels import session as kernels
from qts_core.features.ops.sources import bars_left, close, end_minute, session, start_minute

__all__ = ["closed", "hold", "hold_today", "previous_session", "slot_mean", "slot_std", "so_far"]

SLOT_MINUTES, SLOTS = 15, 26

How = Literal["first", "last", "max", "min", "sum"]

CODES = {
    "first": kernels.FIRST,
    "last": kernels.LAST,
    "max": kernels.MAXIMUM,
    "min": kernels.MINIMUM,
    "sum": kernels.SUM,
}


def so_far(x: Node, how: How) -> Node:
    """Return the aggregate of this session's values up to now."""
    return apply("session_so_far", x, session, how=CODES[how])


def previous_session(x: Node, how: How) -> Node:
    """Return the aggregate of the last earlier session in which the symbol traded."""
    return apply("previous_session", x, session, how=CODES[how])


def closed(x: Node, how: How, minutes: int = 0) -> Node:
    """Return the aggregate of a longer bar on the row that closes it, no value elsewhere.

    Parameters
    ----------
    x : Node
    how : {"first", "last", "max", "min", "sum"}
    minutes : int, default 0
        Length of the longer bar, anchored at the session's open; 0 is the whole session. The last one of a session may
        be short.

    Notes
    -----
    Operators skip missing values, so ``rsi(closed(close, "last", 60), 14)`` is the RSI of hourly bars; wrap it in
    :func:`hold` to have it on every bar.
    """
    return apply("closed_bar", x, session, start_minute, end_minute, bars_left, how=CODES[how], minutes=minutes)


def hold(x: Node, gate: Node = close) -> Node:
    """Return the last value of `x` on every bar on which `gate` exists."""
    return apply("hold", x, gate, session, is_daily=0)


def hold_today(x: Node, gate: Node = close) -> Node:
    """Return the last value of `x` of this session on every bar on which `gate` exists."""
    return apply("hold", x, gate, session, is_daily=1)


def slot_mean(x: Node, window: int) -> Node:
    """Return the mean of the last `window` values at this quarter of an hour since the open, before this one.

    With bars of 15 minutes these are the last `window` sessions that had the bar.
    """
    return apply("slot_usual", x, start_minute, window=window, minutes=SLOT_MINUTES, slots=SLOTS, kind=0)


def slot_std(x: Node, window: int) -> Node:
    """Return the sample deviation of the last `window` values at this quarter of an hour, before this one."""
    return apply("slot_usual", x, start_minute, window=window, minutes=SLOT_MINUTES, slots=SLOTS, kind=1)
