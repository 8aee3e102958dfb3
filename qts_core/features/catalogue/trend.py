"""Trend: distance from averages and channels, strength and direction (specification 6.1a)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, PERCENT, RETURN, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("technical_trend")
close = ops.close


def above(level: Node) -> Node:
    """Return how far the close stands above a level, as a ratio."""
    return close / level - 1.0


def middle(bars: int) -> Node:
    """Return the middle of the range of the last bars, as Ichimoku's lines are made."""
    return (ops.rolling_max(ops.high, bars) + ops.rolling_min(ops.low, bars)) / 2.0


plus, minus = ops.directional_indicators(14)
aroon_up, aroon_down = ops.aroon(25)
clock = ops.count_bars(close)
# The cloud over today was drawn 26 bars ago; the lagging line is today's close against the one 26 bars ago.
cloud_a = ops.lag((middle(9) + middle(26)) / 2.0, 26)
cloud_b = ops.lag(middle(52), 26)

FEATURES = (
    feature(
        "tech_sma_20_distance", above(ops.sma(close, 20)),
        "ratio", RETURN, "Close above its 20-bar mean.", "TA-Lib SMA",
    ),
    feature(
        "tech_sma_50_distance", above(ops.sma(close, 50)),
        "ratio", RETURN, "Close above its 50-bar mean.", "TA-Lib SMA",
    ),
    feature(
        "tech_sma_200_distance", above(ops.sma(close, 200)),
        "ratio", RETURN, "Close above its 200-bar mean.", "TA-Lib SMA",
    ),
    feature(
        "tech_ema_12_distance", above(ops.ema(close, 12)),
        "ratio", RETURN, "Close above its 12-bar exponential mean.", "TA-Lib EMA",
    ),
    feature(
        "tech_ema_50_distance", above(ops.ema(close, 50)),
        "ratio", RETURN, "Close above its 50-bar exponential mean.", "TA-Lib EMA",
    ),
    feature(
        "tech_emacross_50_spread", ops.ema(close, 12) / ops.ema(close, 50) - 1.0,
        "ratio", RETURN, "12-bar exponential mean above the 50-bar one.", "TA-Lib EMA",
    ),
    feature(
        "tech_wma_20_distance", above(ops.wma(close, 20)),
        "ratio", RETURN, "Close above its linearly weighted mean.", "TA-Lib WMA",
    ),
    feature(
        "tech_dema_20_distance", above(ops.dema(close, 20)),
        "ratio", ANY, "Close above its double exponential mean.", "Mulloy 1994; TA-Lib DEMA",
    ),
    feature(
        "tech_tema_20_distance", above(ops.tema(close, 20)),
        "ratio", ANY, "Close above its triple exponential mean.", "Mulloy 1994; TA-Lib TEMA",
    ),
    feature(
        "tech_hma_20_distance", above(ops.hma(close, 20)),
        "ratio", ANY, "Close above its Hull mean.", "Hull 2005; Stock.Indicators GetHma",
    ),
    feature(
        "tech_kama_10_distance", above(ops.kama(close, 10)),
        "ratio", RETURN, "Close above its adaptive mean.", "Kaufman 1995; TA-Lib KAMA",
    ),
    feature(
        "tech_vwma_20_distance", above(ops.vwma(close, ops.volume, 20)),
        "ratio", RETURN, "Close above its volume-weighted mean.", "Stock.Indicators GetVwma",
    ),
    feature(
        "tech_adx_14_raw", ops.adx(14),
        "percent", PERCENT, "Strength of the trend, whichever its direction.", "Wilder 1978; TA-Lib ADX",
    ),
    feature(
        "tech_plusdi_14_raw", plus,
        "percent", PERCENT, "Share of the true range that is new highs.", "Wilder 1978; TA-Lib PLUS_DI",
    ),
    feature(
        "tech_minusdi_14_raw", minus,
        "percent", PERCENT, "Share of the true range that is new lows.", "Wilder 1978; TA-Lib MINUS_DI",
    ),
    feature(
        "tech_aroon_25_up", aroon_up,
        "percent", PERCENT, "How recent the highest high of 26 bars is.", "Chande 1995; TA-Lib AROON",
    ),
    feature(
        "tech_aroon_25_oscillator", aroon_up - aroon_down,
        "percent", (-100.0, 100.0), "Aroon up less Aroon down.", "Chande 1995; TA-Lib AROONOSC",
    ),
    feature(
        "tech_psar_2_distance", above(ops.parabolic_stop()),
        "ratio", ANY, "Close above the parabolic stop (step 0.02, ceiling 0.2).", "Wilder 1978; TA-Lib SAR",
    ),
    feature(
        "tech_supertrend_10_distance", above(ops.supertrend(10, 3.0)),
        "ratio", ANY, "Close above the SuperTrend of three true ranges.", "Stock.Indicators GetSuperTrend",
    ),
    feature(
        "tech_tenkan_9_distance", above(middle(9)),
        "ratio", RETURN, "Close above Ichimoku's conversion line.", "Hosoda 1969; Stock.Indicators GetIchimoku",
    ),
    feature(
        "tech_kijun_26_distance", above(middle(26)),
        "ratio", RETURN, "Close above Ichimoku's base line.", "Hosoda 1969; Stock.Indicators GetIchimoku",
    ),
    feature(
        "tech_cloud_52_distance", above((cloud_a + cloud_b) / 2.0),
        "ratio", RETURN, "Close above the middle of the cloud drawn 26 bars ago.",
        "Hosoda 1969; Stock.Indicators GetIchimoku",
    ),
    feature(
        "tech_donchian_20_position", ops.stochastic(20) / 100.0,
        "ratio", (0.0, 1.0), "Place of the close in its 20-bar channel.", "Donchian; Stock.Indicators GetDonchian",
    ),
    feature(
        "tech_linreg_20_slope", ops.beta(close, clock, 20) / close,
        "ratio per bar", ANY, "Slope of the least-squares line of 20 closes.", "TA-Lib LINEARREG_SLOPE",
    ),
    feature(
        "tech_linreg_20_distance", above(ops.fitted(close, clock, 20)),
        "ratio", ANY, "Close above the end of its least-squares line.", "TA-Lib LINEARREG",
    ),
)  # fmt: skip
