"""Volatility: bands, true range and range-based estimates, per bar (specification 6.1c)."""

from __future__ import annotations

from math import log

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, NOT_NEGATIVE, PERCENT, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("technical_volatility")
close, high, low = ops.close, ops.high, ops.low
returns = ops.log_return(close)


def squared(x: Node) -> Node:
    """Return ``x`` times itself."""
    return x * x


def parkinson(bars: int) -> Node:
    """Return the volatility seen in high and low."""
    return ops.sqrt(ops.sma(squared(ops.log(high / low)), bars) / (4.0 * log(2.0)))


def garman_klass(bars: int) -> Node:
    """Return the volatility seen in open, high, low and close without a gap."""
    body = squared(ops.log(close / ops.open_)) * (2.0 * log(2.0) - 1.0)
    return ops.sqrt(ops.sma(0.5 * squared(ops.log(high / low)) - body, bars))


def range_term() -> Node:
    """Return the term of Rogers and Satchell, which a drift does not bias."""
    up, down = ops.log(high / ops.open_), ops.log(low / ops.open_)
    body = ops.log(close / ops.open_)
    return up * (up - body) + down * (down - body)


def yang_zhang(bars: int) -> Node:
    """Return the volatility with the step between bars: overnight, open to close and Rogers-Satchell."""
    weight = 0.34 / (1.34 + (bars + 1.0) / (bars - 1.0))
    step = squared(ops.std(ops.log(ops.open_ / ops.lag(close)), bars))
    body = squared(ops.std(ops.log(close / ops.open_), bars))
    return ops.sqrt(step + weight * body + (1.0 - weight) * ops.sma(range_term(), bars))


def keltner(bars: int, span: int) -> Node:
    """Return where the close stands between its exponential mean less and plus two true ranges."""
    reach = 2.0 * ops.atr(span)
    return (close - (ops.ema(close, bars) - reach)) / (2.0 * reach)


def choppiness(bars: int) -> Node:
    """Return how much of its path the price walked back."""
    span = ops.rolling_max(ops.maximum(high, ops.lag(close)), bars) - ops.rolling_min(
        ops.minimum(low, ops.lag(close)), bars
    )
    return (100.0 / log(bars)) * ops.log(ops.rolling_sum(ops.true_range(), bars) / span)


def ulcer(bars: int) -> Node:
    """Return the root mean square of the fall below the highest close of the last bars, percent."""
    fall = 100.0 * (close / ops.rolling_max(close, bars) - 1.0)
    return ops.sqrt(ops.sma(squared(fall), bars))


bands = 4.0 * ops.std(close, 20, ddof=0)

FEATURES = (
    feature(
        "tech_bbands_20_position", ops.bollinger_position(close, 20),
        "ratio", ANY, "Place of the close between the bands, 0 lower to 1 upper.", "Bollinger 2001; TA-Lib BBANDS",
    ),
    feature(
        "tech_bbands_20_width", bands / ops.sma(close, 20),
        "ratio", NOT_NEGATIVE, "Upper less lower band over the middle one.", "Bollinger 2001; TA-Lib BBANDS",
    ),
    feature(
        "tech_keltner_20_position", keltner(20, 10),
        "ratio", ANY, "Place of the close in the Keltner channel, 0 lower to 1 upper.",
        "Keltner 1960; Stock.Indicators GetKeltner",
    ),
    feature(
        "tech_truerange_1_ratio", ops.true_range() / close,
        "ratio", NOT_NEGATIVE, "True range of the bar over the close.", "Wilder 1978; TA-Lib TRANGE",
    ),
    feature(
        "tech_atr_14_ratio", ops.atr(14) / close,
        "ratio", NOT_NEGATIVE, "Average true range over the close.", "Wilder 1978; TA-Lib NATR",
    ),
    feature(
        "tech_hvol_20_std", ops.std(returns, 20),
        "ratio per bar", NOT_NEGATIVE, "Deviation of 20 log returns.", "definition; numpy",
    ),
    feature(
        "tech_hvol_130_std", ops.std(returns, 130),
        "ratio per bar", NOT_NEGATIVE, "Deviation of 130 log returns, one week.", "definition; numpy",
    ),
    feature(
        "tech_volratio_130_std", ops.std(returns, 20) / ops.std(returns, 130),
        "ratio", NOT_NEGATIVE, "Recent over weekly volatility.", "definition; numpy",
    ),
    feature(
        "tech_parkinson_20_std", parkinson(20),
        "ratio per bar", NOT_NEGATIVE, "Volatility from high and low.", "Parkinson 1980, Journal of Business 53, 61",
    ),
    feature(
        "tech_garmanklass_20_std", garman_klass(20),
        "ratio per bar", NOT_NEGATIVE, "Volatility from the whole bar.",
        "Garman and Klass 1980, Journal of Business 53, 67",
    ),
    feature(
        "tech_rogerssatchell_20_std", ops.sqrt(ops.sma(range_term(), 20)),
        "ratio per bar", NOT_NEGATIVE, "Volatility from the whole bar, free of drift.",
        "Rogers and Satchell 1991, Annals of Applied Probability 1, 504",
    ),
    feature(
        "tech_yangzhang_20_std", yang_zhang(20),
        "ratio per bar", NOT_NEGATIVE, "Volatility with the step between bars.",
        "Yang and Zhang 2000, Journal of Business 73, 477",
    ),
    feature(
        "tech_chop_14_raw", choppiness(14),
        "percent", (0.0, PERCENT[1] + 1e-9), "Path walked over range covered: 100 is sideways.",
        "Dreiss; Stock.Indicators GetChop",
    ),
    feature(
        "tech_ulcer_14_raw", ulcer(14),
        "percent", PERCENT, "Root mean square fall below the running high.",
        "Martin and McCann 1989, with a rolling high",
    ),
)  # fmt: skip
