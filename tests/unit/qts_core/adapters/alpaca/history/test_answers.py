"""Alpaca's words on corporate actions and bars become those of QTS; nonsense is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from qts_core.adapters.alpaca.history.answers import actions_of, bars_of
from qts_core.data.schemas import ACTION_SCHEMA, BAR_SCHEMA
from qts_core.market.errors import DataValidationError

BAR: dict[str, Any] = {
    "t": "2026-11-20T14:30:00Z", "o": 101, "h": 101.6, "l": 100.9, "c": 101.5, "v": 80100, "n": 940, "vw": 101.287,
}  # fmt: skip
DAY = "2026-11-23"


def test_a_bar_is_read_field_by_field() -> None:
    frame = bars_of({"ZZT": [BAR]}, ("ZZT",), bar_minutes=15, source="alpaca sip")
    start = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    assert frame.schema == dict(BAR_SCHEMA)
    assert frame.row(0) == (
        "ZZT", start, start + timedelta(minutes=15), 101.0, 101.6, 100.9, 101.5, 80100.0, 101.287, 940, "alpaca sip",
    )  # fmt: skip


def test_missing_counts_and_means_are_null_and_nanoseconds_are_cut() -> None:
    row = {**BAR, "n": None, "vw": None, "t": "2026-11-20T09:30:00.123456789-05:00"}
    frame = bars_of({"ZZT": [row]}, ("ZZT",), bar_minutes=1, source="alpaca iex")
    assert frame.select("vwap", "trade_count").row(0) == (None, None)
    assert frame["ts_event"][0] == datetime(2026, 11, 20, 14, 30, 0, 123456, tzinfo=UTC)


def test_no_bars_are_an_empty_frame() -> None:
    assert bars_of({}, ("ZZT",), bar_minutes=15, source="alpaca iex").schema == dict(BAR_SCHEMA)
    assert bars_of({"ZZT": []}, ("ZZT",), bar_minutes=15, source="alpaca iex").is_empty()


@pytest.mark.parametrize(
    "row",
    [
        {**BAR, "o": "ten"}, {k: v for k, v in BAR.items() if k != "vw"}, {**BAR, "t": "soon"}, {**BAR, "t": None},
        {**BAR, "t": 5}, {**BAR, "v": [1]}, "bar", None,
    ],
)  # fmt: skip
def test_a_bar_that_is_none_is_refused(row: Any) -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-047 .* at ZZT"):
        bars_of({"ZZT": [row]}, ("ZZT",), bar_minutes=15, source="alpaca iex")


def test_a_symbol_that_nobody_asked_for_is_refused() -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-047 .* at YYT"):
        bars_of({"YYT": [BAR]}, ("ZZT",), bar_minutes=15, source="alpaca iex")


def row_of(group: str, item: dict[str, Any]) -> dict[str, Any]:
    found = actions_of({group: [item]})
    assert dict(found.unknown) == {}
    assert found.frame.schema == dict(ACTION_SCHEMA)
    (row,) = found.frame.to_dicts()
    assert row.pop("source") == "alpaca"
    assert row.pop("ts_known") is None
    return {name: value for name, value in row.items() if value is not None}


SPLIT = {"symbol": "ZZT", "new_rate": 4, "old_rate": 1, "ex_date": DAY, "process_date": DAY}
MERGER = {"acquiree_symbol": "YYT", "effective_date": DAY, "process_date": DAY}


@pytest.mark.parametrize(
    ("group", "item", "expected"),
    [
        ("forward_splits", SPLIT, {"symbol": "ZZT", "kind": "split", "new_shares": 4.0, "old_shares": 1.0}),
        (
            "reverse_splits",
            {**SPLIT, "symbol": "YYT", "new_rate": 1, "old_rate": 10},
            {"symbol": "YYT", "kind": "split", "new_shares": 1.0, "old_shares": 10.0},
        ),
        (
            "stock_dividends",
            {"symbol": "ZZT", "rate": 0.05, "ex_date": DAY},
            {"symbol": "ZZT", "kind": "split", "new_shares": 1.05, "old_shares": 1.0},
        ),
        (
            "cash_dividends",
            {"symbol": "brk.b", "rate": 0.25, "ex_date": DAY},
            {"symbol": "BRK.B", "kind": "dividend", "cash_per_share": 0.25},
        ),
        (
            "spin_offs",
            {"source_symbol": "ZZT", "source_rate": 2, "new_symbol": "ZZS", "new_rate": 1, "ex_date": DAY},
            {"symbol": "ZZT", "kind": "spin_off", "new_symbol": "ZZS", "new_shares": 1.0, "old_shares": 2.0},
        ),
        (
            "name_changes",
            {"old_symbol": "FB", "new_symbol": "META", "process_date": DAY},
            {"symbol": "FB", "kind": "symbol_change", "new_symbol": "META"},
        ),
        ("cash_mergers", {**MERGER, "rate": 54.2}, {"symbol": "YYT", "kind": "delisting", "cash_per_share": 54.2}),
        (
            "stock_and_cash_mergers",
            {**MERGER, "acquirer_symbol": "ZZT", "acquirer_rate": 0.5, "acquiree_rate": 1, "cash_rate": 3},
            {
                "symbol": "YYT", "kind": "delisting", "new_symbol": "ZZT", "new_shares": 0.5, "old_shares": 1.0,
                "cash_per_share": 3.0,
            },
        ),
        (
            "redemptions",
            {"symbol": "YYT", "rate": 25.0, "process_date": DAY},
            {"symbol": "YYT", "kind": "delisting", "cash_per_share": 25.0},
        ),
        (
            "worthless_removals",
            {"symbol": "YYT", "process_date": DAY},
            {"symbol": "YYT", "kind": "delisting", "cash_per_share": 0.0},
        ),
    ],
)  # fmt: skip
def test_each_kind_has_its_word(group: str, item: dict[str, Any], expected: dict[str, Any]) -> None:
    assert row_of(group, item) == {"ex_date": date(2026, 11, 23), **expected}


def test_a_change_of_the_cusip_alone_is_nobodys_business() -> None:
    found = actions_of({"name_changes": [{"old_symbol": "ZZT", "new_symbol": "ZZT", "process_date": DAY}]})
    assert found.frame.is_empty()


def test_a_regular_and_a_special_dividend_of_one_day_are_added_up() -> None:
    dividend = {"symbol": "ZZT", "ex_date": DAY}
    assert row_of("cash_dividends", {**dividend, "rate": 0.25})["cash_per_share"] == 0.25
    both = actions_of({"cash_dividends": [{**dividend, "rate": 0.25}, {**dividend, "rate": 10.0, "special": True}]})
    assert both.frame["cash_per_share"].to_list() == [10.25]


def test_two_splits_of_one_day_multiply() -> None:
    both = actions_of({"forward_splits": [SPLIT], "stock_dividends": [{"symbol": "ZZT", "rate": 0.5, "ex_date": DAY}]})
    assert both.frame.select("new_shares", "old_shares").rows() == [(6.0, 1.0)]


def test_kinds_without_a_word_are_counted_and_not_guessed() -> None:
    found = actions_of({"partial_calls": [{}, {}], "moon_landings": [{}], "forward_splits": [SPLIT]})
    assert dict(found.unknown) == {"partial_calls": 2, "moon_landings": 1}
    assert found.frame.height == 1


@pytest.mark.parametrize(
    "item",
    [
        {}, {**SPLIT, "new_rate": "four"}, {**SPLIT, "ex_date": "soon"}, {**SPLIT, "symbol": "../etc"},
        {**SPLIT, "old_rate": None},
    ],
)  # fmt: skip
def test_an_action_without_its_fields_is_refused(item: dict[str, Any]) -> None:
    with pytest.raises(DataValidationError, match=r"QTS-DATA-047 .* at forward_splits"):
        actions_of({"forward_splits": [item]})
