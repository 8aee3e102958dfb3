"""History never shows what was not yet known, and adjusts as the corporate actions say."""

from __future__ import annotations

import numpy as np
import pytest

from live_daemon.paper_exchange.bars import Columns, TimeFrame
from live_daemon.paper_exchange.history import Adjustment, History
from qts_core.market.time import from_micros, to_micros
from tests.unit.live_daemon.paper_exchange.replays import at, market

RAW = Adjustment()


def read(
    symbol: str,
    frame: str,
    first: str,
    last: str,
    now: str,
    adjustment: Adjustment = RAW,
    *,
    is_descending: bool = False,
) -> list[Columns]:
    parsed = TimeFrame.parse(frame)
    assert parsed is not None
    edges = (to_micros(at(first)), to_micros(at(last)), to_micros(at(now)))
    return list(History(market()).chunks(symbol, parsed, *edges, adjustment, is_descending=is_descending))


def closes(parts: list[Columns]) -> list[float]:
    return [float(c) for part in parts for c in part.close]


def test_a_bar_in_the_making_holds_only_the_minutes_that_have_ended() -> None:
    (part,) = read("AAA", "15Min", "27 09:30", "27 16:00", "27 09:37")
    assert closes([part]) == [110.06]  # the minute of 09:36 ended at 09:37
    assert part.volume.tolist() == [7000.0]


def test_both_bounds_are_included_and_point_at_starts() -> None:
    (part,) = read("AAA", "15Min", "26 09:45", "26 10:15", "27 12:00")
    assert [f"{from_micros(int(t)):%H:%M}" for t in part.start] == ["14:45", "15:00", "15:15"]
    assert part.open.tolist() == [100.15, 100.30, 100.45]


def test_minutes_without_trades_are_left_out() -> None:
    (part,) = read("BBB", "1Min", "26 09:30", "26 09:49", "27 12:00")
    assert len(part) == 18


def test_descending_is_ascending_backwards() -> None:
    forward = closes(read("AAA", "1Hour", "26 09:30", "27 16:00", "27 16:00"))
    assert closes(read("AAA", "1Hour", "26 09:30", "27 16:00", "27 16:00", is_descending=True)) == forward[::-1]


def test_daily_bars_span_the_session() -> None:
    (part,) = read("AAA", "1Day", "26 00:00", "27 00:00", "27 20:00")
    assert (part.open.tolist(), part.close.tolist()) == ([100.0, 110.0], [103.89, 113.89])
    assert part.volume.tolist() == [390_000.0, 390_000.0]


@pytest.mark.parametrize(("now", "price", "volume"), [("27 16:00", 80.0, 390_000.0), ("29 09:31", 20.0, 1_560_000.0)])
def test_split_adjustment_applies_from_the_ex_date(now: str, price: float, volume: float) -> None:
    (part,) = read("CCC", "1Day", "26 00:00", "27 00:00", now, Adjustment(is_split=True))
    assert part.close.tolist() == [price, price]
    np.testing.assert_allclose(part.volume, volume)


def test_dividend_adjustment_scales_earlier_prices() -> None:
    (part,) = read("AAA", "1Day", "27 00:00", "27 00:00", "29 12:00", Adjustment(is_dividend=True))
    assert part.close.tolist() == pytest.approx([113.89 - 0.25])  # the last close before the ex-date itself
    (before,) = read("AAA", "1Day", "27 00:00", "27 00:00", "27 20:00", Adjustment(is_dividend=True))
    assert before.close.tolist() == [113.89]


def test_an_unknown_symbol_has_no_bars() -> None:
    assert read("ZZZ", "1Day", "26 00:00", "27 00:00", "27 20:00") == []


def test_last_closes_before_the_open_are_those_of_the_session_before() -> None:
    found = History(market()).last_closes(to_micros(at("27 09:25")))
    assert found == {"AAA": 103.89, "BBB": 50.0, "CCC": 80.0}
