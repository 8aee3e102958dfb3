"""Trades become minutes: expected bars are worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from qts_core.data.building.resample import resample_bars
from qts_core.data.building.trades import minutes_of_trades
from qts_core.market.calendar import TradingCalendar
from tests.unit.qts_core.data.building.trading import MINUTE, OPEN, prints, second

FLOW = ("open", "high", "low", "close", "volume", "vwap", "trade_count")


def test_a_minute_has_first_highest_lowest_last_volume_vwap_and_count() -> None:
    minute = minutes_of_trades(
        prints((0, 10.0, 100, ""), (20, 12.0, 100, "F"), (40, 9.0, 200, ""), (59.9, 11.0, 100, ""))
    )
    assert minute.select(FLOW).row(0) == (10.0, 12.0, 9.0, 11.0, 500.0, (10 + 12 + 18 + 11) / 5, 4)
    assert minute.select("ts_event", "ts_known").row(0) == (OPEN, OPEN + MINUTE)


def test_the_minute_is_closed_on_the_left_and_open_on_the_right() -> None:
    minutes = minutes_of_trades(prints((0, 10.0, 1, ""), (60, 11.0, 1, "")))
    assert minutes["ts_event"].to_list() == [OPEN, OPEN + MINUTE]


def test_odd_lots_count_and_set_no_price() -> None:
    minute = minutes_of_trades(prints((1, 10.0, 100, ""), (2, 99.0, 7, "I"), (3, 10.5, 100, "")))
    assert minute.select(FLOW).row(0) == (10.0, 10.5, 10.0, 10.5, 207.0, 10.25, 3)


def test_a_print_out_of_sequence_sets_the_range_and_not_the_close() -> None:
    minute = minutes_of_trades(prints((1, 10.0, 100, ""), (2, 10.1, 100, ""), (3, 9.0, 100, "Z")))
    assert minute.select("open", "high", "low", "close").row(0) == (10.0, 10.1, 9.0, 10.1)


def test_alone_a_print_out_of_sequence_sets_everything() -> None:
    minute = minutes_of_trades(prints((3, 9.0, 100, "Z"), (4, 11.0, 5, "I")))
    assert minute.select("open", "high", "low", "close", "volume").row(0) == (9.0, 9.0, 9.0, 9.0, 105.0)


def test_the_official_open_and_close_are_no_volume() -> None:
    minute = minutes_of_trades(prints((0, 10.0, 5000, "O"), (0.1, 10.0, 5000, "Q"), (1, 10.1, 100, "")))
    assert minute.select("open", "volume", "trade_count").row(0) == (10.0, 5100.0, 2)


def test_a_minute_of_odd_lots_alone_has_no_bar() -> None:
    assert minutes_of_trades(prints((1, 10.0, 3, "I"))).is_empty()


def test_a_late_print_makes_another_version_of_its_minute() -> None:
    late = {"at": 59.998, "price": 12.0, "size": 100.0, "ts_known": second(64)}
    minutes = minutes_of_trades(prints((1, 10.0, 100, ""), late))
    assert minutes["ts_event"].to_list() == [OPEN, OPEN]
    assert minutes["ts_known"].to_list() == [OPEN + MINUTE, second(64)]
    assert minutes.select("close", "volume").rows() == [(10.0, 100.0), (12.0, 200.0)]


def test_corrections_and_cancels_make_versions_too() -> None:
    wrong = {"at": 5, "price": 99.0, "size": 100.0, "trade_id": 7}
    right = {"at": 5, "price": 10.5, "size": 100.0, "trade_id": 7, "action": "correct", "ts_known": second(90)}
    gone = {"at": 5, "price": None, "size": None, "trade_id": 7, "action": "cancel", "ts_known": second(120)}
    minutes = minutes_of_trades(prints((1, 10.0, 100, ""), wrong, right, gone))
    assert minutes.select("high", "volume").rows() == [(99.0, 200.0), (10.5, 200.0), (10.0, 100.0)]
    assert minutes["ts_known"].to_list() == [OPEN + MINUTE, second(90), second(120)]


def test_a_correction_before_the_minute_has_settled_leaves_no_trace() -> None:
    wrong = {"at": 5, "price": 99.0, "size": 100.0, "trade_id": 7}
    gone = {"at": 5, "price": None, "size": None, "trade_id": 7, "action": "cancel", "ts_known": second(30)}
    assert minutes_of_trades(prints((1, 10.0, 100, ""), wrong, gone)).select("high", "volume").rows() == [(10.0, 100.0)]


def test_the_vwap_of_one_price_is_that_price_whatever_the_sizes() -> None:
    rows = [(float(i), 0.1 + 0.2, 3.0 * i + 1, "") for i in range(50)]
    minute = minutes_of_trades(prints(*rows))
    assert minute["vwap"][0] == 0.1 + 0.2


@pytest.mark.parametrize(("cutoff", "close"), [(0, 10.0), (3, 10.0), (4, 12.0), (35, 12.0)])
def test_the_cut_off_decides_whether_a_late_print_is_in_the_bar(
    calendar: TradingCalendar, cutoff: int, close: float
) -> None:
    late = {"at": 899.9, "price": 12.0, "size": 100.0, "ts_known": second(904)}
    minutes = minutes_of_trades(prints((890, 10.0, 100, ""), late))
    built = resample_bars(minutes, calendar=calendar, cutoff=timedelta(seconds=cutoff))
    assert built["close"][0] == close
    assert built["ts_known"][0] == (second(900) if close == 10.0 else second(904))
    assert built.filter(pl.col("ts_known") <= second(1000))["close"].to_list()[-1] == 12.0
    assert built.height == (2 if close == 10.0 else 1)
