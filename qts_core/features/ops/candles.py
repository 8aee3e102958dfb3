"""Words for candlestick patterns: bodies, shadows, and what counts as long or short among the bars before.

The measures and their defaults are TA-Lib's (``TA_SetCandleSettings``): a bar is compared with the mean of the ten
(near, far, equal: five) bars before it, never with itself, so one large bar does not hide behind its own size.
"""

from __future__ import annotations

from functools import reduce

from qts_core.features.graph import Node
from qts_core.features.ops.arithmetic import greater, maximum, minimum
from qts_core.features.ops.averages import sma
from qts_core.features.ops.sources import close, high, low, open_
from qts_core.features.ops.windows import lag

__all__ = [
    "Candle",
    "all_of",
    "any_of",
    "at_least",
    "at_most",
    "candle",
    "either_way",
    "opposite",
]


def all_of(*conditions: Node) -> Node:
    """Return 1 where every condition holds, else 0."""
    return reduce(minimum, conditions)


def any_of(*conditions: Node) -> Node:
    """Return 1 where some condition holds, else 0."""
    return reduce(maximum, conditions)


def opposite(condition: Node) -> Node:
    """Return 1 where a condition does not hold, else 0."""
    return 1.0 - condition


def at_most(x: Node, y: Node) -> Node:
    """Return 1 where ``x <= y``, else 0."""
    return opposite(greater(x, y))


def at_least(x: Node, y: Node) -> Node:
    """Return 1 where ``x >= y``, else 0."""
    return opposite(greater(y, x))


def either_way(bullish: Node, bearish: Node) -> Node:
    """Return 1 where the bullish form stands, -1 where the bearish one does, else 0."""
    return bullish - bearish


class Candle:
    """A bar and what is said of it: `back` bars ago, 0 for the bar that has just closed.

    Attributes
    ----------
    open, high, low, close : Node
    body, range, upper, lower : Node
        Length of the body, of the whole bar and of the shadows, USD.
    top, bottom : Node
        Upper and lower end of the body.
    white, black : Node
        1 where the bar did not fall, 1 where it fell.
    """

    def __init__(self, back: int = 0) -> None:
        self.back = back
        self.open, self.high, self.low, self.close = (_ago(x, back) for x in (open_, high, low, close))
        self.body = _ago(BODY, back)
        self.range = _ago(RANGE, back)
        self.top, self.bottom = _ago(TOP, back), _ago(BOTTOM, back)
        self.upper, self.lower = self.high - self.top, self.bottom - self.low
        self.black = greater(self.open, self.close)
        self.white = opposite(self.black)

    def usual(self, measure: Node, bars: int, factor: float) -> Node:
        """Return `factor` times the mean of `measure` over the `bars` before this one."""
        return _ago(sma(measure, bars), self.back + 1) * factor

    @property
    def is_long(self) -> Node:
        """A body above the usual."""
        return greater(self.body, self.usual(BODY, 10, 1.0))

    @property
    def is_short(self) -> Node:
        """A body below the usual."""
        return greater(self.usual(BODY, 10, 1.0), self.body)

    @property
    def is_not_long(self) -> Node:
        """A body not above the usual."""
        return opposite(self.is_long)

    @property
    def is_doji(self) -> Node:
        """A body of at most a tenth of the usual range."""
        return at_most(self.body, self.usual(RANGE, 10, 0.1))

    def has_no(self, shadow: Node) -> Node:
        """Return where a shadow is shorter than a tenth of the usual range."""
        return greater(self.usual(RANGE, 10, 0.1), shadow)

    def has_some(self, shadow: Node) -> Node:
        """Return where a shadow is longer than a tenth of the usual range."""
        return greater(shadow, self.usual(RANGE, 10, 0.1))

    def has_short(self, shadow: Node) -> Node:
        """Return where a shadow is shorter than the usual shadow."""
        return greater(self.usual(SHADOWS, 10, 0.5), shadow)

    def has_long(self, shadow: Node, bodies: float = 1.0) -> Node:
        """Return where a shadow is longer than `bodies` times the bar's own body."""
        return greater(shadow, self.body * bodies)

    @property
    def near(self) -> Node:
        """What counts as near: a fifth of the usual range of five bars."""
        return self.usual(RANGE, 5, 0.2)

    @property
    def far(self) -> Node:
        """What counts as far: three fifths of it."""
        return self.usual(RANGE, 5, 0.6)

    @property
    def equal(self) -> Node:
        """What counts as equal: a twentieth of it."""
        return self.usual(RANGE, 5, 0.05)


def candle(back: int = 0) -> Candle:
    """Return the bar `back` bars ago."""
    return Candle(back)


def _ago(x: Node, bars: int) -> Node:
    return lag(x, bars) if bars else x


BODY = abs(close - open_)
RANGE = high - low
TOP = maximum(open_, close)
BOTTOM = minimum(open_, close)
SHADOWS = (high - TOP) + (BOTTOM - low)
