"""Days and hours that are known beforehand to differ: month and quarter ends, expiries, holidays (specification 6.3).

Everything comes from the exchange's calendar and the clock; a day that the calendar does not have gets no value.
"""

from __future__ import annotations

from math import pi

from qts_core.features import ops
from qts_core.features.catalogue.declare import FLAG, NOT_NEGATIVE, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("calendar_events")
REGULAR_MINUTES = 390.0
HOUR = 60.0
NOON, AFTERNOON = 150.0, 270.0
FRIDAY = 4.0
here = ops.close / ops.close


def on_bars(x: Node) -> Node:
    """Return a fact of the session where the symbol has a bar."""
    return x * here


def at_most(x: Node, limit: float) -> Node:
    """Return 1 where a whole number is at most `limit`, else 0."""
    return ops.clip(limit + 1.0 - x, 0.0, 1.0)


def at_least(x: Node, limit: float) -> Node:
    """Return 1 where a whole number is at least `limit`, else 0."""
    return ops.clip(x - limit + 1.0, 0.0, 1.0)


length = ops.end_minute - ops.start_minute
minutes_left = length * ops.bars_left
last_hour = at_most(minutes_left + length, HOUR)
lunch = at_least(ops.start_minute, NOON) * at_most(ops.end_minute, AFTERNOON)
# The weekend is no holiday: a Friday's next session is usually three days away.
usual_break = 1.0 + 2.0 * ops.clip(ops.weekday - (FRIDAY - 1.0), 0.0, 1.0)
# In the week of the expiry the sessions until it never reach past Friday.
expiry_week = at_most(ops.weekday + ops.expiry_left, FRIDAY)
is_short = at_most(ops.end_minute + minutes_left, REGULAR_MINUTES - 1.0)

FEATURES = (
    feature(
        "time_monthstart_1_sessions", on_bars(ops.month_done),
        "sessions", NOT_NEGATIVE, "Sessions of the month before this one.", "NYSE calendar",
    ),
    feature(
        "time_monthend_1_sessions", on_bars(ops.month_left),
        "sessions", NOT_NEGATIVE, "Sessions of the month still to come.", "NYSE calendar",
    ),
    feature(
        "time_monthend_1_flag", on_bars(at_most(ops.month_left, 0.0)),
        "flag", FLAG, "1 in the last session of a month.", "NYSE calendar",
    ),
    feature(
        "time_monthturn_4_flag", on_bars(ops.maximum(at_most(ops.month_left, 0.0), at_most(ops.month_done, 2.0))),
        "flag", FLAG, "1 in the last session of a month and the first three of the next.",
        "Lakonishok and Smidt 1988, Review of Financial Studies 1, 403",
    ),
    feature(
        "time_quarterend_1_sessions", on_bars(ops.quarter_left),
        "sessions", NOT_NEGATIVE, "Sessions of the quarter still to come.", "NYSE calendar",
    ),
    feature(
        "time_quarterend_5_flag", on_bars(at_most(ops.quarter_left, 4.0)),
        "flag", FLAG, "1 in the last five sessions of a quarter.", "NYSE calendar",
    ),
    feature(
        "time_expiry_1_sessions", on_bars(ops.expiry_left),
        "sessions", NOT_NEGATIVE, "Sessions until monthly options expire, 0 on the day.", "Cboe: third Friday",
    ),
    feature(
        "time_expiry_1_flag", on_bars(at_most(ops.expiry_left, 0.0)),
        "flag", FLAG, "1 on the day on which monthly options expire.", "Cboe: third Friday",
    ),
    feature(
        "time_expiry_5_flag", on_bars(expiry_week),
        "flag", FLAG, "1 in the week in which monthly options expire, up to the day.",
        "Stivers and Sun 2013, Journal of Banking and Finance 37, 4226",
    ),
    feature(
        "time_witching_1_sessions", on_bars(ops.witching_left),
        "sessions", NOT_NEGATIVE, "Sessions until the expiry that closes a quarter.",
        "third Friday of March, June, September and December",
    ),
    feature(
        "time_witching_1_flag", on_bars(at_most(ops.witching_left, 0.0)),
        "flag", FLAG, "1 where options and futures of the quarter expire together.",
        "third Friday of March, June, September and December",
    ),
    feature(
        "time_ahead_1_days", on_bars(ops.days_ahead),
        "days", NOT_NEGATIVE, "Calendar days until the next session.", "NYSE calendar",
    ),
    feature(
        "time_holiday_1_flag", on_bars(ops.clip(ops.days_ahead - usual_break, 0.0, 1.0)),
        "flag", FLAG, "1 in the last session before a holiday.", "Ariel 1990, Journal of Finance 45, 1611",
    ),
    feature(
        "time_halfday_1_flag", on_bars(is_short),
        "flag", FLAG, "1 in a session that closes early.", "NYSE calendar",
    ),
    feature(
        "time_lunch_120_flag", on_bars(lunch),
        "flag", FLAG, "1 from noon to two in New York.", "NYSE hours",
    ),
    feature(
        "time_powerhour_60_flag", on_bars(last_hour),
        "flag", FLAG, "1 in the last hour of the session, also on half-days.", "NYSE hours",
    ),
    feature(
        "time_expiry_21_cos", on_bars(ops.sin_cos(ops.expiry_left * (2.0 * pi / 21.0))[1]),
        "ratio", SIGNED, "Cosine of the sessions until expiry, one turn in 21.", "definition; numpy",
    ),
)  # fmt: skip
