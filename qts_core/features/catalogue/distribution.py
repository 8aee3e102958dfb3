"""Shape, place and dependence of recent values (specification 6.2)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, RETURN, SIGNED, family

__all__ = ["FEATURES"]

feature = family("statistical_distribution")
close = ops.close
one = ops.log_return(close)
clock = ops.count_bars(close)
fit = ops.correlation(close, clock, 60)

FEATURES = (
    feature(
        "stat_zscore_20_close", ops.zscore(close, 20),
        "deviations", ANY, "Close from its 20-bar mean.", "definition; numpy",
    ),
    feature(
        "stat_zscore_60_close", ops.zscore(close, 60),
        "deviations", ANY, "Close from its 60-bar mean.", "definition; numpy",
    ),
    feature(
        "stat_zscore_60_return", ops.zscore(one, 60),
        "deviations", ANY, "Latest return from the mean of 60.", "definition; numpy",
    ),
    feature(
        "stat_skew_60_return", ops.skewness(one, 60),
        "skewness", ANY, "Lopsidedness of 60 returns.", "Joanes and Gill 1998 G1; scipy skew",
    ),
    feature(
        "stat_kurt_60_return", ops.kurtosis(one, 60),
        "excess kurtosis", ANY, "Weight of the tails of 60 returns.", "Joanes and Gill 1998 G2; scipy kurtosis",
    ),
    feature(
        "stat_quantile_100_p05", ops.quantile(one, 100, 0.05),
        "log ratio", ANY, "Return that 5 of 100 bars stay below.", "Hyndman and Fan 1996 type 7; numpy quantile",
    ),
    feature(
        "stat_quantile_100_p95", ops.quantile(one, 100, 0.95),
        "log ratio", ANY, "Return that 5 of 100 bars exceed.", "Hyndman and Fan 1996 type 7; numpy quantile",
    ),
    feature(
        "stat_median_60_distance", close / ops.quantile(close, 60, 0.5) - 1.0,
        "ratio", RETURN, "Close above its 60-bar median.", "numpy median",
    ),
    feature(
        "stat_rank_100_close", ops.rank(close, 100),
        "ratio", FRACTION, "Rank of the close among the last 100.", "pandas rolling rank",
    ),
    feature(
        "stat_meandev_20_return", ops.mean_deviation(one, 20),
        "ratio per bar", NOT_NEGATIVE, "Mean absolute deviation of 20 returns.", "definition; numpy",
    ),
    feature(
        "stat_autocorr_60_return", ops.correlation(one, ops.lag(one), 60),
        "correlation", SIGNED, "Correlation of a return with the one before.", "numpy corrcoef",
    ),
    feature(
        "stat_volclustering_60_return", ops.correlation(abs(one), ops.lag(abs(one)), 60),
        "correlation", SIGNED, "Correlation of a move's size with the one before.", "numpy corrcoef",
    ),
    feature(
        "stat_trendfit_60_rsquared", fit * fit,
        "ratio", FRACTION, "Share of the variance of 60 closes that a line explains.", "numpy corrcoef",
    ),
    feature(
        "stat_residual_60_zscore", (close - ops.fitted(close, clock, 60)) / ops.residual_std(close, clock, 60),
        "deviations", ANY, "Close from its 60-bar line in standard errors.", "statsmodels OLS",
    ),
)  # fmt: skip
