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
        day, so_far, started = s[0], s[1], s[2]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if started > 0.0 and session[t, n] == day:
                so_far = fold(how, so_far, value)
            else:
                day, so_far, started = session[t, n], value, 1.0
            out[t, n] = so_far
        s[0], s[1], s[2] = day, so_far, started


@kernel
def previous_session(x: Floats, session: Floats, out: Floats, state: Floats, how: int) -> None:
    """Write the aggregate of the last earlier session with a value. State: session, value, started, before, known."""
    for n in range(x.shape[1]):
        s = state[n]
        day, so_far, started, before, known = s[0], s[1], s[2], s[3], s[4]
        for t in range(x.shape[0]):
            value = x[t, n]
            if value != value:
                out[t, n] = np.nan
                continue
            if started > 0.0 and session[t, n] == day:
                so_far = fold(how, so_far, value)
            else:
                before, known = so_far, started
                day, so_far, started = session[t, n], value, 1.0
            out[t, n] = before if known > 0.0 else np.nan
        s[0], s[1], s[2], s[3], s[4] = day, so_far, started, before, known


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
    # Row by row, so that symbols are done several at a time; nothing known is the same as a missing value known.
    last, day = np.empty(x.shape[1]), state[:, 2].copy()
    for n in range(x.shape[1]):
        last[n] = state[n, 0] if state[n, 1] > 0.0 else np.nan
    for t in range(x.shape[0]):
        if is_daily == 0:
            for n in range(x.shape[1]):
                last[n] = x[t, n] if x[t, n] == x[t, n] else last[n]
                out[t, n] = last[n] if gate[t, n] == gate[t, n] else np.nan
            continue
        for n in range(x.shape[1]):
            is_new = x[t, n] == x[t, n]
            last[n] = x[t, n] if is_new else last[n]
            day[n] = session[t, n] if is_new else day[n]
            out[t, n] = last[n] if (gate[t, n] == gate[t, n]) & (day[n] == session[t, n]) else np.nan
    for n in range(x.shape[1]):
        if last[n] == last[n]:
            state[n, 0], state[n, 1], state[n, 2] = last[n], 1.0, day[n]


@kernel
def usual_of(s: Floats, first: int, length: int, kind: int) -> float:
    """Return the mean (`kind` 0) or the sample deviation (1) of a ring inside `s`.

    Equal values give themselves and exactly zero.
    """
    # Four sums side by side: a single one would wait for each of its additions.
    base, at, one = s[first], np.uintp(first), np.uintp(1)
    a, b, c, d, squares = 0.0, 0.0, 0.0, 0.0, 0.0
    for _ in range(length // 4):
        a += s[at] - base
        b += s[at + one] - base
        c += s[at + one + one] - base
        d += s[at + one + one + one] - base
        at += np.uintp(4)
    for i in range(at, np.uintp(first + length)):
        a += s[i] - base
    mean: float = base + ((a + b) + (c + d)) / length
    if kind == 0:
        return mean
    for i in range(np.uintp(first), np.uintp(first + length)):
        squares += (s[i] - mean) * (s[i] - mean)
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
        s = state[n]
        for t in range(x.shape[0]):
            out[t, n] = np.nan
            minute = start_minute[t, n]
            if x[t, n] != x[t, n] or not 0.0 <= minute < slots * minutes:
                continue
            at = int(minute / minutes) * length
            if s[at + 1] == window:
                out[t, n] = usual_of(s, at + 2, window, kind)
            place = int(s[at])
            s[at + 2 + place] = x[t, n]
            s[at] = place + 1 if place + 1 < window else 0
            s[at + 1] = min(s[at + 1] + 1.0, float(window))
