"""Simple returns over bars and sessions, and what was made for the risk that was taken (specification 6.2)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, RETURN, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.ops.tails import deepest_fall
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("statistical_performance")
close = ops.close
one = ops.log_return(close)
path = ops.log(close)
SESSION = 26
"""Bars of a full session."""


def simple(bars: int, span: str) -> FeatureSpec:
    """Declare the simple return over `bars`."""
    return feature(
        f"stat_simplereturn_{bars}_close", ops.simple_return(close, bars),
        "ratio", RETURN, f"Simple return over {span}.", "definition; numpy",
    )  # fmt: skip


def sharpe(bars: int) -> Node:
    """Return mean over deviation of the returns."""
    return ops.sma(one, bars) / ops.std(one, bars)


def sortino(bars: int) -> Node:
    """Return mean over the root mean square of the falls."""
    fall = ops.positive_part(-one)
    return ops.sma(one, bars) / ops.sqrt(ops.sma(fall * fall, bars))


FEATURES = (
    simple(1, "one bar"),
    simple(5, "5 bars"),
    simple(20, "20 bars"),
    simple(5 * SESSION, "the bars of 5 sessions"),
    simple(10 * SESSION, "the bars of 10 sessions"),
    simple(20 * SESSION, "the bars of 20 sessions"),
    feature(
        "stat_sharpe_130_close", sharpe(130),
        "ratio per bar", ANY, "Mean over deviation of a week's returns.", "Sharpe 1966, Journal of Business 39, 119",
    ),
    feature(
        "stat_sharpe_520_close", sharpe(520),
        "ratio per bar", ANY, "Mean over deviation of a month's returns.", "Sharpe 1966, Journal of Business 39, 119",
    ),
    feature(
        "stat_sortino_130_close", sortino(130),
        "ratio per bar", ANY, "Mean over downside deviation (target 0) of a week's returns.",
        "Sortino and van der Meer 1991",
    ),
    feature(
        "stat_gainloss_130_balance", ops.rolling_sum(one, 130) / ops.rolling_sum(abs(one), 130),
        "ratio", SIGNED, "Gains less losses over gains and losses of a week.", "definition; numpy",
    ),
    feature(
        "stat_maxdrawdown_130_close", 1.0 - ops.exp(-deepest_fall(path, 130)),
        "ratio", FRACTION, "Deepest fall within the last week of closes.", "definition; numpy",
    ),
    feature(
        "stat_maxdrawdown_520_close", 1.0 - ops.exp(-deepest_fall(path, 520)),
        "ratio", FRACTION, "Deepest fall within the last month of closes.", "definition; numpy",
    ),
    feature(
        "stat_calmar_520_close", ops.log_return(close, 520) / deepest_fall(path, 520),
        "ratio", ANY, "Return of a month over its deepest fall, both logarithmic.", "Young 1991, Futures 20",
    ),
    feature(
        "stat_pathlength_130_fraction",
        abs(ops.log_return(close, 130)) / ops.rolling_sum(abs(one), 130),
        "ratio", FRACTION, "Distance made in a week over the way gone.", "Kaufman 1995, efficiency ratio",
    ),
    feature(
        "stat_risingrisk_130_ratio", ops.std(one, SESSION) / ops.std(one, 130),
        "ratio", NOT_NEGATIVE, "Deviation of a session's returns over that of a week's.", "definition; numpy",
    ),
)  # fmt: skip
