"""Trend strength: directional movement, vortex, efficiency, and the stops that follow a trend (specification 6.1a)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, PERCENT, SIGNED, family
from qts_core.features.graph import Node, apply

__all__ = ["FEATURES"]

feature = family("technical_strength")
close, high, low = ops.close, ops.high, ops.low


def vortex(bars: int) -> tuple[Node, Node]:
    """Return the rising and the falling vortex over `bars` bars (Botes and Siepman 2010)."""
    walked = ops.rolling_sum(ops.true_range(), bars)
    rise = ops.rolling_sum(abs(high - ops.lag(low)), bars)
    fall = ops.rolling_sum(abs(low - ops.lag(high)), bars)
    return rise / walked, fall / walked


def side(stop: Node) -> Node:
    """Return 1 where the close stands above its stop, else -1."""
    return 2.0 * (close > stop) - 1.0


def turn(stop: Node) -> Node:
    """Return 1 on the bar that turns the stop upward, -1 on the one that turns it down, else 0."""
    return ops.difference(close > stop)


def chandelier(bars: int, width: float) -> tuple[Node, Node]:
    """Return the exits of a long and of a short position, USD (Le Beau 1999)."""
    reach = width * ops.atr(bars)
    return ops.rolling_max(high, bars) - reach, ops.rolling_min(low, bars) + reach


def efficiency(bars: int) -> Node:
    """Return the way gone over the path walked, signed (Kaufman 1995)."""
    return ops.difference(close, bars) / ops.rolling_sum(abs(ops.difference(close)), bars)


def horizontal_filter(bars: int) -> Node:
    """Return the range of closes over the path walked (White 1991)."""
    span = ops.rolling_max(close, bars) - ops.rolling_min(close, bars)
    return span / ops.rolling_sum(abs(ops.difference(close)), bars)


plus, minus = ops.directional_indicators(14)
balance = (plus - minus) / (plus + minus)
adx = ops.adx(14)
aroon_up, aroon_down = ops.aroon(25)
long_up, long_down = ops.aroon(100)
vortex_up, vortex_down = vortex(14)
exit_long, exit_short = chandelier(22, 3.0)
parabolic, trailing = ops.parabolic_stop(), ops.supertrend(10, 3.0)
range_stop = apply("trailing_band", close, 3.0 * ops.atr(21), close)

FEATURES = (
    feature(
        "tech_dx_14_raw", 100.0 * abs(balance),
        "percent", PERCENT, "Strength of direction now, before it is smoothed.", "Wilder 1978; TA-Lib DX",
    ),
    feature(
        "tech_dx_14_signed", 100.0 * balance,
        "percent", (-100.0, 100.0), "Strength of direction now, negative where the falls are stronger.",
        "Wilder 1978; TA-Lib PLUS_DI and MINUS_DI",
    ),
    feature(
        "tech_adxr_14_raw", (adx + ops.lag(adx, 13)) / 2.0,
        "percent", PERCENT, "Mean of the ADX now and 13 bars ago.", "Wilder 1978; TA-Lib ADXR",
    ),
    feature(
        "tech_adx_14_change", ops.difference(adx, 5),
        "percent", (-100.0, 100.0), "Change of the ADX over five bars: a trend that grows or tires.", "TA-Lib ADX",
    ),
    feature(
        "tech_adx_50_raw", ops.adx(50),
        "percent", PERCENT, "Strength of the trend of two sessions.", "Wilder 1978; TA-Lib ADX",
    ),
    feature(
        "tech_aroon_25_down", aroon_down,
        "percent", PERCENT, "How recent the lowest low of 26 bars is.", "Chande 1995; TA-Lib AROON",
    ),
    feature(
        "tech_aroon_100_oscillator", long_up - long_down,
        "percent", (-100.0, 100.0), "Aroon up less Aroon down over 101 bars.", "Chande 1995; TA-Lib AROONOSC",
    ),
    feature(
        "tech_vortex_14_plus", vortex_up,
        "ratio", NOT_NEGATIVE, "Way from lows to the next highs over the true range.",
        "Botes and Siepman 2010; Stock.Indicators GetVortex",
    ),
    feature(
        "tech_vortex_14_minus", vortex_down,
        "ratio", NOT_NEGATIVE, "Way from highs to the next lows over the true range.",
        "Botes and Siepman 2010; Stock.Indicators GetVortex",
    ),
    feature(
        "tech_psar_2_side", side(parabolic),
        "sign", SIGNED, "1 where the parabolic stop stands below the close, else -1.", "Wilder 1978; TA-Lib SAR",
    ),
    feature(
        "tech_psar_2_turn", turn(parabolic),
        "sign", SIGNED, "1 on the bar that turns the parabolic stop upward, -1 downward, else 0.",
        "Wilder 1978; TA-Lib SAR",
    ),
    feature(
        "tech_supertrend_10_side", side(trailing),
        "sign", SIGNED, "1 where the SuperTrend stands below the close, else -1.", "Stock.Indicators GetSuperTrend",
    ),
    feature(
        "tech_supertrend_10_turn", turn(trailing),
        "sign", SIGNED, "1 on the bar that turns the SuperTrend upward, -1 downward, else 0.",
        "Stock.Indicators GetSuperTrend",
    ),
    feature(
        "tech_atrstop_21_distance", close / range_stop - 1.0,
        "ratio", ANY, "Close above a stop that trails it by three true ranges.", "Stock.Indicators GetAtrStop",
    ),
    feature(
        "tech_chandelier_22_long", close / exit_long - 1.0,
        "ratio", ANY, "Close above the exit of a long position, three true ranges below the high.",
        "Le Beau 1999; Stock.Indicators GetChandelier",
    ),
    feature(
        "tech_chandelier_22_short", close / exit_short - 1.0,
        "ratio", ANY, "Close above the exit of a short position, three true ranges over the low.",
        "Le Beau 1999; Stock.Indicators GetChandelier",
    ),
    feature(
        "tech_efficiency_26_signed", efficiency(26),
        "ratio", SIGNED, "Way gone over the path walked in one session.", "Kaufman 1995; definition in numpy",
    ),
    feature(
        "tech_vhf_28_raw", horizontal_filter(28),
        "ratio", FRACTION, "Range of closes over the path walked.", "White 1991; definition in numpy",
    ),
)  # fmt: skip
