"""Moments, quantiles and tails of returns (specification 6.2). A loss is positive."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, NOT_NEGATIVE, SIGNED, family
from qts_core.features.ops import tails
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("statistical_tails")
one = ops.log_return(ops.close)
MONTH = 520
quantiles = {percent: ops.quantile(one, 130, percent / 100.0) for percent in (25, 50, 75)}
quantiles |= {10: tails.low_quantile(one, 130, 0.1), 90: tails.high_quantile(one, 130, 0.9)}
middle = quantiles[75] - quantiles[25]
value_at_risk = tails.value_at_risk(one, MONTH, 0.95)


def quantile(percent: int) -> FeatureSpec:
    """Declare a quantile of a week's returns."""
    return feature(
        f"stat_quantile_130_p{percent}", quantiles[percent],
        "log ratio", ANY, f"Return that {percent} of 100 bars stay below.",
        "Hyndman and Fan 1996 type 7; numpy quantile",
    )  # fmt: skip


FEATURES = (
    feature("stat_mean_20_return", ops.sma(one, 20), "log ratio per bar", ANY, "Mean of 20 returns.", "numpy mean"),
    feature(
        "stat_mean_130_return", ops.sma(one, 130), "log ratio per bar", ANY, "Mean of a week's returns.", "numpy mean"
    ),
    feature(
        "stat_variance_20_return", ops.std(one, 20) * ops.std(one, 20),
        "squared ratio per bar", NOT_NEGATIVE, "Variance of 20 returns.", "numpy var, ddof 1",
    ),
    feature(
        "stat_variance_130_return", ops.std(one, 130) * ops.std(one, 130),
        "squared ratio per bar", NOT_NEGATIVE, "Variance of a week's returns.", "numpy var, ddof 1",
    ),
    feature(
        "stat_skew_260_return", ops.skewness(one, 260),
        "skewness", ANY, "Lopsidedness of 260 returns.", "Joanes and Gill 1998 G1; scipy skew",
    ),
    feature(
        "stat_kurt_260_return", ops.kurtosis(one, 260),
        "excess kurtosis", ANY, "Weight of the tails of 260 returns.", "Joanes and Gill 1998 G2; scipy kurtosis",
    ),
    quantile(10),
    quantile(25),
    quantile(50),
    quantile(75),
    quantile(90),
    feature(
        "stat_iqr_130_return", middle,
        "log ratio", NOT_NEGATIVE, "Interquartile range of a week's returns.", "scipy iqr",
    ),
    feature(
        "stat_bowley_130_skew", (quantiles[75] + quantiles[25] - 2.0 * quantiles[50]) / middle,
        "ratio", SIGNED, "Lopsidedness by quartiles.", "Bowley 1901, Elements of Statistics",
    ),
    feature(
        "stat_tailweight_130_ratio", (quantiles[90] - quantiles[10]) / middle,
        "ratio", (1.0, ANY[1]), "Range of the middle 80 of 100 returns over that of the middle 50; 1.90 if normal.",
        "Hogg 1974, Journal of the American Statistical Association 69, 909",
    ),
    feature(
        "stat_var_520_p95", value_at_risk,
        "log ratio", ANY, "Loss that 95 of 100 bars of a month do not exceed.", "historical VaR; numpy quantile",
    ),
    feature(
        "stat_var_520_p99", tails.value_at_risk(one, MONTH, 0.99),
        "log ratio", ANY, "Loss that 99 of 100 bars of a month do not exceed.", "historical VaR; numpy quantile",
    ),
    feature(
        "stat_cvar_520_p95", tails.shortfall(one, MONTH, 0.95),
        "log ratio", ANY, "Mean loss of the worst 5 of 100 bars of a month.",
        "Acerbi and Tasche 2002, Journal of Banking and Finance 26, 1487",
    ),
    feature(
        "stat_cvar_520_p99", tails.shortfall(one, MONTH, 0.99),
        "log ratio", ANY, "Mean loss of the worst bar of 100 of a month.",
        "Acerbi and Tasche 2002, Journal of Banking and Finance 26, 1487",
    ),
    feature(
        "stat_hill_520_loss", tails.tail_index(one, MONTH, 26),
        "ratio", NOT_NEGATIVE, "Tail index of losses from the 26 worst bars of a month.",
        "Hill 1975, Annals of Statistics 3, 1163",
    ),
    feature(
        "stat_hill_520_gain", tails.tail_index(-one, MONTH, 26),
        "ratio", NOT_NEGATIVE, "Tail index of gains from the 26 best bars of a month.",
        "Hill 1975, Annals of Statistics 3, 1163",
    ),
    feature(
        "stat_tailratio_520_p95", tails.high_quantile(one, MONTH, 0.95) / value_at_risk,
        "ratio", ANY, "Gain of the 95th percentile over the loss of the 5th.", "definition; numpy",
    ),
    feature(
        "stat_worst_130_deviations", ops.rolling_min(one, 130) / ops.std(one, 130),
        "deviations", ANY, "Worst return of a week in deviations.", "definition; numpy",
    ),
)  # fmt: skip
