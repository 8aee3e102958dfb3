"""Actions held against prices: the numbers are those of United Technologies, Abbott and a plain split."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from qts_core.data.actions.table import actions_frame
from qts_core.data.quality.bookings import adjusted_close, booked_actions, lone_actions


def night(symbol: str, day: date, before: float, opened: float) -> pl.DataFrame:
    moment = datetime(day.year, day.month, day.day, 14, 30)
    return pl.DataFrame(
        {"symbol": [symbol], "session": [day], "ts_event": [moment], "open": [opened], "raw_step": [opened / before]}
    )


def split(symbol: str, day: date, ratio: float) -> dict[str, object]:
    return {"symbol": symbol, "ex_date": day, "kind": "split", "new_shares": ratio, "old_shares": 1.0}


def paid(symbol: str, day: date, cash: float) -> dict[str, object]:
    return {"symbol": symbol, "ex_date": day, "kind": "dividend", "cash_per_share": cash}


RTX, ABT, PLAIN = date(2020, 4, 3), date(2013, 1, 2), date(2014, 6, 9)


@pytest.mark.parametrize(
    ("nights", "actions", "rules"),
    [
        # The spin-off of Carrier and Otis stands as 13.28 in cash and as a split of 1.589.
        (night("RTX", RTX, 86.01, 51.0), [split("RTX", RTX, 1.589), paid("RTX", RTX, 13.28)], ["booked_twice"]),
        (night("ABT", ABT, 65.5, 32.3), [paid("ABT", ABT, 34.6497)], ["huge_dividend"]),
        (night("AAPL", PLAIN, 645.57, 92.7), [split("AAPL", PLAIN, 7.0)], []),
        (night("AAPL", PLAIN, 645.57, 646.0), [split("AAPL", PLAIN, 7.0)], ["split_not_in_price"]),
        (night("AAPL", PLAIN, 645.57, 642.0), [paid("AAPL", PLAIN, 3.29)], []),
        # A split and its usual dividend on one day are no double booking.
        (night("AAPL", PLAIN, 645.57, 91.8), [split("AAPL", PLAIN, 7.0), paid("AAPL", PLAIN, 0.47)], []),
    ],
)
def test_a_booking_is_held_against_the_night(
    nights: pl.DataFrame, actions: list[dict[str, object]], rules: list[str]
) -> None:
    assert [e.rule for e in booked_actions(nights, actions_frame(actions))] == rules


def test_without_a_price_a_dividend_is_held_against_the_usual_one() -> None:
    quarters = [paid("MO", date(2006 + i // 4, 1 + 3 * (i % 4), 15), 0.6) for i in range(8)]
    rows = actions_frame([*quarters, paid("MO", date(2008, 3, 31), 50.4807)])
    nothing = pl.DataFrame(schema={"symbol": pl.String, "session": pl.Date})
    (evidence,) = lone_actions(rows, nothing)
    assert evidence.rule == "huge_dividend"
    assert evidence.examples == ("MO 2008-03-31: 50.4807 a share, 84 times the usual",)
    priced = pl.DataFrame({"symbol": ["MO"], "session": [date(2008, 3, 31)]})
    assert lone_actions(rows, priced) == []


def test_an_adjusted_close_that_ignores_a_split_is_named() -> None:
    table = pl.DataFrame(
        {
            "symbol": ["A"] * 4,
            "date": ["2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07"],
            "close": [100.0, 50.0, 51.0, 50.0],
            "adjusted_close": [49.0, 49.0, 49.98, 50.0],
            "dividend_amount": [0.0, 0.0, 0.0, 1.0],
            "split_coefficient": [1.0, 2.0, 1.0, 1.0],
        }
    )
    # 50/49.98 against (50 + 1) / 51: off by 0.04 %; the split is right.
    (evidence,) = adjusted_close(table)
    assert evidence.places["ts_event"].dt.date().to_list() == [date(2024, 3, 7)]
    right = table.with_columns(adjusted_close=pl.Series([49.0, 49.0, 49.98, 49.98]))
    assert adjusted_close(right) == []
