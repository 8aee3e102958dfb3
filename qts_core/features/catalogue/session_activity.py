"""Opening range, gap, busy and quiet hours, and what is usual for the time of day (specification 6.3), from bars."""

from __future__ import annotations

from qts_core.features import ops
from qts_core.features.catalogue.declare import ANY, FRACTION, NOT_NEGATIVE, RETURN, SIGNED, family
from qts_core.features.graph import Node
from qts_core.features.spec import FeatureSpec

__all__ = ["FEATURES"]

feature = family("microstructure_session")
close, high, low, open_, volume = ops.close, ops.high, ops.low, ops.open_, ops.volume
LUNCH = (150.0, 270.0)
HOUR = 60.0


def up_to(minutes: float) -> Node:
    """Return 1 on bars that end by `minutes` since the open, else 0."""
    return ops.clip(minutes + 1.0 - ops.end_minute, 0.0, 1.0)


def at_least(x: Node, limit: float) -> Node:
    """Return 1 where a whole number is at least `limit`, else 0."""
    return ops.clip(x - limit + 1.0, 0.0, 1.0)


def opening(minutes: int) -> tuple[Node, Node]:
    """Return high and low of the first bars of the session, so far during them and then held."""
    first = up_to(float(minutes))
    return (
        ops.hold_today(ops.so_far(ops.keep_where(high, first), "max")),
        ops.hold_today(ops.so_far(ops.keep_where(low, first), "min")),
    )


def by_day(x: Node, sessions: int) -> Node:
    """Return the mean over sessions of a value that stands all day, taken at the symbol's first bar of each."""
    return ops.hold_today(ops.sma(ops.keep_where(x, is_first), sessions))


here = close / close
today_high, today_low = ops.so_far(high, "max"), ops.so_far(low, "min")
first_open = ops.so_far(open_, "first")
last_close = ops.previous_session(close, "last")
is_first = 1.5 - ops.so_far(here, "sum")
day_range = (ops.previous_session(high, "max") - ops.previous_session(low, "min")) / last_close
usual_range = by_day(day_range, 10)
gap = first_open / last_close - 1.0
overnight = ops.log(first_open / last_close)
intraday = ops.log(last_close / ops.previous_session(open_, "first"))


def gap_filled() -> Node:
    """Return how much of the gap the session has taken back: the way from the open towards the last close."""
    back = ops.maximum(ops.sign(gap) * (first_open - today_low), ops.sign(gap) * (first_open - today_high))
    return ops.clip(back / abs(first_open - last_close), 0.0, 1.0)


def since(falls_short: Node) -> Node:
    """Return the share of the session so far that has passed since the latest bar that did not fall short."""
    return 1.0 - ops.hold_today(ops.keep_where(ops.end_minute * here, 0.5 - falls_short)) / ops.end_minute


minutes = (ops.end_minute - ops.start_minute) * here
typical = ops.typical_price()
twap = ops.so_far(typical * minutes, "sum") / ops.so_far(minutes, "sum")
vwap = ops.so_far(typical * volume, "sum") / ops.so_far(volume, "sum")
left = (ops.bars_left + 1.0) * (ops.end_minute - ops.start_minute)
last_hour = ops.clip(HOUR + 1.0 - left, 0.0, 1.0)
lunch = at_least(ops.start_minute, LUNCH[0]) * up_to(LUNCH[1])
size = abs(ops.log_return(close))


def share_of(part: Node) -> Node:
    """Return the share of the previous session's volume that was traded in a part of it."""
    return ops.previous_session(volume * part, "sum") / ops.previous_session(volume, "sum")


def range_place(bars: int) -> FeatureSpec:
    """Declare the place of the close in the opening range of `bars` minutes."""
    top, bottom = opening(bars)
    return feature(
        f"micro_openingrange_{bars}_position", (close - bottom) / (top - bottom),
        "ratio", ANY, f"Place of the close in the range of the first {bars} minutes.", "Crabel 1990; definition",
    )  # fmt: skip


def range_width(bars: int) -> FeatureSpec:
    """Declare the width of the opening range in usual daily ranges."""
    top, bottom = opening(bars)
    return feature(
        f"micro_openingrange_{bars}_width", (top - bottom) / last_close / usual_range,
        "ratio", NOT_NEGATIVE, f"Range of the first {bars} minutes over the mean range of 10 sessions.",
        "Crabel 1990; definition",
    )  # fmt: skip


half_high, half_low = opening(30)

