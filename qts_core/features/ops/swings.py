"""Words for price action: swings, the levels they leave, chart patterns, and how long ago something was."""

from __future__ import annotations

from typing import Literal

from qts_core.features.graph import Node, apply
from qts_core.features.kernels import swings as kernels
from qts_core.features.ops.arithmetic import keep_where
from qts_core.features.ops.sessions import hold
from qts_core.features.ops.sources import close, high, low
from qts_core.features.ops.windows import count_bars

__all__ = ["bars_since", "chart_pattern", "level_crowd", "nearness_above", "nearness_below", "swing_high", "swing_low"]

Pattern = Literal["double", "shoulders", "ascending", "descending", "symmetric"]
What = Literal["signal", "age", "target"]

PATTERNS = {
    "double": kernels.DOUBLE,
    "shoulders": kernels.SHOULDERS,
    "ascending": kernels.ASCENDING,
    "descending": kernels.DESCENDING,
    "symmetric": kernels.SYMMETRIC,
}
WHATS = {"signal": kernels.SIGNAL, "age": kernels.AGE, "target": kernels.TARGET}


def swing_high(bars: int, x: Node = high) -> Node:
    """Return a high above the `bars` values after it and not below those before, on the row that confirms it.

    Elsewhere there is no value, so ``lag(swing_high(5))`` is the swing before the last and ``hold(...)`` keeps it.
    """
    return apply("swing_point", x, bars=bars, side=1.0)


def swing_low(bars: int, x: Node = low) -> Node:
    """Return a low below the `bars` values after it and not above those before, on the row that confirms it."""
    return apply("swing_point", x, bars=bars, side=-1.0)


def bars_since(event: Node) -> Node:
    """Return how many bars of the symbol ago `event` last had a value above zero; no value before the first."""
    clock = count_bars(close)
    return clock - hold(keep_where(clock, event))


def nearness_above(top: Node, bottom: Node, reach: Node, levels: int) -> Node:
    """Return how near the lowest of the last swings at or above the close is: ``reach / (reach + distance)``.

    Parameters
    ----------
    top, bottom : Node
        Swings; a high below the close is as good a level as a low (what was resistance becomes support).
    reach : Node
        Distance at which it is a half, USD.
    levels : int
        How many swings are remembered. Where none is above, the nearness is 0.
    """
    return apply("level_nearness", top, bottom, close, reach, count=levels, what=kernels.ABOVE)


def nearness_below(top: Node, bottom: Node, reach: Node, levels: int) -> Node:
    """Return how near the highest of the last swings at or below the close is; see :func:`nearness_above`."""
    return apply("level_nearness", top, bottom, close, reach, count=levels, what=kernels.BELOW)


def level_crowd(top: Node, bottom: Node, reach: Node, levels: int) -> Node:
    """Return the share of the last `levels` swings that lie within `reach` of the close."""
    return apply("level_nearness", top, bottom, close, reach, count=levels, what=kernels.CROWD)


def chart_pattern(pattern: Pattern, what: What, *, bars: int = 5, horizon: int = 130) -> Node:
    """Return what is known of a chart pattern, drawn through swings of `bars` bars and completed by a close.

    Parameters
    ----------
    pattern : {"double", "shoulders", "ascending", "descending", "symmetric"}
    what : {"signal", "age", "target"}
        Its direction on the bar that completes it (else 0); bars since, at most `horizon`; or the distance to its
        target over the close while it is at work (else 0).
    bars : int, default 5
    horizon : int, default 130
        Bars after which a pattern is forgotten.
    """
    series = (swing_high(bars), swing_low(bars), high, low, close)
    drawn = apply("chart_pattern", *series, bars=bars, horizon=horizon, kind=PATTERNS[pattern])
    return apply("part", drawn, place=WHATS[what])
