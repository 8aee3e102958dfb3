"""Kernels of price action: swing points, levels that swings have left, and chart patterns drawn through them.

A swing high is a bar above the `bars` bars after it and not below the `bars` bars before it. It is known `bars` bars
later; that is the row on which it shows, and nothing shows before. Everything here is built on such confirmed swings
and on closes, so no value ever changes afterwards.
"""

from __future__ import annotations

import numpy as np

from qts_core.features.kernels.jit import kernel
from qts_core.market.panel import Floats

__all__ = [
    "ABOVE",
    "AGE",
    "ASCENDING",
    "BELOW",
    "CROWD",
    "DESCENDING",
    "DOUBLE",
    "FLAT",
    "HEAD",
    "POINTS",
    "SHOULDERS",
    "SIGNAL",
    "SYMMETRIC",
    "TARGET",
    "TWIN",
    "chart_pattern",
    "level_nearness",
    "swing_point",
]

ABOVE, BELOW, CROWD = 0, 1, 2
DOUBLE, SHOULDERS, ASCENDING, DESCENDING, SYMMETRIC = 0, 1, 2, 3, 4
SIGNAL, AGE, TARGET = 0, 1, 2

TWIN = 0.25
"""Two tops, or two shoulders, or the two ends of a neckline, count as equal within this share of the height."""
HEAD = 0.2
"""A head stands above both shoulders by at least this share of the height."""
FLAT = 0.15
"""A side of a triangle is level if it moves by no more than this share of the height, else it rises or falls."""

POINTS = 6
"""Alternating swings that are remembered."""
SEEN, SWING, SINCE, DIRECTION, GOAL, STOP, EVER, WORKS, FIXED = 0, 1, 2, 3, 4, 5, 6, 7, 8
"""State of the pattern kernel: bars seen, latest swing and bar of the last completion, its direction, target and stop,
whether there was one and whether it is at work; then come the swings."""


@kernel
def swing_point(x: Floats, out: Floats, state: Floats, bars: int, side: float) -> None:
    """Write the swing high (`side` 1) or low (-1) of `bars` bars ago on the row that confirms it, NaN elsewhere.

    State: place, count, ring of ``2 bars + 1`` values. Of equal highs in a row the last is the swing.
    """
    size = 2 * bars + 1
    for n in range(x.shape[1]):
        s = state[n]
        ring = s[2:]
        place, count = int(s[0]), int(s[1])
        for t in range(x.shape[0]):
            out[t, n] = np.nan
            value = side * x[t, n]
            if value != value:
                continue
            ring[place] = value
            place = place + 1 if place + 1 < size else 0
            if count < size:
                count += 1
            if count < size:
                continue
            # `place` is the oldest of the ring, the centre lies `bars` further.
            centre = ring[(place + bars) % size]
            is_swing = True
            for i in range(1, bars + 1):
                if ring[(place + bars + i) % size] >= centre or ring[(place + bars - i) % size] > centre:
                    is_swing = False
                    break
            if is_swing:
                out[t, n] = side * centre
        s[0], s[1] = place, count


@kernel
def level_nearness(
    top: Floats, bottom: Floats, close: Floats, reach: Floats, out: Floats, state: Floats, count: int, what: int
) -> None:
    """Write how near the next of the last `count` swing levels is: ``reach / (reach + distance)``, 0 for none.

    `what` 0 is the next level at or above the close, 1 the next at or below it; 2 is the share of the `count` levels
    within `reach` of the close. State: place, known, ring of levels.
    """
    for n in range(close.shape[1]):
        s = state[n]
        ring = s[2:]
        for t in range(close.shape[0]):
            for level in (top[t, n], bottom[t, n]):
                if level == level:
                    place = int(s[0])
                    ring[place] = level
                    s[0] = place + 1 if place + 1 < count else 0
                    s[1] = min(s[1] + 1.0, count)
            price, span = close[t, n], reach[t, n]
            if price != price or span != span:
                out[t, n] = np.nan
                continue
            nearest, within = np.inf, 0
            for i in range(int(s[1])):
                distance = ring[i] - price
                if what == BELOW:
                    distance = -distance
                elif what == CROWD:
                    within += abs(distance) <= span
                if 0.0 <= distance < nearest:
                    nearest = distance
            if what == CROWD:
                out[t, n] = within / count
            elif nearest == 0.0:
                out[t, n] = 1.0
            else:
                out[t, n] = span / (span + nearest)


