"""Momentum: oscillators and rates of change (specification 6.1b)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, PERCENT, RETURN, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("technical_momentum")
close = ops.close


def ultimate() -> Node:
    """Return Williams' ultimate oscillator over 7, 14 and 28 bars."""
    pressure = close - ops.minimum(ops.low, ops.lag(close))
    share = [ops.rolling_sum(pressure, bars) / ops.rolling_sum(ops.true_range(), bars) for bars in (7, 14, 28)]
    return (100.0 / 7.0) * (4.0 * share[0] + 2.0 * share[1] + share[2])


def true_strength(slow: int, fast: int) -> Node:
    """Return Blau's true strength index."""
    change = ops.difference(close)
    return 100.0 * (ops.ema(ops.ema(change, slow), fast) / ops.ema(ops.ema(abs(change), slow), fast))


def chande(bars: int) -> Node:
    """Return Chande's momentum with Wilder's smoothing, as TA-Lib has it."""
    change = ops.difference(close)
    return 100.0 * (ops.wilder(change, bars) / ops.wilder(abs(change), bars))


def rsi_place(bars: int) -> Node:
    """Return the place of the RSI in its own range, 0 to 100."""
    rsi = ops.rsi(close, bars)
    lowest = ops.rolling_min(rsi, bars)
    return 100.0 * ((rsi - lowest) / (ops.rolling_max(rsi, bars) - lowest))


line, signal, histogram = ops.macd(close)
fast_k = ops.stochastic(14)
slow_k = ops.sma(fast_k, 3)
smooth = ops.ema(ops.ema(ops.ema(close, 15), 15), 15)
pace = ops.sma(ops.simple_return(close, 10), 10)

FEATURES = (
    feature(
        "tech_rsi_7_raw", ops.rsi(close, 7),
        "percent", PERCENT, "Relative strength index of 7 bars.", "Wilder 1978; TA-Lib RSI",
    ),
    feature(
        "tech_rsi_14_raw", ops.rsi(close, 14),
        "percent", PERCENT, "Relative strength index of 14 bars.", "Wilder 1978; TA-Lib RSI",
    ),
    feature(
        "tech_rsi_21_raw", ops.rsi(close, 21),
        "percent", PERCENT, "Relative strength index of 21 bars.", "Wilder 1978; TA-Lib RSI",
    ),
    feature(
        "tech_stoch_14_k", slow_k,
        "percent", PERCENT, "Place of the close in the 14-bar range, mean of 3.", "Lane 1984; TA-Lib STOCH",
    ),
    feature(
        "tech_stoch_14_d", ops.sma(slow_k, 3),
        "percent", PERCENT, "Signal line of the slow stochastic.", "Lane 1984; TA-Lib STOCH",
    ),
    feature(
        "tech_stochrsi_14_k", rsi_place(14),
        "percent", PERCENT, "Place of the RSI in its own 14-bar range.", "Chande and Kroll 1994; TA-Lib STOCHRSI",
    ),
    feature(
        "tech_willr_14_raw", fast_k - 100.0,
        "percent", (-100.0, 0.0), "Distance of the close below the 14-bar high, in percent of the range.",
        "Williams; TA-Lib WILLR",
    ),
    feature(
        "tech_cci_20_raw", ops.cci(20),
        "index", ANY, "Typical price from its mean in mean deviations times 0.015.", "Lambert 1980; TA-Lib CCI",
    ),
    feature(
        "tech_ultosc_28_raw", ultimate(),
        "percent", PERCENT, "Buying pressure over 7, 14 and 28 bars.", "Williams 1985; TA-Lib ULTOSC",
    ),
    feature(
        "tech_tsi_25_raw", true_strength(25, 13),
        "percent", (-100.0, 100.0), "Change smoothed twice over its size smoothed twice.",
        "Blau 1991; Stock.Indicators GetTsi",
    ),
    feature(
        "tech_cmo_14_raw", chande(14),
        "percent", (-100.0, 100.0), "Gains less losses over both.", "Chande 1994; TA-Lib CMO",
    ),
    feature("tech_roc_10_raw", ops.simple_return(close, 10), "ratio", RETURN, "Change over 10 bars.", "TA-Lib ROCP"),
    feature(
        "tech_roc_26_raw", ops.simple_return(close, 26),
        "ratio", RETURN, "Change over 26 bars, one session.", "TA-Lib ROCP",
    ),
    feature(
        "tech_macd_26_line", line / close,
        "ratio", ANY, "12-bar less 26-bar exponential mean over the close.", "Appel 1979; TA-Lib MACD",
    ),
    feature(
        "tech_macd_26_signal", signal / close,
        "ratio", ANY, "9-bar exponential mean of the MACD line over the close.", "Appel 1979; TA-Lib MACD",
    ),
    feature(
        "tech_macd_26_histogram", histogram / close,
        "ratio", ANY, "MACD line less its signal over the close.", "Appel 1979; TA-Lib MACD",
    ),
    feature(
        "tech_trix_15_raw", ops.simple_return(smooth),
        "ratio", RETURN, "Change of the triple-smoothed close.", "Hutson 1983; TA-Lib TRIX",
    ),
    feature(
        "tech_pace_10_change", ops.difference(pace, 10),
        "ratio", ANY, "Mean 10-bar change now less that of 10 bars ago.", "definition",
    ),
    feature(
        "tech_bop_14_mean", ops.sma(ops.fill((close - ops.open_) / (ops.high - ops.low), close, 0.0), 14),
        "ratio", SIGNED, "Mean share of the bar's range kept by its body.", "Livshin 2001; TA-Lib BOP",
    ),
)  # fmt: skip