FEATURES = (
    range_place(15),
    range_place(60),
    range_width(15),
    range_width(30),
    range_width(60),
    feature(
        "micro_openingrange_30_breakout",
        ops.above(today_high - half_high, 0.0) - ops.above(half_low - today_low, 0.0),
        "sign", SIGNED, "1 after a break above the first half hour's range, -1 below, 0 for both or none.",
        "Crabel 1990; definition",
    ),
    feature(
        "micro_firsthour_60_return", ops.hold_today(ops.keep_where(close / first_open - 1.0, up_to(60.0))),
        "ratio", RETURN, "Return of the first hour: so far during it, then held.", "definition; numpy",
    ),
    feature(
        "micro_firsthalfhour_30_return", ops.hold_today(ops.keep_where(close / last_close - 1.0, up_to(30.0))),
        "ratio", RETURN, "Return from the last close to the end of the first half hour: so far, then held.",
        "Gao, Han, Li and Zhou 2018, Journal of Financial Economics 129, 394",
    ),
    feature(
        "micro_firsthour_60_share", share_of(up_to(60.0)),
        "ratio", FRACTION, "Share of the previous session's volume in its first hour.", "definition; numpy",
    ),
    feature(
        "micro_lunch_120_share", share_of(lunch),
        "ratio", FRACTION, "Share of the previous session's volume from noon to two (lunch lull).",
        "definition; numpy",
    ),
    feature(
        "micro_powerhour_60_share", share_of(last_hour),
        "ratio", FRACTION, "Share of the previous session's volume in its last hour.", "definition; numpy",
    ),
    feature(
        "micro_slotmove_20_ratio", size / ops.slot_mean(size, 20),
        "ratio", NOT_NEGATIVE, "Size of the return over its mean at the same time of day in 20 sessions before.",
        "Andersen and Bollerslev 1997, Journal of Empirical Finance 4, 115",
    ),
    feature(
        "micro_slotrange_20_ratio", (high - low) / close / ops.slot_mean((high - low) / close, 20),
        "ratio", NOT_NEGATIVE, "Range of the bar over its mean at the same time of day in 20 sessions before.",
        "Andersen and Bollerslev 1997, Journal of Empirical Finance 4, 115",
    ),
    feature(
        "micro_slotreturn_20_mean", ops.slot_mean(ops.log_return(close), 20),
        "log ratio", ANY, "Mean return at the same time of day in 20 sessions before.",
        "Heston, Korajczyk and Sadka 2010, Journal of Finance 65, 1369",
    ),
    feature(
        "micro_twap_1_distance", close / twap - 1.0,
        "ratio", RETURN, "Close above the session's time-weighted price so far.", "definition; numpy",
    ),
    feature(
        "micro_vwap_1_twap", vwap / twap - 1.0,
        "ratio", RETURN, "Volume-weighted above time-weighted price of the session so far.", "definition; numpy",
    ),
    feature(
        "micro_gap_10_size", gap / usual_range,
        "ratio", ANY, "Overnight gap over the mean range of 10 sessions.", "definition; numpy",
    ),
    feature(
        "micro_gap_1_filled", gap_filled(),
        "ratio", FRACTION, "How much of the gap the session has taken back so far.", "definition; numpy",
    ),
    feature(
        "micro_sessionhigh_1_age", since(ops.greater(today_high, high)),
        "ratio", FRACTION, "Share of the session so far since its high.", "definition; numpy",
    ),
    feature(
        "micro_sessionlow_1_age", since(ops.greater(low, today_low)),
        "ratio", FRACTION, "Share of the session so far since its low.", "definition; numpy",
    ),
    feature(
        "micro_rangeusage_10_ratio", (today_high - today_low) / last_close / usual_range,
        "ratio", NOT_NEGATIVE, "Range of the session so far over the mean range of 10 sessions.",
        "definition; numpy",
    ),
    feature(
        "micro_overnight_10_mean", by_day(overnight, 10),
        "log ratio", ANY, "Mean overnight return of 10 sessions.",
        "Lou, Polk and Skouras 2019, Journal of Financial Economics 134, 192",
    ),
    feature(
        "micro_intraday_10_mean", by_day(intraday, 10),
        "log ratio", ANY, "Mean return from open to close of the 10 sessions before.",
        "Lou, Polk and Skouras 2019, Journal of Financial Economics 134, 192",
    ),
    feature(
        "micro_closelocation_1_session", ops.fill(
            (2.0 * last_close - ops.previous_session(high, "max") - ops.previous_session(low, "min"))
            / (ops.previous_session(high, "max") - ops.previous_session(low, "min")), last_close, 0.0),
        "ratio", SIGNED, "Where the previous session closed in its range, -1 low to 1 high.", "Chaikin; definition",
    ),
)  # fmt: skip
