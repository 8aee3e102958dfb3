"""Instants as microseconds and back; dates are New York's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qts_core.market.time import day_bounds, day_number, from_micros, to_micros, trading_day


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
def test_an_instant_survives_the_round_trip(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_a_known_instant() -> None:
    # date -u -d '2024-11-29 14:30' +%s
    assert to_micros(datetime(2024, 11, 29, 14, 30, tzinfo=UTC)) == 1_732_890_600_000_000
    other_zone = datetime(2024, 11, 29, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert to_micros(other_zone) == 1_732_890_600_000_000


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_micros(datetime(2024, 1, 1))


def test_the_trading_day_is_new_yorks() -> None:
    assert trading_day(datetime(2024, 11, 30, 1, 0, tzinfo=UTC)) == date(2024, 11, 29)


def test_days_are_counted_from_the_epoch() -> None:
    assert day_number(date(1970, 1, 1)) == 0
    assert day_number(date(2024, 11, 29)) == 20056


def test_a_new_york_day_has_23_24_or_25_hours() -> None:
    for day, hours in ((date(2024, 3, 10), 23), (date(2024, 7, 4), 24), (date(2024, 11, 3), 25)):
        first, after = day_bounds(day)
        assert after - first == timedelta(hours=hours)
        assert trading_day(first) == day
        assert trading_day(after) == day + timedelta(days=1)
        assert trading_day(after - timedelta(microseconds=1)) == day
