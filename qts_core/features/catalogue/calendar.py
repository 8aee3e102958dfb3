"""Where the bar stands in the session and the week (specification 6.3); present on every existing bar."""

from __future__ import annotations

from math import pi

from qts_core.features import ops
from qts_core.features.catalogue.declare import FLAG, FRACTION, NOT_NEGATIVE, SIGNED, family
from qts_core.features.graph import Node

__all__ = ["FEATURES"]

feature = family("calendar")
REGULAR_MINUTES = 390.0


def on_bars(x: Node) -> Node:
    """Return a calendar value where the symbol has a bar."""
    return ops.hold_today(x)


def at_most(x: Node, limit: float) -> Node:
    """Return 1 where a whole number is at most `limit`, else 0."""
    return ops.clip(limit + 1.0 - x, 0.0, 1.0)


day_sin, day_cos = ops.sin_cos(ops.start_minute * (2.0 * pi / REGULAR_MINUTES))
week_sin, week_cos = ops.sin_cos(ops.weekday * (2.0 * pi / 5.0))
days = ops.so_far(on_bars(ops.session), "first") - ops.previous_session(on_bars(ops.session), "last")

FEATURES = (
    feature(
        "time_session_390_progress", on_bars(ops.end_minute / REGULAR_MINUTES),
        "ratio", NOT_NEGATIVE, "Minutes since the open over a regular session.", "NYSE hours",
    ),
    feature(
        "time_day_390_sin", on_bars(day_sin),
        "ratio", SIGNED, "Sine of the time of day, one turn a session.", "definition; numpy",
    ),
    feature(
        "time_day_390_cos", on_bars(day_cos),
        "ratio", SIGNED, "Cosine of the time of day, one turn a session.", "definition; numpy",
    ),
    feature(
        "time_week_5_sin", on_bars(week_sin),
        "ratio", SIGNED, "Sine of the weekday, one turn in five days.", "definition; numpy",
    ),
    feature(
        "time_week_5_cos", on_bars(week_cos),
        "ratio", SIGNED, "Cosine of the weekday, one turn in five days.", "definition; numpy",
    ),
    feature(
        "time_open_30_flag", on_bars(at_most(ops.end_minute, 30.0)),
        "flag", FLAG, "1 in the first half hour.", "NYSE hours",
    ),
    feature(
        "time_close_2_flag", on_bars(at_most(ops.bars_left, 1.0)),
        "flag", FLAG, "1 on the last two bars of the session, also on half-days.", "NYSE hours",
    ),
    feature(
        "time_friday_1_flag", on_bars(ops.clip(ops.weekday - 3.0, 0.0, 1.0)),
        "flag", FRACTION, "1 on Friday (and a weekend day).", "definition; numpy",
    ),
    feature(
        "time_break_1_days", days,
        "days", NOT_NEGATIVE, "Calendar days since the session before.", "NYSE calendar",
    ),
)  # fmt: skip
