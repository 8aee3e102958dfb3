"""Auction prints stand apart; the closing one is in no bar, the opening one in the first."""

from __future__ import annotations

from datetime import date

from qts_core.data.building.auctions import auction_prints
from qts_core.data.building.resample import resample_bars
from qts_core.data.building.trades import minutes_of_trades
from qts_core.market.calendar import TradingCalendar
from tests.unit.qts_core.data.building.trading import prints

CLOSE = 3.5 * 3600
"""13:00 New York, the close of the half-day, in seconds after the open."""


def test_the_closing_auction_is_in_no_bar_and_the_opening_one_in_the_first(calendar: TradingCalendar) -> None:
    day = prints(
        (0.2, 10.0, 50_000, "O"), (0.3, 10.0, 50_000, "Q"), (CLOSE - 1, 11.0, 100, ""),
        (CLOSE + 0.4, 11.5, 80_000, "6"), (CLOSE + 0.5, 11.5, 80_000, "M"),
    )  # fmt: skip
    bars = resample_bars(minutes_of_trades(day), calendar=calendar)
    assert bars.select("open", "close", "volume").rows() == [(10.0, 10.0, 50_000.0), (11.0, 11.0, 100.0)]
    found = auction_prints(day, calendar=calendar)
    assert found.select("kind", "price", "size", "is_in_bar").rows() == [
        ("opening", 10.0, 50_000.0, True),
        ("official_open", 10.0, 50_000.0, False),
        ("closing", 11.5, 80_000.0, False),
        ("official_close", 11.5, 80_000.0, False),
    ]
    assert set(found["session"]) == {date(2024, 7, 3)}


def test_of_a_corrected_auction_the_last_word_is_taken_and_a_cancelled_one_left_out(calendar: TradingCalendar) -> None:
    wrong = {"at": CLOSE, "price": 99.0, "size": 100.0, "trade_id": 7, "conditions": ["6"]}
    right = {**wrong, "price": 11.5, "action": "correct", "at": CLOSE}
    gone = {"at": 1, "price": 1.0, "size": 1.0, "trade_id": 8, "conditions": ["O"]}
    found = auction_prints(prints(wrong, right, gone, {**gone, "action": "cancel"}), calendar=calendar)
    assert found.select("kind", "price").rows() == [("closing", 11.5)]


def test_a_day_without_auctions_has_an_empty_table(calendar: TradingCalendar) -> None:
    assert auction_prints(prints((1, 10.0, 100, "")), calendar=calendar).is_empty()
