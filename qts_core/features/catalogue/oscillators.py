"""Oscillators: further kinds and windows, and rates of change in units of range (specification 6.1b)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, PERCENT, RETURN, SIGNED, family
from qts_core.features.graph import Node, apply
from qts_core.features.ops import adaptive, runs
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("technical_oscillators")
close, high, low = ops.close, ops.high, ops.low
price = (high + low) / 2.0


def schaff_cycle(fast: int, slow: int, cycle: int) -> Node:
    """Return Schaff's trend cycle: the stochastic of the MACD line, mean of three."""
    return 100.0 * ops.sma(ops.min_max(ops.ema(close, fast) - ops.ema(close, slow), cycle), 3)


def coppock() -> Node:
    """Return Coppock's curve: the weighted mean of the changes over 14 and 11 bars."""
    return ops.wma(ops.simple_return(close, 14) + ops.simple_return(close, 11), 10)


def know_sure_thing() -> Node:
    """Return Pring's sum of smoothed changes over 10, 15, 20 and 30 bars, weights 1 to 4."""
    parts = [ops.sma(ops.simple_return(close, bars), span) for bars, span in ((10, 10), (15, 10), (20, 10), (30, 15))]
    return parts[0] + 2.0 * parts[1] + 3.0 * parts[2] + 4.0 * parts[3]


def fisher(bars: int) -> Node:
    """Return Ehlers' Fisher transform of the place of the bar's middle in its range of `bars` middles."""
    return apply("fisher_transform", ops.min_max(price, bars))


def vigor(bars: int) -> Node:
    """Return the relative vigor index: smoothed bodies over smoothed ranges (Ehlers 2002)."""
    body, span = adaptive.symmetric_mean(close - ops.open_), adaptive.symmetric_mean(high - low)
    return ops.rolling_sum(body, bars) / ops.rolling_sum(span, bars)


def relative_volatility(bars: int) -> Node:
    """Return Dorsey's relative volatility index: the RSI of deviations, by the direction of the close."""
    spread, change = ops.std(close, 10, ddof=0), ops.difference(close)
    up = ops.wilder(spread * ops.above(change, 0.0), bars)
    down = ops.wilder(spread * ops.above(-change, 0.0), bars)
    return 100.0 * (up / (up + down))


def connors(bars: int, streak_bars: int, rank_bars: int) -> Node:
    """Return Connors' RSI: the mean of RSI, RSI of the streak, and the rank of the last return among those before."""
    window = rank_bars + 1
    rank = (ops.rank(ops.simple_return(close), window) * window - 1.0) * (100.0 / rank_bars)
    return (ops.rsi(close, bars) + ops.rsi(runs.streak(close), streak_bars) + rank) / 3.0


def stochastic_momentum(bars: int, first: int, second: int) -> Node:
    """Return Blau's stochastic momentum index: the close from the middle of the range, smoothed twice, over half."""
    highest, lowest = ops.rolling_max(high, bars), ops.rolling_min(low, bars)
    offset = ops.ema(ops.ema(close - (highest + lowest) / 2.0, first), second)
    return 100.0 * (offset / (0.5 * ops.ema(ops.ema(highest - lowest, first), second)))


def momentum(bars: int) -> FeatureSpec:
    """Declare the change over `bars` bars in average true ranges."""
    return feature(
        f"tech_momentum_{bars}_atr", ops.difference(close, bars) / ops.atr(14),
        "true ranges", ANY, f"Change over {bars} bars in average true ranges.", "TA-Lib MOM and ATR",
    )  # fmt: skip


fast_mean, slow_mean = ops.ema(close, 12), ops.ema(close, 26)
ppo = fast_mean / slow_mean - 1.0
kst = know_sure_thing()
fisher_10 = fisher(10)
awesome = ops.sma(price, 5) - ops.sma(price, 34)
vigor_10 = vigor(10)
elder = ops.ema(close, 13)
pmo = apply(
    "exponential_mean", apply("exponential_mean", ops.simple_return(close), window=35, weight=2.0 / 35.0),
    window=20, weight=0.1,
)  # fmt: skip
smi = stochastic_momentum(13, 25, 2)

