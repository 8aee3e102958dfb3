"""Facts of the calendar against hand counts and the exchange's own lists."""

from __future__ import annotations

from datetime import date
from typing import Any

import exchange_calendars
import numpy as np
import pytest

from qts_core.features.session_facts import FACTS, UNPLANNED_CLOSINGS, facts_of
from qts_core.market.calendar import FIRST_DAY
from qts_core.market.time import day_number


def facts(day: str) -> dict[str, float]:
    values = facts_of(np.array([day_number(date.fromisoformat(day))], dtype=np.int32))[:, 0]
    return dict(zip(FACTS, values.tolist(), strict=True))


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-12-02", (0, 20, 20, 14, 14, 1)),
        ("2024-12-20", (14, 6, 6, 0, 0, 3)),
        ("2024-12-24", (16, 4, 4, 16, 59, 2)),
        ("2024-12-31", (20, 0, 0, 12, 55, 2)),
        ("2024-11-15", (10, 9, 30, 0, 24, 3)),
    ],
)
def test_facts_are_those_counted_by_hand_on_the_printed_calendar(day: str, expected: tuple[float, ...]) -> None:
    assert tuple(facts(day).values()) == expected


def test_options_expire_on_thursday_where_the_third_friday_is_a_holiday() -> None:
    assert facts("2019-04-18")["expiry_left"] == 0, "19 April 2019 was Good Friday"
    assert facts("2014-04-17")["expiry_left"] == 0, "18 April 2014 was Good Friday"


def test_a_closing_without_notice_is_not_known_beforehand() -> None:
    assert facts("2012-10-26")["month_left"] == 3, "the 29th and 30th were lost to a hurricane"
    assert facts("2018-12-03")["expiry_left"] == 14, "the 5th became a day of mourning"
    assert facts("2012-10-26")["days_ahead"] == 3


def test_closings_without_notice_are_those_of_the_exchange() -> None:
    calendar: Any = exchange_calendars.get_calendar("XNYS", start=FIRST_DAY.isoformat())
    unplanned = {day.date() for day in calendar.adhoc_holidays if day.date() >= FIRST_DAY}
    assert set(UNPLANNED_CLOSINGS) == unplanned


@pytest.mark.parametrize("day", ["2024-12-25", "2024-12-28", "1980-01-02", "2040-01-03"])
def test_a_day_without_a_session_has_no_facts(day: str) -> None:
    assert np.isnan(list(facts(day).values())).all()


def test_what_lies_beyond_the_end_of_the_calendar_is_unknown() -> None:
    last = facts("2027-12-31")
    assert last["month_left"] == 0
    assert np.isnan([last["expiry_left"], last["witching_left"], last["days_ahead"]]).all()