@kernel
def remember(s: Floats, side: float, price: float, index: float) -> None:
    """Add a swing to the alternating ones, latest last; of highs in a row the highest stays, of lows the lowest.

    State from 0: how many, side of the latest, prices, indices.
    """
    known = int(s[0])
    prices, indices = s[2 : 2 + POINTS], s[2 + POINTS : 2 + 2 * POINTS]
    last = POINTS - 1
    if known > 0 and s[1] == side:
        if side * price < side * prices[last]:
            return
    else:
        for i in range(last):
            prices[i], indices[i] = prices[i + 1], indices[i + 1]
        s[0], s[1] = min(known + 1, POINTS), side
    prices[last], indices[last] = price, index


@kernel
def line_at(prices: Floats, indices: Floats, one: int, other: int, index: float) -> float:
    """Return the line through two swings at a bar."""
    slope: float = (prices[other] - prices[one]) / (indices[other] - indices[one])
    height: float = prices[other] + slope * (index - indices[other])
    return height


@kernel
def twin_tops(prices: Floats, side: float, close: float) -> tuple[float, float, float]:
    """Return direction, target and stop of a double top (`side` 1) or bottom (-1) that `close` completes."""
    before, first, neck, second = side * prices[2], side * prices[3], side * prices[4], side * prices[5]
    height = min(first, second) - neck
    if before < neck and abs(first - second) <= TWIN * height and side * close < neck:
        return -side, side * (neck - height), side * max(first, second)
    return 0.0, 0.0, 0.0


@kernel
def head_and_shoulders(
    prices: Floats, indices: Floats, side: float, close: float, index: float
) -> tuple[float, float, float]:
    """Return direction, target and stop of a head and shoulders (`side` 1) or its inverse (-1)."""
    before, left, one = side * prices[0], side * prices[1], side * prices[2]
    head, other, right = side * prices[3], side * prices[4], side * prices[5]
    height = head - side * line_at(prices, indices, 2, 4, indices[3])
    neck = side * line_at(prices, indices, 2, 4, index)
    is_drawn = (
        before < min(one, other)
        and min(left, right) > max(one, other)
        and head - max(left, right) >= HEAD * height
        and abs(left - right) <= TWIN * height
        and abs(one - other) <= TWIN * height
    )
    if is_drawn and side * close < neck:
        return -side, side * (neck - height), side * right
    return 0.0, 0.0, 0.0


@kernel
def triangle(
    prices: Floats, indices: Floats, side: float, close: float, index: float, kind: int
) -> tuple[float, float, float]:
    """Return direction, target and stop of a triangle of `kind` that `close` leaves before its apex."""
    # The latest swing is a high (`side` 1): highs stand at 3 and 5, lows at 2 and 4; else the other way round.
    high, low = (3, 2) if side > 0.0 else (2, 3)
    height = max(prices[high], prices[high + 2]) - min(prices[low], prices[low + 2])
    fall, rise = prices[high] - prices[high + 2], prices[low + 2] - prices[low]
    slack = FLAT * height
    is_falling, is_rising = fall > slack, rise > slack
    if kind == ASCENDING:
        is_drawn = abs(fall) <= slack and is_rising
    elif kind == DESCENDING:
        is_drawn = is_falling and abs(rise) <= slack
    else:
        is_drawn = is_falling and is_rising
    if is_drawn:
        top = line_at(prices, indices, high, high + 2, index)
        bottom = line_at(prices, indices, low, low + 2, index)
        if top > bottom and close > top:
            return 1.0, top + height, bottom
        if top > bottom and close < bottom:
            return -1.0, bottom - height, top
    return 0.0, 0.0, 0.0