FEATURES = (
    feature(
        "tech_stc_50_raw", schaff_cycle(23, 50, 10),
        "percent", PERCENT, "Place of the MACD line in its own range of ten bars, smoothed.",
        "Schaff 1999; Stock.Indicators GetStc",
    ),
    feature(
        "tech_cmo_20_sum", 100.0 * adaptive.chande_momentum(close, 20),
        "percent", (-100.0, 100.0), "Gains less losses over both, plain sums of 20 bars.",
        "Chande and Kroll 1994; Stock.Indicators GetCmo",
    ),
    feature(
        "tech_coppock_14_raw", coppock(),
        "ratio", ANY, "Weighted mean of the changes over 14 and 11 bars.", "Coppock 1962; TA-Lib ROCP, WMA",
    ),
    feature(
        "tech_kst_30_raw", kst, "ratio", ANY, "Weighted sum of four smoothed changes.", "Pring 1992; TA-Lib ROCP, SMA",
    ),
    feature(
        "tech_kst_30_histogram", kst - ops.sma(kst, 9),
        "ratio", ANY, "Know-sure-thing less its nine-bar mean.", "Pring 1992; TA-Lib ROCP, SMA",
    ),
    feature(
        "tech_ppo_26_raw", ppo, "ratio", RETURN, "12-bar above 26-bar exponential mean.", "Appel 1979; TA-Lib EMA",
    ),
    feature(
        "tech_ppo_26_histogram", ppo - ops.ema(ppo, 9),
        "ratio", ANY, "Percentage oscillator less its signal.", "Appel 1979; TA-Lib EMA",
    ),
    feature(
        "tech_apo_26_ratio", (ops.sma(close, 12) - ops.sma(close, 26)) / close,
        "ratio", ANY, "12-bar less 26-bar mean over the close.", "TA-Lib APO",
    ),
    momentum(5),
    momentum(20),
    momentum(52),
    feature(
        "tech_dpo_20_ratio", (ops.lag(close, 11) - ops.sma(close, 20)) / close,
        "ratio", ANY, "Close of 11 bars ago less the mean around it, known now, over the close.",
        "Stock.Indicators GetDpo, read when its window is complete",
    ),
    feature(
        "tech_fisher_10_raw", fisher_10, "index", ANY, "Fisher transform of the price's place in its range.",
        "Ehlers 2002; Stock.Indicators GetFisherTransform",
    ),
    feature(
        "tech_fisher_10_change", ops.difference(fisher_10), "index", ANY, "Fisher transform less its value before.",
        "Ehlers 2002; Stock.Indicators GetFisherTransform",
    ),
    feature(
        "tech_awesome_34_ratio", awesome / price,
        "ratio", ANY, "5-bar less 34-bar mean of the middle, over the middle.",
        "Williams 1998; Stock.Indicators GetAwesome",
    ),
    feature(
        "tech_accelerator_34_ratio", (awesome - ops.sma(awesome, 5)) / price,
        "ratio", ANY, "Awesome oscillator less its five-bar mean, over the middle.", "Williams 1998; TA-Lib SMA",
    ),
    feature(
        "tech_vigor_10_raw", vigor_10, "ratio", SIGNED, "Smoothed bodies over smoothed ranges.",
        "Ehlers 2002; definition in numpy",
    ),
    feature(
        "tech_vigor_10_histogram", vigor_10 - adaptive.symmetric_mean(vigor_10),
        "ratio", (-2.0, 2.0), "Relative vigor less its signal.", "Ehlers 2002; definition in numpy",
    ),
    feature(
        "tech_relvol_14_raw", relative_volatility(14),
        "percent", PERCENT, "Share of the deviation that came on rising bars.", "Dorsey 1993; TA-Lib STDDEV",
    ),
    feature(
        "tech_elderray_13_bull", (high - elder) / close,
        "ratio", ANY, "High above the 13-bar exponential mean, over the close.",
        "Elder 1989; Stock.Indicators GetElderRay",
    ),
    feature(
        "tech_elderray_13_bear", (low - elder) / close,
        "ratio", ANY, "Low above the 13-bar exponential mean, over the close.",
        "Elder 1989; Stock.Indicators GetElderRay",
    ),
    feature(
        "tech_connorsrsi_100_raw", connors(3, 2, 100),
        "percent", PERCENT, "Mean of RSI, RSI of the streak and rank of the last return.",
        "Connors and Alvarez 2012; Stock.Indicators GetConnorsRsi; equal returns share their rank",
    ),
    feature(
        "tech_streak_1_bars", runs.streak(close),
        "bars", ANY, "Rises in a row, or minus the falls.", "Connors and Alvarez 2012; Stock.Indicators GetConnorsRsi",
    ),
    feature(
        "tech_smi_13_raw", smi,
        "percent", (-100.0, 100.0), "Close from the middle of its range, smoothed twice.",
        "Blau 1993; Stock.Indicators GetSmi",
    ),
    feature(
        "tech_smi_13_histogram", smi - ops.ema(smi, 3),
        "percent", (-200.0, 200.0), "Stochastic momentum less its signal.", "Blau 1993; Stock.Indicators GetSmi",
    ),
    feature(
        "tech_pmo_35_raw", pmo, "ratio", RETURN, "Return smoothed twice.", "Swenlin; Stock.Indicators GetPmo",
    ),
    feature(
        "tech_rsi_2_raw", ops.rsi(close, 2),
        "percent", PERCENT, "Relative strength index of two bars.", "Connors and Alvarez 2009; TA-Lib RSI",
    ),
    feature(
        "tech_stoch_52_raw", ops.stochastic(52),
        "percent", PERCENT, "Place of the close in the range of two sessions.", "Lane 1984; TA-Lib STOCHF",
    ),
)  # fmt: skip
