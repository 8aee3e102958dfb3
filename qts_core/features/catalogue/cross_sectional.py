"""The symbol among all symbols at the instant (specification 6.4); the market is their equal-weighted mean."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, SIGNED, family

__all__ = ["FEATURES"]

feature = family("cross_sectional")
one = ops.log_return(ops.close)
session = ops.log_return(ops.close, 26)
market = ops.cross_mean(one)
own = one - market

FEATURES = (
    feature(
        "cross_return_1_rank", ops.cross_rank(one),
        "ratio", FRACTION, "Rank of the bar's return.", "scipy rankdata",
    ),
    feature(
        "cross_return_26_rank", ops.cross_rank(session),
        "ratio", FRACTION, "Rank of the 26-bar return.", "scipy rankdata",
    ),
    feature(
        "cross_return_26_zscore", ops.cross_zscore(session),
        "deviations", ANY, "26-bar return from the mean of all symbols.", "scipy zscore",
    ),
    feature(
        "cross_return_26_demean", ops.cross_demean(session),
        "log ratio", ANY, "26-bar return less the mean of all symbols.", "definition; numpy",
    ),
    feature(
        "cross_return_130_rank", ops.cross_rank(ops.log_return(ops.close, 130)),
        "ratio", FRACTION, "Rank of the weekly return.", "scipy rankdata",
    ),
    feature(
        "cross_residual_26_sum", ops.rolling_sum(own, 26),
        "log ratio", ANY, "Returns beyond the market over 26 bars.", "definition; numpy",
    ),
    feature(
        "cross_volume_20_rank", ops.cross_rank(ops.volume / ops.sma(ops.volume, 20)),
        "ratio", FRACTION, "Rank of the relative volume.", "scipy rankdata",
    ),
    feature(
        "cross_volatility_60_rank", ops.cross_rank(ops.std(one, 60)),
        "ratio", FRACTION, "Rank of the volatility.", "scipy rankdata",
    ),
    feature(
        "cross_rsi_14_zscore", ops.cross_zscore(ops.rsi(ops.close, 14)),
        "deviations", ANY, "RSI from the mean of all symbols.", "scipy zscore",
    ),
    feature(
        "cross_beta_252_market", ops.beta(one, market, 252),
        "ratio", ANY, "Slope of returns on the market's over 252 bars.", "numpy lstsq",
    ),
    feature(
        "cross_correlation_130_market", ops.correlation(one, market, 130),
        "correlation", SIGNED, "Correlation with the market over a week.", "numpy corrcoef",
    ),
    feature(
        "cross_idiovol_130_std", ops.residual_std(one, market, 130),
        "ratio per bar", NOT_NEGATIVE, "Volatility that the market does not explain.", "statsmodels OLS",
    ),
    feature(
        "cross_market_26_return", ops.rolling_sum(market, 26),
        "log ratio", ANY, "Return of the market over 26 of the symbol's bars.", "definition; numpy",
    ),
)  # fmt: skip
