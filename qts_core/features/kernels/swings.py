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
SEEN, SINCE, DIRECTION, GOAL, STOP, EVER, WORKS = 0, 1, 2, 3, 4, 5, 6
"""State of a pattern: bars seen; of the last completion its bar, direction, target and stop; whether there was one, and
whether it is at work."""
ARMED, BREAKS, HEIGHT, ORIGIN, UPPER, LOWER, FIXED = 7, 8, 9, 10, 11, 13, 15
"""What is drawn: whether a close may complete it, the side it may break (0: either), its height, the bar its lines
start from, and of each line price there and slope. Then come the swings."""


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
            middle = place + bars if place + bars < size else place + bars - size
            centre = ring[middle]
            older = newer = middle
            is_swing = True
            for _ in range(bars):
                older = older - 1 if older > 0 else size - 1
                newer = newer + 1 if newer + 1 < size else 0
                if ring[newer] >= centre or ring[older] > centre:
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
def remember(swings: Floats, side: float, price: float, index: float) -> bool:
    """Add a swing to the alternating ones, latest last; of highs in a row the highest stays, of lows the lowest.

    State: how many, side of the latest, prices, indices. Return whether anything changed.
    """
    known = int(swings[0])
    prices, indices = swings[2 : 2 + POINTS], swings[2 + POINTS : 2 + 2 * POINTS]
    last = POINTS - 1
    if known > 0 and swings[1] == side:
        if side * price < side * prices[last]:
            return False
    else:
        for i in range(last):
            prices[i], indices[i] = prices[i + 1], indices[i + 1]
        swings[0], swings[1] = min(known + 1, POINTS), side
    prices[last], indices[last] = price, index
    return True


@kernel
def draw_line(line: Floats, prices: Floats, indices: Floats, one: int, other: int, origin: float) -> None:
    """Write the line through two swings as its price at bar `origin` and its slope."""
    slope = (prices[other] - prices[one]) / (indices[other] - indices[one])
    line[0], line[1] = prices[other] + slope * (origin - indices[other]), slope


@kernel
def twin_tops(s: Floats, prices: Floats, side: float) -> bool:
    """Draw a double top (`side` 1) or bottom (-1); return whether there is one."""
    before, first, neck, second = side * prices[2], side * prices[3], side * prices[4], side * prices[5]
    s[HEIGHT] = min(first, second) - neck
    stop, line = (UPPER, LOWER) if side > 0.0 else (LOWER, UPPER)
    s[stop], s[stop + 1] = side * max(first, second), 0.0
    s[line], s[line + 1] = side * neck, 0.0
    s[BREAKS] = -side
    is_drawn: bool = before < neck and abs(first - second) <= TWIN * s[HEIGHT]
    return is_drawn


@kernel
def head_and_shoulders(s: Floats, prices: Floats, indices: Floats, side: float) -> bool:
    """Draw a head and shoulders (`side` 1) or its inverse (-1); return whether there is one."""
    before, left, one = side * prices[0], side * prices[1], side * prices[2]
    head, other, right = side * prices[3], side * prices[4], side * prices[5]
    stop, line = (UPPER, LOWER) if side > 0.0 else (LOWER, UPPER)
    draw_line(s[line : line + 2], prices, indices, 2, 4, indices[5])
    s[stop], s[stop + 1] = side * right, 0.0
    height = head - side * (s[line] + s[line + 1] * (indices[3] - indices[5]))
    s[HEIGHT], s[BREAKS] = height, -side
    is_drawn: bool = (
        before < min(one, other)
        and min(left, right) > max(one, other)
        and head - max(left, right) >= HEAD * height
        and abs(left - right) <= TWIN * height
        and abs(one - other) <= TWIN * height
    )
    return is_drawn


@kernel
def triangle(s: Floats, prices: Floats, indices: Floats, side: float, kind: int) -> bool:
    """Draw a triangle of `kind`; return whether there is one."""
    # The latest swing is a high (`side` 1): highs stand at 3 and 5, lows at 2 and 4; else the other way round.
    high, low = (3, 2) if side > 0.0 else (2, 3)
    draw_line(s[UPPER : UPPER + 2], prices, indices, high, high + 2, indices[5])
    draw_line(s[LOWER : LOWER + 2], prices, indices, low, low + 2, indices[5])
    height: float = max(prices[high], prices[high + 2]) - min(prices[low], prices[low + 2])
    fall: float = prices[high] - prices[high + 2]
    rise: float = prices[low + 2] - prices[low]
    slack = FLAT * height
    s[HEIGHT], s[BREAKS] = height, 0.0
    if kind == ASCENDING:
        return abs(fall) <= slack and rise > slack
    if kind == DESCENDING:
        return fall > slack and abs(rise) <= slack
    return fall > slack and rise > slack


