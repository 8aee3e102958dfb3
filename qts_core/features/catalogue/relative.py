"""The symbol against the market and its own sector (specification 6.4), both read from auxiliary symbols.

A universe without those symbols has these features switched off.
"""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, NOT_NEGATIVE, RETURN, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("cross_relative")
close, volume = ops.close, ops.volume
one = ops.log_return(close)
here = close / close
market = ops.of_role(one, "market")
sector = ops.of_role(one, "sector")
line = ops.log(close / ops.of_role(close, "market"))
sector_line = ops.log(close / ops.of_role(close, "sector"))
busy = volume / ops.sma(volume, 26)
wild = ops.std(one, 130)
market_beta = ops.beta(one, market, 260)
beyond_sector = one - sector


def beta_where(side: float) -> Node:
    """Return the beta of bars on which the market fell (-1) or rose (1)."""
    only = ops.keep_where(market, side * market)
    return ops.hold(ops.beta(one, only, 130))


def strength(x: Node, bars: int) -> Node:
    """Return how far a line of relative strength stands above its own mean."""
    return x - ops.sma(x, bars)


FEATURES = (
    feature(
        "cross_strength_26_market", strength(line, 26),
        "log ratio", ANY, "Price relative to the market above its mean of a session.",
        "Levy 1967, Journal of Finance 22, 595",
    ),
    feature(
        "cross_strength_130_market", strength(line, 130),
        "log ratio", ANY, "Price relative to the market above its mean of a week.",
        "Levy 1967, Journal of Finance 22, 595",
    ),
    feature(
        "cross_strength_130_sector", strength(sector_line, 130),
        "log ratio", ANY, "Price relative to the sector above its mean of a week.",
        "Moskowitz and Grinblatt 1999, Journal of Finance 54, 1249",
    ),
    feature(
        "cross_excess_26_sector", ops.rolling_sum(beyond_sector, 26),
        "log ratio", ANY, "Return beyond the sector's over the bars of a session.", "definition; numpy",
    ),
    feature(
        "cross_excess_130_sector", ops.rolling_sum(beyond_sector, 130),
        "log ratio", ANY, "Return beyond the sector's over the bars of a week.", "definition; numpy",
    ),
    feature(
        "cross_sector_130_market", ops.rolling_sum((sector - market) * here, 130),
        "log ratio", ANY, "Return of the sector beyond the market's over the bars of a week.",
        "Moskowitz and Grinblatt 1999, Journal of Finance 54, 1249",
    ),
    feature(
        "cross_marketbeta_130_slope", ops.beta(one, market, 130),
        "ratio", ANY, "Beta to the market over a week.", "Sharpe 1964, Journal of Finance 19, 425; numpy lstsq",
    ),
    feature(
        "cross_marketbeta_520_slope", ops.beta(one, market, 520),
        "ratio", ANY, "Beta to the market over a month.", "Sharpe 1964, Journal of Finance 19, 425; numpy lstsq",
    ),
    feature(
        "cross_marketbeta_130_change", ops.beta(one, market, 130) - ops.beta(one, market, 520),
        "ratio", ANY, "Beta of a week less that of a month.", "definition; numpy lstsq",
    ),
    feature(
        "cross_sectorbeta_260_slope", ops.beta(one, sector, 260),
        "ratio", ANY, "Beta to the sector over two weeks.", "numpy lstsq",
    ),
    feature(
        "cross_downbeta_130_slope", beta_where(-1.0),
        "ratio", ANY, "Beta over the last 130 bars on which the market fell.",
        "Ang, Chen and Xing 2006, Review of Financial Studies 19, 1191",
    ),
    feature(
        "cross_downbeta_130_gap", beta_where(-1.0) - beta_where(1.0),
        "ratio", ANY, "Beta when the market falls less beta when it rises.",
        "Ang, Chen and Xing 2006, Review of Financial Studies 19, 1191",
    ),
    feature(
        "cross_marketcorr_130_correlation", ops.correlation(one, market, 130),
        "correlation", SIGNED, "Correlation with the market over a week.", "numpy corrcoef",
    ),
    feature(
        "cross_sectorcorr_130_correlation", ops.correlation(one, sector, 130),
        "correlation", SIGNED, "Correlation with the sector over a week.", "numpy corrcoef",
    ),
    feature(
        "cross_marketidio_260_std", ops.residual_std(one, market, 260),
        "ratio per bar", NOT_NEGATIVE, "Volatility that the market symbol does not explain.",
        "Ang, Hodrick, Xing and Zhang 2006, Journal of Finance 61, 259; statsmodels OLS",
    ),
    feature(
        "cross_residual_130_market", ops.rolling_sum(one - ops.lag(market_beta) * market, 130),
        "log ratio", ANY, "Return of a week beyond beta, known one bar before, times the market.",
        "Blitz, Huij and Martens 2011, Journal of Empirical Finance 18, 506",
    ),
    feature(
        "cross_volume_26_market", busy / ops.of_role(busy, "market") - 1.0,
        "ratio", RETURN, "Volume in units of its session's mean over that of the market.", "definition; numpy",
    ),
    feature(
        "cross_volatility_130_market", ops.log(wild / ops.of_role(wild, "market")),
        "log ratio", ANY, "Log of volatility to the market's.", "definition; numpy",
    ),
    feature(
        "cross_rsi_14_market", ops.rsi(close, 14) - ops.of_role(ops.rsi(close, 14), "market"),
        "percent", (-100.0, 100.0), "RSI less that of the market.", "TA-Lib RSI",
    ),
)  # fmt: skip
