"""Whether the present still resembles the past (specification 6.2)."""

from __future__ import annotations

from math import sqrt

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.ops import breaks

__all__ = ["FEATURES"]

feature = family("statistical_breaks")
close = ops.close
one = ops.log_return(close)
WINDOW, HALF, LIMIT = 260, 65, 5.0

# A return on the scale of those before it: what is watched must not hide behind its own size.
surprise = (one - ops.lag(ops.sma(one, 130))) / ops.lag(ops.std(one, 130))
up, down = breaks.cusum(surprise, allowance=0.5, limit=LIMIT)
trend_f, trend_age = breaks.trend_break(ops.log(close), WINDOW, every=52)


def standardised(bars: int) -> Node:
    """Return the return over `bars` in deviations known before them."""
    return ops.log_return(close, bars) / (ops.lag(ops.std(one, 130), bars) * sqrt(bars))


def welch(bars: int) -> Node:
    """Return Welch's t of the last `bars` returns against the `bars` before them."""
    new, spread = ops.sma(one, bars), ops.std(one, bars)
    old, old_spread = ops.lag(new, bars), ops.lag(spread, bars)
    return (new - old) / ops.sqrt((spread * spread + old_spread * old_spread) / float(bars))


PAGE = "Page 1954, Biometrika 41, 100"
ADAMS = "Adams and MacKay 2007, arXiv:0710.3742"

FEATURES = (
    feature("stat_cusum_130_up", up, "deviations", NOT_NEGATIVE, "Sum of surprising rises since the last alarm.", PAGE),
    feature("stat_cusum_130_down", down, "deviations", NOT_NEGATIVE, "Sum of surprising falls likewise.", PAGE),
    feature(
        "stat_cusum_130_alarm", ops.above(up, LIMIT) - ops.above(down, LIMIT),
        "sign", SIGNED, "1 where the sum of rises passes 5 deviations, -1 that of falls, else 0.", PAGE,
    ),
    feature(
        "stat_trendbreak_260_logf", ops.log(trend_f),
        "log F", ANY, "Largest Chow F of a break in the line of log closes; every 52 bars.",
        "Chow 1960; Andrews 1993, Econometrica 61, 821",
    ),
    feature(
        "stat_trendbreak_260_age", trend_age / float(WINDOW),
        "ratio", (0.15, 0.85), "Share of the window that stands after that break; every 52 bars.",
        "Chow 1960; Andrews 1993, Econometrica 61, 821",
    ),
    feature(
        "stat_variancebreak_260_statistic", breaks.variance_break(one, WINDOW, every=26),
        "statistic", NOT_NEGATIVE, "Break in the variance of returns, 1.358 at 5 %; every 26 bars.",
        "Inclan and Tiao 1994",
    ),
    feature(
        "stat_halves_260_distance", breaks.half_distance(one, WINDOW, every=65),
        "ratio", FRACTION, "Kolmogorov-Smirnov distance of the older and the younger 130 returns; every 65 bars.",
        "scipy ks_2samp",
    ),
    feature(
        "stat_meanshift_65_t", welch(HALF),
        "t statistic", ANY, "Last 65 returns against the 65 before.", "Welch 1947; scipy ttest_ind",
    ),
    feature(
        "stat_variance_65_shift", 2.0 * ops.log(ops.std(one, HALF) / ops.lag(ops.std(one, HALF), HALF)),
        "log ratio", ANY, "Log variance of the last 65 returns less that of the 65 before.", "definition; numpy",
    ),
    feature(
        "stat_changepoint_13_probability", breaks.change_probability(standardised(13), every=13, recent=6),
        "ratio", FRACTION, "Chance that the returns of 13 bars changed within the last 6 of them.", ADAMS,
    ),
    feature(
        "stat_changepoint_26_probability", breaks.change_probability(standardised(26), every=26, recent=5),
        "ratio", FRACTION, "Chance that the returns of 26 bars changed within the last 5 of them.", ADAMS,
    ),
    feature(
        "stat_changepoint_26_runlength", breaks.run_length(standardised(26), every=26),
        "observations", (0.0, 60.0), "Returns of 26 bars expected since their last change, at most 60.", ADAMS,
    ),
)  # fmt: skip