@kernel
def draw(s: Floats, kind: int) -> bool:
    """Draw a pattern through the latest swings; return whether there is one."""
    swings = s[FIXED:]
    prices, indices = swings[2 : 2 + POINTS], swings[2 + POINTS : 2 + 2 * POINTS]
    s[ORIGIN] = indices[5]
    if kind == SHOULDERS:
        return swings[0] >= 6.0 and head_and_shoulders(s, prices, indices, swings[1])
    if swings[0] < 4.0:
        return False
    if kind == DOUBLE:
        return twin_tops(s, prices, swings[1])
    return triangle(s, prices, indices, swings[1], kind)


@kernel
def completed(s: Floats, close: float) -> float:
    """Return the direction in which `close` leaves the drawn pattern, 0 if it does not; note target and stop."""
    since = s[SEEN] - s[ORIGIN]
    upper, lower = s[UPPER] + s[UPPER + 1] * since, s[LOWER] + s[LOWER + 1] * since
    if upper <= lower:
        return 0.0
    if close > upper and s[BREAKS] >= 0.0:
        s[GOAL], s[STOP], s[DIRECTION] = upper + s[HEIGHT], lower, 1.0
        return 1.0
    if close < lower and s[BREAKS] <= 0.0:
        s[GOAL], s[STOP], s[DIRECTION] = lower - s[HEIGHT], upper, -1.0
        return -1.0
    return 0.0


@kernel
def is_over(s: Floats, high: float, low: float, close: float) -> bool:
    """Return whether a bar ends the pattern at work: its target is touched, or the close passes its stop."""
    goal: float = s[GOAL]
    stop: float = s[STOP]
    if s[DIRECTION] > 0.0:
        return high >= goal or close < stop
    return low <= goal or close > stop


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
) -> None:
    """Write the direction of a pattern on the bar that completes it, its age, and the distance to its target.

    `top` and `bottom` are swings of `bars` bars; a bar that is both counts as neither. The first result is 1, -1 or 0
    on the completing bar; the second the bars since the last completion, at most `horizon`; the third the distance
    from the close to the target over the close while the pattern is at work: until a bar touches the target, a close
    passes the stop, or `horizon` bars have gone; else 0. A pattern is completed at most once for each latest swing.

    State: the numbers named above, then the alternating swings.
    """
    for n in range(close.shape[1]):
        s = state[n]
        for t in range(close.shape[0]):
            price = close[t, n]
            out[SIGNAL, t, n] = out[AGE, t, n] = out[TARGET, t, n] = np.nan
            if price != price or high[t, n] != high[t, n] or low[t, n] != low[t, n]:
                continue
            is_top, is_bottom = top[t, n] == top[t, n], bottom[t, n] == bottom[t, n]
            if is_top != is_bottom:
                swing = top[t, n] if is_top else bottom[t, n]
                if remember(s[FIXED:], 1.0 if is_top else -1.0, swing, s[SEEN] - bars):
                    s[ARMED] = 1.0 if draw(s, kind) else 0.0
            signal = 0.0
            if s[ARMED] > 0.0:
                signal = completed(s, price)
                if signal != 0.0:
                    s[ARMED], s[SINCE], s[EVER], s[WORKS] = 0.0, s[SEEN], 1.0, 1.0
            age = s[SEEN] - s[SINCE] if s[EVER] > 0.0 else float(horizon)
            if s[WORKS] > 0.0 and (age >= horizon or is_over(s, high[t, n], low[t, n], price)):
                s[WORKS] = 0.0
            if s[SEEN] >= 2.0 * bars:
                out[SIGNAL, t, n] = signal
                out[AGE, t, n] = min(age, float(horizon))
                out[TARGET, t, n] = s[GOAL] / price - 1.0 if s[WORKS] > 0.0 else 0.0
            s[SEEN] += 1.0
