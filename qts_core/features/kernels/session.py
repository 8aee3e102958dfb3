"""Kernels that know the session: running aggregates, closed bars of a longer timeframe, values held.

A longer bar is anchored at the session's open. Its aggregate appears on the row that ends it, or, when the end was not
known in advance or the row is absent, on the first row after; nothing of an open bar is ever shown. So a window over
longer bars is an ordinary kernel over the closed ones, held until the next closes.
"""

from __future__ import annotations

import math

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = [
    "FIRST",
    "LAST",
    "MAXIMUM",
    "MINIMUM",
    "SUM",
    "closed_bar",
    "hold",
    "previous_session",
    "session_so_far",
    "slot_usual",
]

FIRST, LAST, MAXIMUM, MINIMUM, SUM = 0, 1, 2, 3, 4


@kernel
def fold(how: int, value: float, new: float) -> float:
    """Return the aggregate with one more value."""
    if how == FIRST:
        return value
    if how == LAST:
        return new
    if how == MAXIMUM:
        return max(value, new)
    if how == MINIMUM:
        return min(value, new)
    return value + new


@kernel
def session_so_far(x: Floats, session: Floats, out: Floats, state: Floats, how: int) -> None:
    """Write the aggregate of this session's values up to now. State: session, value, started."""
    for n in range(x.shape[1]):
        s = state[n]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if s[2] > 0.0 and session[t, n] == s[0]:
                s[1] = fold(how, s[1], value)
            else:
                s[0], s[1], s[2] = session[t, n], value, 1.0
            out[t, n] = s[1]


@kernel
def previous_session(x: Floats, session: Floats, out: Floats, state: Floats, how: int) -> None:
    """Write the aggregate of the last earlier session with a value. State: session, value, started, before, known."""
    for n in range(x.shape[1]):
        s = state[n]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if s[2] > 0.0 and session[t, n] == s[0]:
                s[1] = fold(how, s[1], value)
            else:
                s[3], s[4] = s[1], s[2]
                s[0], s[1], s[2] = session[t, n], value, 1.0
            out[t, n] = s[3] if s[4] > 0.0 else np.nan


@kernel
def closed_bar(
    x: Floats,
    session: Floats,
    start_minute: Floats,
    end_minute: Floats,
    bars_left: Floats,
    out: Floats,
    state: Floats,
    how: int,
    minutes: int,
) -> None:
    """Write the aggregate of a bar of `minutes` (0: the session) on the row that closes it, NaN elsewhere.

    State: session, number of the longer bar in it, value, whether one is open. On a grid without gaps no row can
    close two bars; where it would, the older is shown and the younger, a single row, is dropped.
    """
    for n in range(x.shape[1]):
        s = state[n]
        for t in range(x.shape[0]):
            out[t, n] = np.nan
            number = math.floor(start_minute[t, n] / minutes) if minutes > 0 else 0.0
            is_pending = s[3] > 0.0 and (session[t, n] != s[0] or number != s[1])
            if is_pending:
                out[t, n] = s[2]
                s[3] = 0.0
            value = x[t, n]
            if value == value:
                s[2] = fold(how, s[2], value) if s[3] > 0.0 else value
                s[0], s[1], s[3] = session[t, n], number, 1.0
            is_end = bars_left[t, n] == 0.0 or (minutes > 0 and end_minute[t, n] >= (number + 1.0) * minutes)
            if is_end and s[3] > 0.0:
                if not is_pending:
                    out[t, n] = s[2]
                s[3] = 0.0


@kernel
def hold(x: Floats, gate: Floats, session: Floats, out: Floats, state: Floats, is_daily: int) -> None:
    """Write the last value of `x` where `gate` exists; with `is_daily` 1 only a value of the same session.

    State: value, known, session.
    """
    for n in range(x.shape[1]):
        s = state[n]
        last, is_known, day = s[0], s[1], s[2]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value == value:
                last, is_known, day = value, 1.0, session[t, n]
            is_shown = gate[t, n] == gate[t, n] and is_known > 0.0 and (is_daily == 0 or day == session[t, n])
            out[t, n] = last if is_shown else np.nan
        s[0], s[1], s[2] = last, is_known, day


@kernel
def usual_of(ring: Floats, kind: int) -> float:
    """Return the mean (`kind` 0) or the sample deviation (1); equal values give themselves and exactly zero."""
    # Four sums side by side: a single one would wait for each of its additions.
    base, length = ring[0], len(ring)
    a, b, c, d, squares = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(0, length - 3, 4):
        a += ring[i] - base
        b += ring[i + 1] - base
        c += ring[i + 2] - base
        d += ring[i + 3] - base
    for i in range(length // 4 * 4, length):
        a += ring[i] - base
    mean: float = base + ((a + b) + (c + d)) / length
    if kind == 0:
        return mean
    for value in ring:
        squares += (value - mean) * (value - mean)
    return math.sqrt(squares / (length - 1))


@kernel
def slot_usual(
    x: Floats, start_minute: Floats, out: Floats, state: Floats, window: int, minutes: int, slots: int, kind: int
) -> None:
    """Write mean (`kind` 0) or sample deviation (1) of the last `window` values at this time of day, before this one.

    The day has `slots` slots of `minutes` from the open; there is nothing beyond them. State for each slot: place,
    count, ring. The sums are taken anew each time, so nothing drifts.
    """
    length = 2 + window
    for n in range(x.shape[1]):
        for t in range(x.shape[0]):
            out[t, n] = np.nan
            slot = int(start_minute[t, n] // minutes)
            if x[t, n] != x[t, n] or slot < 0 or slot >= slots:
                continue
            s = state[n, slot * length : (slot + 1) * length]
            ring = s[2:]
            if s[1] == window:
                out[t, n] = usual_of(ring, kind)
            place = int(s[0])
            ring[place] = x[t, n]
            s[0] = place + 1 if place + 1 < window else 0
            s[1] = min(s[1] + 1.0, float(window))
