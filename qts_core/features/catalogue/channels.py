"""Rolling highs and lows, and price channels: distance, width, age and breakout (specification 6.1e)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import FRACTION, NOT_NEGATIVE, RETURN, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES", "breakout"]

feature = family("technical_levels")
close, high, low = ops.close, ops.high, ops.low
DONCHIAN = "Donchian; Stock.Indicators GetDonchian"


def breakout(bars: int) -> Node:
    """Return 1 where the close is above the highs of the bars before, -1 where it is below their lows, else 0."""
    top, bottom = ops.lag(ops.rolling_max(high, bars)), ops.lag(ops.rolling_min(low, bars))
    return ops.greater(close, top) - ops.greater(bottom, close)


def place(bars: int) -> Node:
    """Return where the close stands in its channel, 0 at the low and 1 at the high."""
    bottom = ops.rolling_min(low, bars)
    return (close - bottom) / (ops.rolling_max(high, bars) - bottom)


FEATURES = (
    *(
        feature(
            f"tech_rollinghigh_{bars}_distance", close / ops.rolling_max(high, bars) - 1.0,
            "ratio", (-1.0, 0.0), f"Close below the highest high of {bars} bars.", "TA-Lib MAX",
        )
        for bars in (55, 130, 260)
    ),
    *(
        feature(
            f"tech_rollinglow_{bars}_distance", close / ops.rolling_min(low, bars) - 1.0,
            "ratio", NOT_NEGATIVE, f"Close above the lowest low of {bars} bars.", "TA-Lib MIN",
        )
        for bars in (55, 130, 260)
    ),
    feature(
        "tech_rollinghigh_130_age", ops.bars_since_max(high, 130) / 130.0,
        "ratio", FRACTION, "Age of the highest high in shares of the window.", "TA-Lib MAXINDEX",
    ),
    feature(
        "tech_rollinglow_130_age", ops.bars_since_min(low, 130) / 130.0,
        "ratio", FRACTION, "Age of the lowest low in shares of the window.", "TA-Lib MININDEX",
    ),
    *(
        feature(
            f"tech_channel_{bars}_position", place(bars),
            "ratio", FRACTION, f"Place of the close in its {bars}-bar channel.", DONCHIAN,
        )
        for bars in (130, 260)
    ),
    feature(
        "tech_channel_55_width", ops.rolling_max(high, 55) / ops.rolling_min(low, 55) - 1.0,
        "ratio", NOT_NEGATIVE, "Width of the 55-bar channel over its low.", DONCHIAN,
    ),
    *(
        feature(
            f"tech_channel_{bars}_breakout", breakout(bars),
            "sign", SIGNED, f"Close beyond the channel of the {bars} bars before.", DONCHIAN,
        )
        for bars in (55, 130)
    ),
    feature(
        "tech_sessionhigh_1_distance", close / ops.so_far(high, "max") - 1.0,
        "ratio", (-1.0, 0.0), "Close below the session's high so far.", "definition; numpy",
    ),
    feature(
        "tech_sessionlow_1_distance", close / ops.so_far(low, "min") - 1.0,
        "ratio", RETURN, "Close above the session's low so far.", "definition; numpy",
    ),
)  # fmt: skip
