"""Bands and channels: distance from their edges, how wide they are, and when they squeeze (specification 6.1c)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, RETURN, family
from qts_core.features.graph import Node
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("technical_bands")
close, high, low = ops.close, ops.high, ops.low


def distance(name: str, edge: Node, doc: str, source: str) -> FeatureSpec:
    """Declare how far the close stands above an edge."""
    return feature(name, close / edge - 1.0, "ratio", ANY, doc, source)


def position(lower: Node, upper: Node) -> Node:
    """Return where the close stands between two edges, 0 at the lower and 1 at the upper."""
    return (close - lower) / (upper - lower)


centre, spread = ops.sma(close, 20), 2.0 * ops.std(close, 20, ddof=0)
bollinger_width = 2.0 * spread / centre
keltner_centre, reach = ops.ema(close, 20), 2.0 * ops.atr(10)
top, bottom = ops.rolling_max(high, 20), ops.rolling_min(low, 20)
starc_centre, starc_reach = ops.sma(close, 20), 2.0 * ops.atr(14)
BOLLINGER, KELTNER, DONCHIAN = (
    "Bollinger 2001; TA-Lib BBANDS",
    "Keltner 1960; Stock.Indicators GetKeltner",
    "Donchian; TA-Lib MAX and MIN",
)

FEATURES = (
    distance("tech_bbands_20_upper", centre + spread, "Close above the upper Bollinger band.", BOLLINGER),
    distance("tech_bbands_20_lower", centre - spread, "Close above the lower Bollinger band.", BOLLINGER),
    feature(
        "tech_bbands_50_position", ops.bollinger_position(close, 50),
        "ratio", ANY, "Place of the close between the bands of 50 bars, 0 lower to 1 upper.", BOLLINGER,
    ),
    feature(
        "tech_bbands_130_place", ops.min_max(bollinger_width, 130),
        "ratio", FRACTION, "Place of the width of the 20-bar bands in its range of a week; 0 is a squeeze.",
        "Bollinger 2001; TA-Lib BBANDS, MIN and MAX",
    ),
    feature(
        "tech_bbands_20_change", ops.simple_return(bollinger_width, 5),
        "ratio", RETURN, "Change of the width of the bands over five bars.", BOLLINGER,
    ),
    feature(
        "tech_squeeze_20_ratio", bollinger_width * centre / (2.0 * reach),
        "ratio", NOT_NEGATIVE, "Width of the Bollinger bands over that of the Keltner channel; below 1 is a squeeze.",
        "Carter 2005; TA-Lib BBANDS and ATR",
    ),
    feature(
        "tech_keltner_20_width", 2.0 * reach / keltner_centre,
        "ratio", NOT_NEGATIVE, "Width of the Keltner channel over its middle.", KELTNER,
    ),
    distance("tech_keltner_20_upper", keltner_centre + reach, "Close above the upper edge of the channel.", KELTNER),
    distance("tech_keltner_20_lower", keltner_centre - reach, "Close above the lower edge of the channel.", KELTNER),
    feature(
        "tech_donchian_20_width", (top - bottom) / ((top + bottom) / 2.0),
        "ratio", (0.0, 2.0), "Width of the 20-bar channel over its middle.", DONCHIAN,
    ),
    feature(
        "tech_donchian_55_position", ops.stochastic(55) / 100.0,
        "ratio", FRACTION, "Place of the close in its 55-bar channel.", DONCHIAN,
    ),
    feature(
        "tech_atrbands_20_position", position(starc_centre - starc_reach, starc_centre + starc_reach),
        "ratio", ANY, "Place of the close between its mean less and plus two average true ranges.",
        "Stoller; Stock.Indicators GetStarcBands",
    ),
    feature(
        "tech_atrbands_20_width", 2.0 * starc_reach / starc_centre,
        "ratio", NOT_NEGATIVE, "Four average true ranges over the mean.", "Stoller; Stock.Indicators GetStarcBands",
    ),
)  # fmt: skip
