"""Swings and chart patterns by definition, from scratch on all bars up to one bar: slow, plain and without memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

Point = tuple[str, int, float]
"""Kind ("high" or "low"), bar and price of a swing."""


@dataclass(frozen=True)
class Drawing:
    """A pattern that a close completes."""

    direction: int
    target: float
    stop: float
    latest: int


def at_each_bar(b: Any, function: Callable[[int], float]) -> Any:
    """Call `function` with each bar's number; it must use no later bar."""
    return np.array([function(t) for t in range(len(b.close))], dtype=float)


def swings(x: Any, bars: int, *, kind: str = "high") -> Any:
    """Return the bars of all swings in a series that ends now."""
    size = 2 * bars + 1
    if len(x) < size:
        return np.array([], dtype=int)
    windows = sliding_window_view(x if kind == "high" else -x, size)
    centre = windows[:, bars, None]
    is_swing = (centre > windows[:, bars + 1 :]).all(axis=1) & (centre >= windows[:, :bars]).all(axis=1)
    return np.flatnonzero(is_swing) + bars


def last_swing(x: Any, bars: int, kind: str, *, back: int = 1) -> float:
    """Return the price of the last swing, or the `back`-th from the end; NaN if there is none."""
    found = swings(x, bars, kind=kind)
    return float(x[found[-back]]) if len(found) >= back else np.nan


def alternating(b: Any, t: int, bars: int = 5) -> list[Point]:
    """Return the swings of bars 0 to `t`: a bar that is both is neither; in a row the most extreme, latest if equal."""
    highs = set(swings(b.high[: t + 1], bars, kind="high").tolist())
    lows = set(swings(b.low[: t + 1], bars, kind="low").tolist())
    points: list[Point] = []
    for i in sorted(highs ^ lows):
        kind, price = ("high", float(b.high[i])) if i in highs else ("low", float(b.low[i]))
        if points and points[-1][0] == kind:
            if (kind == "high" and price >= points[-1][2]) or (kind == "low" and price <= points[-1][2]):
                points[-1] = (kind, i, price)
        else:
            points.append((kind, i, price))
    return points


def through(one: Point, other: Point, t: int) -> float:
    """Return the line through two swings at bar `t`."""
    return one[2] + (other[2] - one[2]) * (t - one[1]) / (other[1] - one[1])


def mirrored(points: Sequence[Point]) -> list[Point]:
    """Turn prices upside down."""
    return [("low" if kind == "high" else "high", i, -price) for kind, i, price in points]


def upside_down(found: Drawing | None) -> Drawing | None:
    """Turn a drawing of mirrored prices back."""
    return found and Drawing(-found.direction, -found.target, -found.stop, found.latest)


def double_top(points: Sequence[Point], t: int, close: float) -> Drawing | None:
    """Low, high, low, high: equal highs after a rise, and a close below the low between them."""
    if len(points) < 4:
        return None
    if points[-1][0] == "low":
        return upside_down(double_top(mirrored(points), t, -close))
    (_, _, start), (_, _, first), (_, _, neck), (_, latest, second) = points[-4:]
    height = min(first, second) - neck
    if start < neck and abs(first - second) <= 0.25 * height and close < neck:
        return Drawing(-1, neck - height, max(first, second), latest)
    return None


def head_and_shoulders(points: Sequence[Point], t: int, close: float) -> Drawing | None:
    """Low, shoulder, low, head, low, shoulder after a rise, and a close below the line through the lows."""
    if len(points) < 6:
        return None
    if points[-1][0] == "low":
        return upside_down(head_and_shoulders(mirrored(points), t, -close))
    start, left, one, head, two, right = points[-6:]
    height = head[2] - through(one, two, head[1])
    shoulders, lows = (left[2], right[2]), (one[2], two[2])
    fits = start[2] < min(lows) and min(shoulders) > max(lows) and head[2] - max(shoulders) >= 0.2 * height
    level = max(shoulders) - min(shoulders) <= 0.25 * height and max(lows) - min(lows) <= 0.25 * height
    neck = through(one, two, t)
    if fits and level and close < neck < right[2]:
        return Drawing(-1, neck - height, right[2], right[1])
    return None


def triangle(shape: str) -> Callable[[Sequence[Point], int, float], Drawing | None]:
    """Two highs and two lows of a shape, and a close beyond one of the lines before they meet."""

    def draw(points: Sequence[Point], t: int, close: float) -> Drawing | None:
        if len(points) < 4:
            return None
        highs = [p for p in points[-4:] if p[0] == "high"]
        lows = [p for p in points[-4:] if p[0] == "low"]
        height = max(p[2] for p in highs) - min(p[2] for p in lows)
        fall, rise = (highs[0][2] - highs[1][2]) / height, (lows[1][2] - lows[0][2]) / height
        shapes = {
            "ascending": abs(fall) <= 0.15 < rise,
            "descending": abs(rise) <= 0.15 < fall,
            "symmetric": fall > 0.15 and rise > 0.15,
        }
        top, bottom = through(highs[0], highs[1], t), through(lows[0], lows[1], t)
        if shapes[shape] and top > bottom and close > top:
            return Drawing(1, top + height, bottom, points[-1][1])
        if shapes[shape] and top > bottom and close < bottom:
            return Drawing(-1, bottom - height, top, points[-1][1])
        return None

    return draw


PATTERNS: dict[str, Callable[[Sequence[Point], int, float], Drawing | None]] = {
    "doubletop": double_top,
    "headshoulders": head_and_shoulders,
    "trianglerising": triangle("ascending"),
    "trianglefalling": triangle("descending"),
    "trianglesymmetric": triangle("symmetric"),
}


def completions(b: Any, pattern: str, points: Sequence[Sequence[Point]]) -> dict[int, Drawing]:
    """Return the drawings by the bar that completes them; one for each latest swing, and of a swing the first."""
    drawn = [(t, PATTERNS[pattern](points[t], t, float(b.close[t]))) for t in range(len(b.close))]
    found: dict[int, Drawing] = {}
    for t, drawing in drawn:
        if drawing and all(drawing.latest != earlier.latest for earlier in found.values()):
            found[t] = drawing
    return found


def way_to_target(b: Any, found: dict[int, Drawing], t: int, horizon: int) -> float:
    """Return the distance to the target of the last completed pattern, 0 when it is no longer at work."""
    begun = max((start for start in found if start <= t), default=None)
    if begun is None or t - begun >= horizon:
        return 0.0
    drawing = found[begun]
    since = slice(begun, t + 1)
    if drawing.direction > 0:
        is_over = (b.high[since] >= drawing.target).any() or (b.close[since] < drawing.stop).any()
    else:
        is_over = (b.low[since] <= drawing.target).any() or (b.close[since] > drawing.stop).any()
    return 0.0 if is_over else drawing.target / float(b.close[t]) - 1.0
