"""Reading queries and bodies that strangers send."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from starlette.datastructures import QueryParams

from live_daemon.paper_exchange.http import ApiError, Query, number_field, parse_moment


@pytest.mark.parametrize(
    "text",
    [
        "2024-11-27T14:30:00Z",
        "2024-11-27T14:30:00+00:00",
        "2024-11-27T14:30:00 00:00",
        "2024-11-27T09:30:00.000000000-05:00",
    ],
)
def test_times_come_in_many_spellings(text: str) -> None:
    assert parse_moment(text) == datetime(2024, 11, 27, 14, 30, tzinfo=UTC)


def test_a_date_is_a_new_york_day() -> None:
    assert parse_moment("2024-11-27") == datetime(2024, 11, 27, 5, tzinfo=UTC)
    end = parse_moment("2024-11-27", is_end=True)
    assert end is not None
    assert end > datetime(2024, 11, 28, 4, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("text", ["x", "2024-13-01", "99999-01-01", "2024-11-27T25:00:00Z", "", "0000-00-00"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert parse_moment(text) is None


@pytest.mark.parametrize("value", ["1e999999999", "NaN", "Infinity", "-1e-400", "abc", True, [], {"a": 1}])
def test_numbers_out_of_all_bounds_are_refused(value: object) -> None:
    with pytest.raises(ApiError) as refused:
        number_field({"qty": value}, "qty")
    assert refused.value.status == 422


@pytest.mark.parametrize("value", ["10", Decimal("10.0"), "1e1"])
def test_numbers_may_be_text_or_numbers(value: object) -> None:
    assert number_field({"qty": value}, "qty") == 10


@pytest.mark.parametrize(("text", "flag"), [("True", True), ("true", True), ("1", True), ("false", False), ("", False)])
def test_flags_are_read_as_alpaca_clients_write_them(text: str, flag: bool) -> None:
    assert Query(QueryParams({"nested": text})).flag("nested") is flag


@pytest.mark.parametrize("text", ["0", "501", "x", "1.5", "-1", "9" * 40])
def test_limits_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(ApiError):
        Query(QueryParams({"limit": text})).integer("limit", 50, 1, 500)
