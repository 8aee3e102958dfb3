"""Ichimoku as it is known at the bar: nothing drawn ahead is read back, nothing drawn behind looks forward.

The cloud over a bar was made 26 bars before it; the cloud made now is a feature of now. The lagging line is today's
close drawn 26 bars back: its lag-safe form asks today how the close stands against what stood there (specification
6.1a).
"""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, RETURN, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("technical_ichimoku")
close = ops.close
SOURCE = "Hosoda 1969; Stock.Indicators GetIchimoku"


def middle(bars: int) -> Node:
    """Return the middle of the range of the last bars."""
    return (ops.rolling_max(ops.high, bars) + ops.rolling_min(ops.low, bars)) / 2.0


def outside(price: Node, one: Node, other: Node) -> Node:
    """Return 1 where a price stands above both edges of the cloud, -1 below both, 0 inside."""
    return (price > ops.maximum(one, other)) - (ops.minimum(one, other) > price)


tenkan, kijun = middle(9), middle(26)
made_a, made_b = (tenkan + kijun) / 2.0, middle(52)
span_a, span_b = ops.lag(made_a, 26), ops.lag(made_b, 26)

FEATURES = (
    feature(
        "tech_senkoua_26_distance", close / span_a - 1.0,
        "ratio", RETURN, "Close above the first edge of the cloud over this bar.", SOURCE,
    ),
    feature(
        "tech_senkoub_52_distance", close / span_b - 1.0,
        "ratio", RETURN, "Close above the second edge of the cloud over this bar.", SOURCE,
    ),
    feature(
        "tech_cloud_52_side", outside(close, span_a, span_b),
        "sign", SIGNED, "1 above the cloud over this bar, -1 below it, 0 inside.", SOURCE,
    ),
    feature(
        "tech_cloud_52_thickness", (span_a - span_b) / close,
        "ratio", ANY, "First less second edge of the cloud over this bar, over the close.", SOURCE,
    ),
    feature(
        "tech_cloud_52_ahead", made_a / made_b - 1.0,
        "ratio", RETURN, "First above second edge of the cloud made now, to be drawn 26 bars ahead.", SOURCE,
    ),
    feature(
        "tech_tenkan_9_spread", tenkan / kijun - 1.0,
        "ratio", RETURN, "Conversion line above the base line.", SOURCE,
    ),
    feature(
        "tech_tenkan_9_cross", ops.difference(tenkan > kijun),
        "sign", SIGNED, "1 where the conversion line has risen above the base line, -1 where it no longer is, else 0.",
        SOURCE,
    ),
    feature(
        "tech_kijun_26_slope", ops.simple_return(kijun, 26),
        "ratio", RETURN, "Change of the base line over 26 bars.", SOURCE,
    ),
    feature(
        "tech_chikou_26_distance", close / ops.lag((ops.high + ops.low) / 2.0, 26) - 1.0,
        "ratio", RETURN, "Close above the middle of the bar that the lagging line is drawn over.", SOURCE,
    ),
    feature(
        "tech_chikou_26_side", outside(close, ops.lag(span_a, 26), ops.lag(span_b, 26)),
        "sign", SIGNED, "1 where the close stands above the cloud that was over the bar 26 bars ago, -1 below it.",
        SOURCE,
    ),
)  # fmt: skip
