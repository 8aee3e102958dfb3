"""Ranges: true range, historical and range-based volatility in further windows, and their changes (spec. 6.1c)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue import volatility
from qts_core.features.catalogue.declare import FRACTION, NOT_NEGATIVE, PERCENT, RETURN, family
from qts_core.features.catalogue.volatility import squared
from qts_core.features.graph import Node, apply

__all__ = ["FEATURES"]

feature = family("technical_ranges")
close, high, low = ops.close, ops.high, ops.low
returns = ops.log_return(close)


def mass(bars: int) -> Node:
    """Return Dorsey's mass index: the sum of how far the mean range stands above its own mean."""
    mean = ops.ema(high - low, 9)
    return ops.rolling_sum(mean / ops.ema(mean, 9), bars)


def fear(bars: int) -> Node:
    """Return Williams' measure in the manner of the VIX: how far the low stands below the highest close."""
    highest = ops.rolling_max(close, bars)
    return 100.0 * ((highest - low) / highest)


def exponential_deviation(decay: float, bars: int) -> Node:
    """Return the root of the exponential mean of squared returns, as in RiskMetrics."""
    return ops.sqrt(apply("exponential_mean", squared(returns), window=bars, weight=1.0 - decay))


deviation_60 = ops.std(returns, 60)
fear_now = fear(22)

FEATURES = (
    feature(
        "tech_natr_5_ratio", ops.atr(5) / close,
        "ratio", NOT_NEGATIVE, "Average true range of five bars over the close.", "Wilder 1978; TA-Lib NATR",
    ),
    feature(
        "tech_natr_50_ratio", ops.atr(50) / close,
        "ratio", NOT_NEGATIVE, "Average true range of 50 bars over the close.", "Wilder 1978; TA-Lib NATR",
    ),
    feature(
        "tech_atrratio_50_raw", ops.atr(5) / ops.atr(50),
        "ratio", NOT_NEGATIVE, "Average true range of five bars over that of 50.", "Wilder 1978; TA-Lib ATR",
    ),
    feature(
        "tech_truerange_14_ratio", ops.true_range() / ops.lag(ops.atr(14)),
        "ratio", NOT_NEGATIVE, "True range over its average before this bar.", "Wilder 1978; TA-Lib TRANGE and ATR",
    ),
    feature(
        "tech_chaikinvol_10_change", ops.simple_return(ops.ema(high - low, 10), 10),
        "ratio", RETURN, "Change of the mean range over ten bars.", "Chaikin; TA-Lib EMA",
    ),
    feature(
        "tech_hvol_10_std", ops.std(returns, 10),
        "ratio per bar", NOT_NEGATIVE, "Deviation of ten log returns.", "definition; numpy",
    ),
    feature(
        "tech_hvol_60_std", deviation_60,
        "ratio per bar", NOT_NEGATIVE, "Deviation of 60 log returns.", "definition; numpy",
    ),
    feature(
        "tech_hvol_546_std", ops.std(returns, 546),
        "ratio per bar", NOT_NEGATIVE, "Deviation of 546 log returns, one month.", "definition; numpy",
    ),
    feature(
        "tech_hvol_130_place", ops.min_max(ops.std(returns, 10), 130),
        "ratio", FRACTION, "Place of the ten-bar deviation in its range of a week.", "definition; numpy",
    ),
    feature(
        "tech_volofvol_60_ratio", ops.std(ops.std(returns, 10), 60) / ops.sma(ops.std(returns, 10), 60),
        "ratio", NOT_NEGATIVE, "Deviation of the ten-bar deviation over its mean.", "definition; numpy",
    ),
    feature(
        "tech_ewmavol_33_std", exponential_deviation(0.94, 33),
        "ratio per bar", NOT_NEGATIVE, "Root of the exponential mean of squared returns, decay 0.94.",
        "RiskMetrics 1996; definition in numpy",
    ),
    feature(
        "tech_vixfix_22_raw", fear_now,
        "percent", PERCENT, "Low below the highest close of 22 bars, percent.", "Williams 2007; TA-Lib MAX",
    ),
    feature(
        "tech_vixfix_50_place", ops.min_max(fear_now, 50),
        "ratio", FRACTION, "Place of that measure in its range of 50 bars.", "Williams 2007; TA-Lib MIN and MAX",
    ),
    feature(
        "tech_parkinson_60_std", volatility.parkinson(60),
        "ratio per bar", NOT_NEGATIVE, "Volatility from high and low of 60 bars.",
        "Parkinson 1980, Journal of Business 53, 61",
    ),
    feature(
        "tech_garmanklass_60_std", volatility.garman_klass(60),
        "ratio per bar", NOT_NEGATIVE, "Volatility from 60 whole bars.",
        "Garman and Klass 1980, Journal of Business 53, 67",
    ),
    feature(
        "tech_rogerssatchell_60_std", ops.sqrt(ops.sma(volatility.range_term(), 60)),
        "ratio per bar", NOT_NEGATIVE, "Volatility from 60 whole bars, free of drift.",
        "Rogers and Satchell 1991, Annals of Applied Probability 1, 504",
    ),
    feature(
        "tech_yangzhang_60_std", volatility.yang_zhang(60),
        "ratio per bar", NOT_NEGATIVE, "Volatility of 60 bars with the step between them.",
        "Yang and Zhang 2000, Journal of Business 73, 477",
    ),
    feature(
        "tech_parkinsonratio_60_raw", volatility.parkinson(60) / deviation_60,
        "ratio", NOT_NEGATIVE, "Volatility inside bars over that between closes: above 1 the price comes back.",
        "Parkinson 1980, Journal of Business 53, 61",
    ),
    feature(
        "tech_mass_25_sum", mass(25),
        "index", NOT_NEGATIVE, "Sum of how far the mean range stands above its own mean; 27 is a bulge.",
        "Dorsey 1992; TA-Lib EMA",
    ),
    feature(
        "tech_ulcer_50_raw", volatility.ulcer(50),
        "percent", PERCENT, "Root mean square fall below the running high of 50 bars.",
        "Martin and McCann 1989, with a rolling high",
    ),
    feature(
        "tech_chop_50_raw", volatility.choppiness(50),
        "percent", (0.0, PERCENT[1] + 1e-9), "Path walked over range covered in 50 bars: 100 is sideways.",
        "Dreiss; Stock.Indicators GetChop",
    ),
)  # fmt: skip
