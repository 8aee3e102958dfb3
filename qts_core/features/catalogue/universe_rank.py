"""Rank, distance and outlyingness among all symbols at the instant, and the state of them all (specification 6.4)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("cross_universe")
close, volume = ops.close, ops.volume
one = ops.log_return(close)
day = ops.log_return(close, 26)
week = ops.log_return(close, 130)
month = ops.log_return(close, 520)
wild = ops.std(one, 130)
busy = volume / ops.slot_mean(volume, 20)
illiquid = ops.sma(abs(one) / (close * volume), 130)
above_mean = close / ops.sma(close, 130) - 1.0
gap = ops.so_far(ops.open_, "first") / ops.previous_session(close, "last") - 1.0
largest = ops.rolling_max(one, 520)
calm = month / wild


def ranked(name: str, x: Node, doc: str, source: str = "scipy rankdata") -> FeatureSpec:
    """Declare a rank over symbols."""
    return feature(f"cross_{name}_rank", ops.cross_rank(x), "ratio", FRACTION, f"Rank of {doc}.", source)


def scored(name: str, x: Node, doc: str) -> FeatureSpec:
    """Declare the distance from the mean over symbols."""
    return feature(
        f"cross_{name}_zscore", ops.cross_zscore(x),
        "deviations", ANY, f"{doc} from the mean of all symbols.", "scipy zscore",
    )  # fmt: skip


def outlying(name: str, x: Node, doc: str) -> FeatureSpec:
    """Declare the distance from the median over symbols in robust deviations."""
    return feature(
        f"cross_{name}_outlier", ops.cross_robust(x),
        "deviations", ANY, f"{doc} from the median of all symbols, in scaled median absolute deviations.",
        "scipy median_abs_deviation",
    )  # fmt: skip


def share_above(x: Node) -> Node:
    """Return the share of symbols whose value is above zero."""
    return ops.cross_mean(ops.above(x, 0.0))


FEATURES = (
    ranked("month_520", month, "the monthly return", "Jegadeesh and Titman 1993, Journal of Finance 48, 65"),
    ranked("illiquidity_130", illiquid, "the return per traded dollar", "Amihud 2002; scipy rankdata"),
    ranked("above_130", above_mean, "the distance from the mean of a week"),
    ranked("gap_1", gap, "today's gap"),
    ranked("slotvolume_20", busy, "the volume in units of what is usual for the time of day"),
    ranked("largest_520", largest, "the largest return of a month",
           "Bali, Cakici and Whitelaw 2011, Journal of Financial Economics 99, 427"),
    ranked("perrisk_520", calm, "the monthly return over volatility"),
    scored("week_130", week, "Weekly return"),
    scored("month_520", month, "Monthly return"),
    scored("volatility_130", wild, "Volatility"),
    scored("slotvolume_20", ops.log(busy), "Log of volume to what is usual for the time of day"),
    feature(
        "cross_week_130_median", week - ops.cross_median(week),
        "log ratio", ANY, "Weekly return less the median of all symbols.", "numpy median",
    ),
    feature(
        "cross_return_1_median", one - ops.cross_median(one),
        "log ratio", ANY, "Return of the bar less the median of all symbols.", "numpy median",
    ),
    outlying("return_1", one, "Return of the bar"),
    outlying("week_130", week, "Weekly return"),
    outlying("volatility_130", ops.log(wild), "Log volatility"),
    outlying("slotvolume_20", ops.log(busy), "Log of volume to what is usual for the time of day"),
    feature(
        "cross_dispersion_1_std", ops.cross_std(one),
        "ratio", NOT_NEGATIVE, "Deviation of the bar's returns over symbols.",
        "Stivers and Sun 2010, Journal of Financial and Quantitative Analysis 45, 987",
    ),
    feature(
        "cross_dispersion_130_std", ops.cross_std(week),
        "ratio", NOT_NEGATIVE, "Deviation of weekly returns over symbols.",
        "Stivers and Sun 2010, Journal of Financial and Quantitative Analysis 45, 987",
    ),
    feature(
        "cross_breadth_1_share", share_above(one),
        "ratio", FRACTION, "Share of symbols that rose on the bar.", "advance-decline; definition",
    ),
    feature(
        "cross_breadth_130_share", share_above(above_mean),
        "ratio", FRACTION, "Share of symbols above their mean of a week.", "definition; numpy",
    ),
    feature(
        "cross_thrust_26_mean", ops.sma(2.0 * share_above(one) - 1.0, 26),
        "ratio", SIGNED, "Mean of rising less falling and unmoved symbols over 26 bars.", "Zweig 1986; definition",
    ),
    feature(
        "cross_rankchange_130_difference", ops.difference(ops.cross_rank(week), 26),
        "ratio", SIGNED, "Change of the rank of the weekly return over 26 bars.", "definition; scipy rankdata",
    ),
)  # fmt: skip
