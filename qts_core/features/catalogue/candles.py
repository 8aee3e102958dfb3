"""Candlestick patterns: 1 where the bullish form has just been completed, -1 the bearish one, else 0.

Definitions and measures are TA-Lib's; tweezers, which it lacks, are Nison's. A pattern is known when its last bar has
closed. None of them looks at the bars that follow.
"""

from __future__ import annotations

from qts_core.features.catalogue.declare import SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.ops.arithmetic import greater
from qts_core.features.ops.candles import (
    Candle,
    all_of,
    any_of,
    at_least,
    at_most,
    candle,
    either_way,
)
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

declare = family("technical_candles")
now, one, two, three = candle(0), candle(1), candle(2), candle(3)


def pattern(name: str, bars: int, expression: Node, doc: str, source: str = "") -> FeatureSpec:
    """Declare a pattern of `bars` bars."""
    return declare(f"tech_{name}_{bars}_candle", expression, "sign", SIGNED, doc, source or f"TA-Lib CDL{name.upper()}")


def gap_up(later: Candle, earlier: Candle) -> Node:
    """The later body stands wholly above the earlier one."""
    return greater(later.bottom, earlier.top)


def gap_down(later: Candle, earlier: Candle) -> Node:
    """The later body stands wholly below the earlier one."""
    return greater(earlier.bottom, later.top)


def inside(later: Candle, earlier: Candle) -> Node:
    """The later body lies within the earlier one."""
    return all_of(at_most(later.top, earlier.top), at_least(later.bottom, earlier.bottom))


def signed(condition: Node, bar: Candle) -> Node:
    """Give a condition the direction of a bar."""
    return condition * (bar.white - bar.black)


def star(first: Candle, middle: Node, last: Candle, *, is_morning: bool) -> Node:
    """A long bar, a small body beyond it, and a bar back into the first."""
    if is_morning:
        back = greater(last.close, first.close + first.body * 0.3)
        return all_of(first.is_long, first.black, middle, gap_down(one, first), is_bodied(last), last.white, back)
    back = greater(first.close - first.body * 0.3, last.close)
    return all_of(first.is_long, first.white, middle, gap_up(one, first), is_bodied(last), last.black, back)


def is_bodied(bar: Candle) -> Node:
    """A body above what counts as short."""
    return bar.is_long


def engulfing() -> Node:
    """A body that covers the one before, of the other colour; one end may be shared."""
    up = any_of(
        all_of(at_least(now.close, one.open), greater(one.close, now.open)),
        all_of(greater(now.close, one.open), at_most(now.open, one.close)),
    )
    down = any_of(
        all_of(at_least(now.open, one.close), greater(one.open, now.close)),
        all_of(greater(now.open, one.close), at_most(now.close, one.open)),
    )
    return either_way(all_of(now.white, one.black, up), all_of(now.black, one.white, down))


def soldiers() -> Node:
    """Three rising white bars, each opening in the body before and closing at its high, none much shorter."""
    shadows = [bar.has_no(bar.upper) for bar in (two, one, now)]
    rising = [greater(now.close, one.close), greater(one.close, two.close)]
    opens = [
        all_of(greater(later.open, earlier.open), at_most(later.open, earlier.close + earlier.near))
        for later, earlier in ((one, two), (now, one))
    ]
    sizes = [greater(later.body, earlier.body - earlier.far) for later, earlier in ((one, two), (now, one))]
    return all_of(two.white, one.white, now.white, *shadows, *rising, *opens, *sizes, now.is_long)


def crows() -> Node:
    """After a white bar three falling black ones, each opening in the body before and closing at its low."""
    shadows = [bar.has_no(bar.lower) for bar in (two, one, now)]
    opens = [
        all_of(greater(earlier.open, later.open), greater(later.open, earlier.close))
        for later, earlier in ((one, two), (now, one))
    ]
    falling = [greater(three.high, two.close), greater(two.close, one.close), greater(one.close, now.close)]
    return -all_of(three.white, two.black, one.black, now.black, *shadows, *opens, *falling)