@kernel
def completed(swings: Floats, close: float, index: float, kind: int) -> tuple[float, float, float]:
    """Return direction, target and stop of a pattern that `close` completes; direction 0 if it completes none."""
    known, side = swings[0], swings[1]
    prices, indices = swings[2 : 2 + POINTS], swings[2 + POINTS : 2 + 2 * POINTS]
    if kind == SHOULDERS and known >= 6:
        return head_and_shoulders(prices, indices, side, close, index)
    if kind == DOUBLE and known >= 4:
        return twin_tops(prices, side, close)
    if kind >= ASCENDING and known >= 4:
        return triangle(prices, indices, side, close, index, kind)
    return 0.0, 0.0, 0.0


@kernel
def follow(s: Floats, high: float, low: float, close: float) -> None:
    """Take the pattern out of work that a bar ends: its target is touched, or the close passes its stop."""
    direction, target, stop = s[DIRECTION], s[GOAL], s[STOP]
    is_reached = high >= target if direction > 0.0 else low <= target
    if is_reached or direction * close < direction * stop:
        s[WORKS] = 0.0


@kernel
def advance(s: Floats, bar: tuple[float, float, float], horizon: int, kind: int) -> float:
    """Take the next bar (high, low, close) and return the direction of the pattern that it completes, else 0."""
    high, low, close = bar
    index = s[SEEN]
    if s[WORKS] > 0.0:
        follow(s, high, low, close)
        if index - s[SINCE] >= horizon:
            s[WORKS] = 0.0
    latest = s[FIXED + 1 + 2 * POINTS]
    direction, target, stop = completed(s[FIXED:], close, index, kind)
    if direction == 0.0 or (s[EVER] > 0.0 and latest == s[SWING]):
        return 0.0
    s[SWING], s[SINCE], s[DIRECTION], s[GOAL], s[STOP] = latest, index, direction, target, stop
    s[EVER], s[WORKS] = 1.0, 1.0
    follow(s, high, low, close)
    return direction


@kernel
def chart_pattern(
    top: Floats,
    bottom: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    out: Floats,
    state: Floats,
    bars: int,
    horizon: int,
    kind: int,
    what: int,
) -> None:
    """Write the direction of a pattern on the bar that completes it, its age, or the distance to its target.

    `top` and `bottom` are swings of `bars` bars; a bar that is both counts as neither. `what` 0 gives 1, -1 or 0 on
    the completing bar; 1 the bars since the last completion, at most `horizon`; 2 the distance from the close to the
    target over the close while the pattern is at work: until a bar touches the target, a close passes the stop, or
    `horizon` bars have gone; else 0. A pattern is completed at most once for each latest swing.

    State: the numbers named above, then the alternating swings.
    """
    for n in range(close.shape[1]):
        s = state[n]
        for t in range(close.shape[0]):
            price = close[t, n]
            if price != price:
                out[t, n] = np.nan
                continue
            is_top, is_bottom = top[t, n] == top[t, n], bottom[t, n] == bottom[t, n]
            if is_top != is_bottom:
                swing = top[t, n] if is_top else bottom[t, n]
                remember(s[FIXED:], 1.0 if is_top else -1.0, swing, s[SEEN] - bars)
            signal = advance(s, (high[t, n], low[t, n], price), horizon, kind)
            if s[SEEN] < 2.0 * bars:
                out[t, n] = np.nan
            elif what == SIGNAL:
                out[t, n] = signal
            elif what == AGE:
                out[t, n] = min(s[SEEN] - s[SINCE], float(horizon)) if s[EVER] > 0.0 else float(horizon)
            else:
                out[t, n] = s[GOAL] / price - 1.0 if s[WORKS] > 0.0 else 0.0
            s[SEEN] += 1.0
