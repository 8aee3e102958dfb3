"""The XNYS calendar against published facts: nyse.com holidays and hours, tz database for daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from qts_core.market.calendar import month_of, xnys


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 1, 1),  # New Year
        date(2024, 1, 15),  # Martin Luther King
        date(2024, 3, 29),  # Good Friday
        date(2024, 6, 19),  # Juneteenth
        date(2024, 7, 4),
        date(2024, 11, 28),  # Thanksgiving
        date(2024, 12, 25),
        date(2024, 11, 30),  # a Saturday
        date(2025, 1, 9),  # mourning of President Carter
        date(2012, 10, 29),  # Hurricane Sandy
        date(2001, 9, 11),
    ],
)
def test_the_exchange_is_closed(day: date) -> None:
    assert xnys().on(day) is None


@pytest.mark.parametrize("day", [date(2024, 11, 29), date(2024, 12, 24), date(2024, 7, 3), date(2023, 11, 24)])
def test_a_half_day_closes_at_one_and_has_fourteen_bars(day: date) -> None:
    session = xnys().on(day)
    assert session is not None
    assert session.is_half_day
    assert (session.minutes, session.bars(15), session.bars(1)) == (210, 14, 210)


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        (date(2026, 10, 30), (13, 30), (20, 0)),  # daylight time
        (date(2026, 11, 2), (14, 30), (21, 0)),  # the Monday after clocks went back
        (date(2024, 3, 8), (14, 30), (21, 0)),
        (date(2024, 3, 11), (13, 30), (20, 0)),
        (date(2024, 11, 29), (14, 30), (18, 0)),
    ],
)
def test_hours_follow_new_york_clocks(day: date, opens: tuple[int, int], closes: tuple[int, int]) -> None:
    session = xnys().on(day)
    assert session is not None
    assert (session.open.hour, session.open.minute) == opens
    assert (session.close.hour, session.close.minute) == closes
    assert session.open.utcoffset() == session.close.utcoffset() == UTC.utcoffset(None)


def test_a_full_session_has_twenty_six_bars() -> None:
    session = xnys().on(date(2024, 11, 27))
    assert session is not None
    assert not session.is_half_day
    assert session.bars(15) == 26


@pytest.mark.parametrize(("year", "sessions"), [(2020, 253), (2021, 252), (2022, 251), (2023, 250), (2024, 252)])
def test_the_number_of_sessions_in_a_year(year: int, sessions: int) -> None:
    assert len(xnys().between(date(year, 1, 1), date(year, 12, 31))) == sessions


def test_the_close_does_not_belong_to_the_session() -> None:
    calendar = xnys()
    assert calendar.at(datetime(2024, 11, 29, 14, 30, tzinfo=UTC)) is not None
    assert calendar.at(datetime(2024, 11, 29, 17, 59, 59, tzinfo=UTC)) is not None
    assert calendar.at(datetime(2024, 11, 29, 18, 0, tzinfo=UTC)) is None
    assert calendar.at(datetime(2024, 11, 28, 15, 0, tzinfo=UTC)) is None


def test_the_session_after_and_the_one_that_closed_last() -> None:
    calendar = xnys()
    thanksgiving = datetime(2024, 11, 28, 16, 0, tzinfo=UTC)
    assert calendar.next_after(thanksgiving).date == date(2024, 11, 29)
    assert calendar.last_closed(thanksgiving).date == date(2024, 11, 27)
    during = datetime(2024, 11, 29, 15, 0, tzinfo=UTC)
    assert calendar.last_closed(during).date == date(2024, 11, 27)
    assert calendar.last_closed(datetime(2024, 11, 29, 18, 0, tzinfo=UTC)).date == date(2024, 11, 29)
    opening = datetime(2024, 11, 29, 14, 30, tzinfo=UTC)
    assert calendar.next_after(opening).date == date(2024, 12, 2)


def test_shift_counts_sessions_not_days() -> None:
    calendar = xnys()
    assert calendar.shift(date(2024, 11, 27), 1) == date(2024, 11, 29)
    assert calendar.shift(date(2024, 11, 28), 0) == date(2024, 11, 29)
    assert calendar.shift(date(2024, 12, 2), -2) == date(2024, 11, 27)


def test_beyond_the_table_is_an_error() -> None:
    with pytest.raises(LookupError, match="calendar ends on"):
        xnys().next_after(datetime(2030, 1, 1, tzinfo=UTC))
    with pytest.raises(LookupError, match="no session closed"):
        xnys().last_closed(datetime(1980, 1, 1, tzinfo=UTC))


def test_a_month_has_its_own_last_day() -> None:
    assert month_of(date(2024, 2, 10)) == (date(2024, 2, 1), date(2024, 2, 29))
    assert month_of(date(2023, 12, 31)) == (date(2023, 12, 1), date(2023, 12, 31))