def marubozu(bar: Candle) -> Node:
    """A long body with hardly a shadow."""
    return all_of(bar.is_long, bar.has_no(bar.upper), bar.has_no(bar.lower))


def same(x: Node, y: Node, tolerance: Node) -> Node:
    """Two prices that count as equal."""
    return all_of(at_most(x, y + tolerance), at_least(x, y - tolerance))


inner = all_of(two.is_long, one.is_not_long, greater(two.top, one.top), greater(one.bottom, two.bottom))
outer_up = all_of(
    one.white, two.black, greater(one.close, two.open), greater(two.close, one.open), greater(now.close, one.close)
)
outer_down = all_of(
    one.black, two.white, greater(one.open, two.close), greater(two.open, one.close), greater(one.close, now.close)
)

FEATURES = (
    pattern("doji", 1, now.is_doji, "Open and close nearly equal."),
    pattern(
        "dragonflydoji", 1, all_of(now.is_doji, now.has_no(now.upper), now.has_some(now.lower)),
        "A doji at the top of its bar.",
    ),
    pattern(
        "gravestonedoji", 1, all_of(now.is_doji, now.has_no(now.lower), now.has_some(now.upper)),
        "A doji at the bottom of its bar.",
    ),
    pattern(
        "longleggeddoji", 1, all_of(now.is_doji, any_of(now.has_long(now.lower), now.has_long(now.upper))),
        "A doji with a long shadow.",
    ),
    pattern(
        "takuri", 1, all_of(now.is_doji, now.has_no(now.upper), now.has_long(now.lower, 2.0)),
        "A dragonfly doji with a very long lower shadow.",
    ),
    pattern(
        "hammer", 2,
        all_of(now.is_short, now.has_long(now.lower), now.has_no(now.upper), at_most(now.bottom, one.low + one.near)),
        "Small body, long lower shadow, near the low before.",
    ),
    pattern(
        "hangingman", 2,
        -all_of(
            now.is_short, now.has_long(now.lower), now.has_no(now.upper), at_least(now.bottom, one.high - one.near)
        ),
        "Small body, long lower shadow, near the high before.",
    ),
    pattern(
        "invertedhammer", 2, all_of(now.is_short, now.has_long(now.upper), now.has_no(now.lower), gap_down(now, one)),
        "Small body below the one before, long upper shadow.",
    ),
    pattern(
        "shootingstar", 2, -all_of(now.is_short, now.has_long(now.upper), now.has_no(now.lower), gap_up(now, one)),
        "Small body above the one before, long upper shadow.",
    ),
    pattern("engulfing", 2, engulfing(), "A body that covers the one before, of the other colour."),
    pattern(
        "harami", 2, signed(all_of(one.is_long, now.is_not_long, inside(now, one)), one) * -1.0,
        "A small body inside a long one.",
    ),
    pattern(
        "haramicross", 2, signed(all_of(one.is_long, now.is_doji, inside(now, one)), one) * -1.0,
        "A doji inside a long body.",
    ),
    pattern(
        "piercing", 2,
        all_of(
            one.black, one.is_long, now.white, now.is_long, greater(one.low, now.open), greater(one.open, now.close),
            greater(now.close, one.close + one.body * 0.5),
        ),
        "Opens below the low, closes above the middle of the black body before.",
    ),
    pattern(
        "darkcloudcover", 2,
        -all_of(
            one.white, one.is_long, now.black, greater(now.open, one.high), greater(now.close, one.open),
            greater(one.close - one.body * 0.5, now.close),
        ),
        "Opens above the high, closes below the middle of the white body before.",
    ),
    pattern(
        "dojistar", 2,
        either_way(
            all_of(one.is_long, now.is_doji, one.black, gap_down(now, one)),
            all_of(one.is_long, now.is_doji, one.white, gap_up(now, one)),
        ),
        "A doji beyond a long body.",
    ),
    pattern(
        "homingpigeon", 2,
        all_of(
            one.black, now.black, one.is_long, now.is_not_long, greater(one.open, now.open),
            greater(now.close, one.close),
        ),
        "A small black body inside a long black one.",
    ),
    pattern(
        "matchinglow", 2, all_of(one.black, now.black, same(now.close, one.close, one.equal)),
        "Two black bars with the same close.",
    ),
    pattern(
        "counterattack", 2,
        signed(
            all_of(one.is_long, now.is_long, same(now.close, one.close, one.equal), any_of(
                all_of(one.black, now.white), all_of(one.white, now.black))),
            now,
        ),
        "Two long bars of opposite colour with the same close.",
    ),
    pattern(
        "separatinglines", 2,
        either_way(
            all_of(one.black, now.white, same(now.open, one.open, one.equal), now.is_long, now.has_no(now.lower)),
            all_of(one.white, now.black, same(now.open, one.open, one.equal), now.is_long, now.has_no(now.upper)),
        ),
        "Two bars of opposite colour with the same open.",
    ),
    pattern(
        "kicking", 2,
        either_way(
            all_of(one.black, marubozu(one), now.white, marubozu(now), greater(now.low, one.high)),
            all_of(one.white, marubozu(one), now.black, marubozu(now), greater(one.low, now.high)),
        ),
        "Two bare bodies of opposite colour with a gap between them.",
    ),
    pattern(
        "morningstar", 3, star(two, one.is_not_long, now, is_morning=True),
        "A long black bar, a small body below it, a white bar back into it.",
    ),
    pattern(
        "eveningstar", 3, -star(two, one.is_not_long, now, is_morning=False),
        "A long white bar, a small body above it, a black bar back into it.",
    ),
    pattern(
        "morningdojistar", 3, star(two, one.is_doji, now, is_morning=True), "A morning star whose star is a doji."
    ),
    pattern(
        "eveningdojistar", 3, -star(two, one.is_doji, now, is_morning=False), "An evening star whose star is a doji."
    ),
    pattern("3whitesoldiers", 3, soldiers(), "Three steady white bars."),
    pattern("3blackcrows", 4, crows(), "After a white bar three steady black ones."),
    pattern(
        "3inside", 3,
        either_way(
            all_of(inner, two.black, now.white, greater(now.close, two.open)),
            all_of(inner, two.white, now.black, greater(two.open, now.close)),
        ),
        "A harami that the third bar confirms.",
    ),
    pattern("3outside", 3, either_way(outer_up, outer_down), "An engulfing pattern that the third bar confirms."),
    pattern(
        "spinningtop", 1,
        signed(all_of(now.is_short, greater(now.upper, now.body), greater(now.lower, now.body)), now),
        "Small body between longer shadows.",
    ),
    pattern("marubozu", 1, signed(marubozu(now), now), "A long body with hardly a shadow."),
    pattern(
        "closingmarubozu", 1,
        either_way(
            all_of(now.is_long, now.white, now.has_no(now.upper)), all_of(now.is_long, now.black, now.has_no(now.lower))
        ),
        "A long body that closes at its end.",
    ),
    pattern(
        "belthold", 1,
        either_way(
            all_of(now.is_long, now.white, now.has_no(now.lower)), all_of(now.is_long, now.black, now.has_no(now.upper))
        ),
        "A long body that opens at its end.",
    ),
    pattern(
        "longline", 1, signed(all_of(now.is_long, now.has_short(now.upper), now.has_short(now.lower)), now),
        "A long body with short shadows.",
    ),
    pattern(
        "shortline", 1, signed(all_of(now.is_short, now.has_short(now.upper), now.has_short(now.lower)), now),
        "A short body with short shadows.",
    ),
    pattern(
        "highwave", 1,
        signed(all_of(now.is_short, now.has_long(now.upper, 2.0), now.has_long(now.lower, 2.0)), now),
        "A short body between very long shadows.",
    ),
    pattern(
        "tweezers", 2,
        either_way(
            all_of(one.black, now.white, same(now.low, one.low, one.equal)),
            all_of(one.white, now.black, same(now.high, one.high, one.equal)),
        ),
        "Two bars of opposite colour that turn at the same low or high.",
        "Nison 1991, Japanese Candlestick Charting Techniques",
    ),
)  # fmt: skip
