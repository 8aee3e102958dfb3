"""Averages: further windows and kinds, their slopes, order and crossings (specification 6.1a)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, RETURN, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.ops import adaptive
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("technical_averages")
close = ops.close


def above(level: Node) -> Node:
    """Return how far the close stands above a level, as a ratio."""
    return close / level - 1.0


def distance(name: str, window: int, level: Node, doc: str, source: str, *, is_mix: bool = False) -> FeatureSpec:
    """Declare the distance of the close from an average; a mix may leave the range of its prices."""
    bounds = ANY if is_mix else RETURN
    return feature(f"tech_{name}_{window}_distance", above(level), "ratio", bounds, doc, source)


def slope(name: str, window: int, average: Node, doc: str, source: str) -> FeatureSpec:
    """Declare the change of an average over five bars."""
    return feature(f"tech_{name}_{window}_slope", ops.simple_return(average, 5), "ratio", RETURN, doc, source)


def spread(name: str, window: int, fast: Node, slow: Node, doc: str, source: str) -> FeatureSpec:
    """Declare how far one average stands above another."""
    return feature(f"tech_{name}_{window}_spread", fast / slow - 1.0, "ratio", RETURN, doc, source)


def is_above(fast: Node, slow: Node) -> Node:
    """Return 1 where one average stands above another, else 0; equal means of cents may differ in the last bit."""
    return (fast - slow) > 1e-12 * slow


def crossing(fast: Node, slow: Node) -> Node:
    """Return 1 on the bar where `fast` has risen above `slow`, -1 where it has fallen to it or below, else 0."""
    return ops.difference(is_above(fast, slow))


def order(averages: Sequence[Node]) -> Node:
    """Return the share of neighbours in the order of a rising price, each above the next."""
    flags = [is_above(fast, slow) for fast, slow in pairwise(averages)]
    total = flags[0]
    for flag in flags[1:]:
        total = total + flag
    return total / len(flags)


sma = {bars: ops.sma(close, bars) for bars in (5, 10, 20, 50, 100, 200)}
ema = {bars: ops.ema(close, bars) for bars in (5, 10, 20, 50, 100, 200)}
jaw, lips = adaptive.alligator_line(13, 8), adaptive.alligator_line(5, 3)

FEATURES = (
    distance("sma", 5, sma[5], "Close above its 5-bar mean.", "TA-Lib SMA"),
    distance("sma", 10, sma[10], "Close above its 10-bar mean.", "TA-Lib SMA"),
    distance("sma", 100, sma[100], "Close above its 100-bar mean.", "TA-Lib SMA"),
    distance("ema", 5, ema[5], "Close above its 5-bar exponential mean.", "TA-Lib EMA"),
    distance("ema", 10, ema[10], "Close above its 10-bar exponential mean.", "TA-Lib EMA"),
    distance("ema", 20, ema[20], "Close above its 20-bar exponential mean.", "TA-Lib EMA"),
    distance("ema", 100, ema[100], "Close above its 100-bar exponential mean.", "TA-Lib EMA"),
    distance("ema", 200, ema[200], "Close above its 200-bar exponential mean.", "TA-Lib EMA"),
    distance("wma", 50, ops.wma(close, 50), "Close above its linearly weighted mean of 50 bars.", "TA-Lib WMA"),
    distance(
        "dema", 50, ops.dema(close, 50),
        "Close above its double exponential mean of 50 bars.", "Mulloy 1994; TA-Lib DEMA", is_mix=True,
    ),
    distance(
        "tema", 50, ops.tema(close, 50),
        "Close above its triple exponential mean of 50 bars.", "Mulloy 1994; TA-Lib TEMA", is_mix=True,
    ),
    distance(
        "hma", 50, ops.hma(close, 50),
        "Close above its Hull mean of 50 bars.", "Hull 2005; Stock.Indicators GetHma", is_mix=True,
    ),
    distance(
        "kama", 30, ops.kama(close, 30), "Close above its adaptive mean of 30 bars.", "Kaufman 1995; TA-Lib KAMA",
    ),
    distance(
        "vwma", 50, ops.vwma(close, ops.volume, 50),
        "Close above its volume-weighted mean of 50 bars.", "Stock.Indicators GetVwma",
    ),
    distance(
        "alma", 20, adaptive.alma(close, 20), "Close above its mean under a bell near the latest bar.",
        "Legoux and Kouzis-Loukas 2009; Stock.Indicators GetAlma",
    ),
    distance(
        "t3", 20, adaptive.t3(close, 20),
        "Close above the T3, six exponential means in a mix.", "Tillson 1998; TA-Lib T3", is_mix=True,
    ),
    distance("trima", 20, adaptive.trima(close, 20), "Close above its triangular mean.", "TA-Lib TRIMA"),
    distance(
        "vidya", 14, adaptive.vidya(close, 14),
        "Close above the mean that moves as momentum does.", "Chande 1992; definition in numpy",
    ),
    distance(
        "frama", 16, adaptive.fractal_mean(16),
        "Close above the mean that moves as the path is smooth.", "Ehlers 2005; definition in numpy",
    ),
    distance(
        "mcginley", 14, adaptive.mcginley(close, 14),
        "Close above McGinley's mean, faster in falls.", "McGinley 1997; Stock.Indicators GetDynamic",
    ),
    slope("sma", 20, sma[20], "Change of the 20-bar mean over five bars.", "TA-Lib SMA"),
    slope("sma", 50, sma[50], "Change of the 50-bar mean over five bars.", "TA-Lib SMA"),
    slope("sma", 200, sma[200], "Change of the 200-bar mean over five bars.", "TA-Lib SMA"),
    slope("ema", 20, ema[20], "Change of the 20-bar exponential mean over five bars.", "TA-Lib EMA"),
    slope("ema", 100, ema[100], "Change of the 100-bar exponential mean over five bars.", "TA-Lib EMA"),
    slope("kama", 10, ops.kama(close, 10), "Change of the adaptive mean over five bars.", "Kaufman 1995; TA-Lib KAMA"),
    spread("smacross", 20, sma[5], sma[20], "5-bar mean above the 20-bar one.", "TA-Lib SMA"),
    spread("smacross", 50, sma[20], sma[50], "20-bar mean above the 50-bar one.", "TA-Lib SMA"),
    spread("smacross", 200, sma[50], sma[200], "50-bar mean above the 200-bar one.", "TA-Lib SMA"),
    spread("emacross", 20, ema[5], ema[20], "5-bar exponential mean above the 20-bar one.", "TA-Lib EMA"),
    spread("emacross", 200, ema[50], ema[200], "50-bar exponential mean above the 200-bar one.", "TA-Lib EMA"),
    feature(
        "tech_smacross_50_event", crossing(sma[20], sma[50]),
        "sign", SIGNED, "1 where the 20-bar mean has risen above the 50-bar one, -1 where it has fallen below, else 0.",
        "TA-Lib SMA",
    ),
    feature(
        "tech_smacross_200_event", crossing(sma[50], sma[200]),
        "sign", SIGNED, "1 on a golden cross of the 50-bar and 200-bar means, -1 on a death cross, else 0.",
        "TA-Lib SMA",
    ),
    feature(
        "tech_ribbon_200_order", order(list(sma.values())),
        "ratio", FRACTION, "Share of the means of 5 to 200 bars that stand above the next longer one.", "TA-Lib SMA",
    ),
    spread(
        "alligator", 13, lips, jaw, "Lips above the jaw of the alligator, both as drawn over this bar.",
        "Williams 1995; Stock.Indicators GetAlligator",
    ),
)  # fmt: skip
