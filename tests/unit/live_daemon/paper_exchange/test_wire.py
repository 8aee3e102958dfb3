"""Spelling of values, protocol reference 1.3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from live_daemon.paper_exchange.wire import activity_id, amount, rfc3339, ulid

NOON = datetime(2026, 11, 20, 15, 30, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (NOON, "2026-11-20T15:30:04Z"),
        (NOON + timedelta(microseconds=123456), "2026-11-20T15:30:04.123456Z"),
        (NOON + timedelta(milliseconds=100), "2026-11-20T15:30:04.1Z"),
        (None, None),
    ],
)
def test_times_are_utc_with_as_many_decimals_as_needed(moment: datetime | None, text: str | None) -> None:
    assert rfc3339(moment) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("10.00", "10"), ("183.20", "183.2"), ("0.000000001", "0.000000001"), ("1E+3", "1000"), ("-0", "0")],
)
def test_amounts_are_plain_decimals(value: str, text: str) -> None:
    assert amount(Decimal(value)) == text


def test_an_endless_average_is_cut_to_ten_places() -> None:
    assert amount(Decimal(1) / Decimal(3)) == "0.3333333333"


def test_event_ids_sort_by_time_then_by_sequence() -> None:
    ids = [ulid(NOON, 1), ulid(NOON, 2), ulid(NOON + timedelta(milliseconds=1), 0)]
    assert ids == sorted(ids)
    assert [len(i) for i in ids] == [26, 26, 26]


def test_activity_ids_start_with_new_york_wall_time() -> None:
    assert activity_id(NOON + timedelta(milliseconds=123), "x") == "20261120103004123::x"
