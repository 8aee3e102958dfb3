"""Returns over several spans, and what has been made and lost (specification 6.2)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("statistical_returns")
close = ops.close
one = ops.log_return(close)


def downside(bars: int) -> Node:
    """Return the root mean square of the falls."""
    fall = ops.positive_part(-one)
    return ops.sqrt(ops.sma(fall * fall, bars))


rising = ops.positive_part(ops.sign(one))

FEATURES = (
    feature("stat_logreturn_1_close", one, "log ratio", ANY, "Return over one bar.", "definition; numpy"),
    feature(
        "stat_logreturn_4_close", ops.log_return(close, 4),
        "log ratio", ANY, "Return over an hour of bars.", "definition; numpy",
    ),
    feature(
        "stat_logreturn_13_close", ops.log_return(close, 13),
        "log ratio", ANY, "Return over half a session.", "definition; numpy",
    ),
    feature(
        "stat_logreturn_52_close", ops.log_return(close, 52),
        "log ratio", ANY, "Return over two sessions.", "definition; numpy",
    ),
    feature(
        "stat_logreturn_130_close", ops.log_return(close, 130),
        "log ratio", ANY, "Return over a week.", "definition; numpy",
    ),
    feature(
        "stat_body_1_return", ops.log(close / ops.open_),
        "log ratio", ANY, "Return from the bar's open to its close.", "definition; numpy",
    ),
    feature(
        "stat_lagreturn_1_close", ops.lag(one, 1),
        "log ratio", ANY, "Return of the bar before.", "definition; numpy",
    ),
    feature(
        "stat_sharpe_26_close", ops.sma(one, 26) / ops.std(one, 26),
        "ratio per bar", ANY, "Mean over deviation of a session's returns.", "Sharpe 1966",
    ),
    feature(
        "stat_upbars_20_fraction", ops.sma(rising, 20),
        "ratio", FRACTION, "Share of rising bars.", "definition; numpy",
    ),
    feature(
        "stat_downside_60_std", downside(60),
        "ratio per bar", NOT_NEGATIVE, "Root mean square of falling bars.", "Sortino and van der Meer 1991",
    ),
    feature(
        "stat_drawdown_130_close", close / ops.rolling_max(close, 130) - 1.0,
        "ratio", (-1.0, 0.0), "Fall below the highest close of a week.", "definition; numpy",
    ),
    feature(
        "stat_runup_130_close", close / ops.rolling_min(close, 130) - 1.0,
        "ratio", NOT_NEGATIVE, "Rise above the lowest close of a week.", "definition; numpy",
    ),
)  # fmt: skip
