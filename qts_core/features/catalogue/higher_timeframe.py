"""Longer bars that have closed: hours anchored at the open, and sessions (specification 6.1, no open bar is shown)."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, NOT_NEGATIVE, PERCENT, RETURN, family

__all__ = ["FEATURES"]

feature = family("higher_timeframe")
close, high, low = ops.close, ops.high, ops.low

hour = ops.closed(close, "last", 60)
hour_range = ops.closed(high, "max", 60) / ops.closed(low, "min", 60) - 1.0
day = ops.closed(close, "last")
day_range = ops.closed(high, "max") / ops.closed(low, "min") - 1.0
before_high = ops.previous_session(high, "max")
before_low = ops.previous_session(low, "min")
before_close = ops.previous_session(close, "last")
pivot = (before_high + before_low + before_close) / 3.0

FEATURES = (
    feature(
        "tech_rsi1h_14_raw", ops.hold(ops.rsi(hour, 14)),
        "percent", PERCENT, "RSI of the last 14 closed hours.", "Wilder 1978; TA-Lib RSI",
    ),
    feature(
        "tech_sma1h_20_distance", close / ops.hold(ops.sma(hour, 20)) - 1.0,
        "ratio", RETURN, "Close above the mean of 20 closed hours.", "TA-Lib SMA",
    ),
    feature(
        "tech_logreturn1h_6_close", ops.hold(ops.log_return(hour, 6)),
        "log ratio", ANY, "Return over the last six closed hours.", "definition; numpy",
    ),
    feature(
        "tech_range1h_7_mean", ops.hold(ops.sma(hour_range, 7)),
        "ratio", NOT_NEGATIVE, "Mean range of the last seven closed hours.", "definition; numpy",
    ),
    feature(
        "tech_sma1d_10_distance", close / ops.hold(ops.sma(day, 10)) - 1.0,
        "ratio", RETURN, "Close above the mean of ten closed sessions.", "TA-Lib SMA",
    ),
    feature(
        "tech_logreturn1d_5_close", ops.hold(ops.log_return(day, 5)),
        "log ratio", ANY, "Return over the last five closed sessions.", "definition; numpy",
    ),
    feature(
        "tech_range1d_5_mean", ops.hold(ops.sma(day_range, 5)),
        "ratio", NOT_NEGATIVE, "Mean range of the last five closed sessions.", "definition; numpy",
    ),
    feature(
        "tech_previousday_1_return", close / before_close - 1.0,
        "ratio", RETURN, "Close above the previous session's close.", "definition; numpy",
    ),
    feature(
        "tech_previousday_1_position", (close - before_low) / (before_high - before_low),
        "ratio", ANY, "Place of the close in the previous session's range.", "definition; numpy",
    ),
    feature(
        "tech_pivot1d_1_distance", close / pivot - 1.0,
        "ratio", RETURN, "Close above the pivot of the previous session.", "Stock.Indicators GetPivotPoints",
    ),
)  # fmt: skip
