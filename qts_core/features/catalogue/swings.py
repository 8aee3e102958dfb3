"""Swing points and the levels they leave; a swing shows when it has been confirmed (specification 6.1e).

A swing of five bars is a high above the five after it and not below the five before it; it is known five bars later.
"""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, RETURN, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.ops.swings import (
    bars_since,
    level_crowd,
    nearness_above,
    nearness_below,
    swing_high,
    swing_low,
)

__all__ = ["FEATURES"]

feature = family("technical_levels")
close = ops.close
FRACTAL = "Williams 1995; Stock.Indicators GetFcb"

LEVELS = 10
top, bottom = swing_high(5), swing_low(5)
reach = ops.atr(14)


def turn(swing: Node) -> Node:
    """Return 1 where the last swing is above the one before, -1 where it is below, 0 where they are equal."""
    return ops.hold(ops.sign(ops.difference(swing)))


FEATURES = (
    *(
        feature(
            f"tech_swinghigh_{bars}_distance", close / ops.hold(swing_high(bars)) - 1.0,
            "ratio", RETURN, f"Close above the last swing high of {bars} bars on each side.", FRACTAL,
        )
        for bars in (5, 13)
    ),
    *(
        feature(
            f"tech_swinglow_{bars}_distance", close / ops.hold(swing_low(bars)) - 1.0,
            "ratio", RETURN, f"Close above the last swing low of {bars} bars on each side.", FRACTAL,
        )
        for bars in (5, 13)
    ),
    feature(
        "tech_swinghigh_5_age", bars_since(top) + 5.0,
        "bars", NOT_NEGATIVE, "Bars since the last confirmed swing high stood.", FRACTAL,
    ),
    feature(
        "tech_swinglow_5_age", bars_since(bottom) + 5.0,
        "bars", NOT_NEGATIVE, "Bars since the last confirmed swing low stood.", FRACTAL,
    ),
    feature(
        "tech_swing_5_structure", (turn(top) + turn(bottom)) / 2.0,
        "score", SIGNED, "Higher highs and higher lows: 1; lower ones: -1.", "Dow; definition, numpy",
    ),
    feature(
        "tech_swing_5_leg", (ops.hold(top) - ops.hold(bottom)) / close,
        "ratio", ANY, "Last swing high above the last swing low, over the close.", "definition; numpy",
    ),
    feature(
        "tech_resistance_10_nearness", nearness_above(top, bottom, reach, LEVELS),
        "ratio", FRACTION, "Nearness of the next of the last ten swings above: 1 at it, 1/2 a true range off, 0 none.",
        "definition; numpy",
    ),
    feature(
        "tech_support_10_nearness", nearness_below(top, bottom, reach, LEVELS),
        "ratio", FRACTION, "Nearness of the next of the last ten swings below: 1 at it, 1/2 a true range off, 0 none.",
        "definition; numpy",
    ),
    feature(
        "tech_levels_10_crowd", level_crowd(top, bottom, reach, LEVELS),
        "ratio", FRACTION, "Share of the last ten swings within one average true range of the close.",
        "definition; numpy",
    ),
)  # fmt: skip
