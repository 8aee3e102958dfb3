"""A request is cut into months and batches that cover it exactly once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from qts_core.adapters.alpaca.history.request import HistoryRequest, estimate, plan_chunks
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.errors import DataNotFoundError

NOW = datetime(2025, 6, 2, 12, 0, tzinfo=UTC)
SYMBOLS = tuple(f"A{chr(65 + i // 26)}{chr(65 + i % 26)}" for i in range(250))


@pytest.fixture
def calendar() -> TradingCalendar:
    """XNYS."""
    return xnys()


@pytest.mark.parametrize("minutes", [1, 15])
def test_every_session_and_symbol_stands_in_exactly_one_chunk(calendar: TradingCalendar, minutes: int) -> None:
    request = HistoryRequest(SYMBOLS, date(2024, 1, 10), date(2024, 3, 20), bar_minutes=minutes)
    chunks = plan_chunks(request, calendar, NOW)
    assert len({c.name for c in chunks}) == len(chunks)
    for month in ("2024-01", "2024-02", "2024-03"):
        part = [c for c in chunks if c.month == month]
        assert tuple(s for c in part for s in c.symbols) == SYMBOLS
        sessions = [s for s in calendar.between(request.first, request.last) if f"{s.date:%Y-%m}" == month]
        for chunk in part:
            assert (chunk.start, chunk.sessions) == (sessions[0].open, len(sessions))
            assert chunk.end == sessions[-1].close - timedelta(minutes=minutes)
            assert chunk.is_final
            assert len(chunk.symbols) <= 100
            assert len(chunk.symbols) * chunk.sessions * 16 * 60 // minutes <= 150_000


def test_months_without_a_session_are_left_out(calendar: TradingCalendar) -> None:
    # New Year's Day 2025 is a Wednesday.
    request = HistoryRequest(("AAA",), date(2024, 12, 31), date(2025, 1, 1))
    assert [c.month for c in plan_chunks(request, calendar, NOW)] == ["2024-12"]
    with pytest.raises(DataNotFoundError, match=r"QTS-DATA-045 .*no session to download"):
        plan_chunks(HistoryRequest(("AAA",), date(2025, 1, 1), date(2025, 1, 1)), calendar, NOW)


def test_the_session_that_runs_ends_before_now_and_is_not_final(calendar: TradingCalendar) -> None:
    now = datetime(2024, 11, 27, 16, 0, tzinfo=UTC)
    (chunk,) = plan_chunks(HistoryRequest(("AAA",), date(2024, 11, 26), date(2024, 11, 27)), calendar, now)
    assert (chunk.end, chunk.is_final) == (now - timedelta(minutes=20), False)
    before = datetime(2024, 11, 27, 14, 40, tzinfo=UTC)
    (chunk,) = plan_chunks(HistoryRequest(("AAA",), date(2024, 11, 26), date(2024, 11, 27)), calendar, before)
    assert (chunk.sessions, chunk.is_final) == (1, True)


def test_the_estimate_counts_pages_and_the_minutes_that_the_rate_limit_takes(calendar: TradingCalendar) -> None:
    chunks = plan_chunks(HistoryRequest(SYMBOLS[:50], date(2024, 1, 2), date(2024, 1, 31)), calendar, NOW)
    found = estimate(chunks, 15, 2)
    assert found.bars == 21 * 64 * 50
    assert found.requests == 7
    assert found.seconds == (7 - 2) / 2 * 60


def test_the_same_request_has_the_same_folder_and_another_one_another() -> None:
    one = HistoryRequest(("AAA",), date(2024, 1, 2), date(2024, 1, 3))
    assert one.key == HistoryRequest(("AAA",), date(2024, 1, 2), date(2024, 1, 3)).key
    others = [
        HistoryRequest(("AAB",), one.first, one.last), HistoryRequest(("AAA",), one.first, date(2024, 1, 4)),
        HistoryRequest(("AAA",), one.first, one.last, feed="sip"),
        HistoryRequest(("AAA",), one.first, one.last, bar_minutes=1),
    ]  # fmt: skip
    assert len({one.key, *(o.key for o in others)}) == 5


@pytest.mark.parametrize(
    ("symbols", "last", "minutes"),
    [((), "2024-01-02", 15), (("B", "A"), "2024-01-02", 15), (("A",), "2023-01-02", 15), (("A",), "2024-01-02", 5)],
)
def test_a_request_that_makes_no_sense_is_refused(symbols: tuple[str, ...], last: str, minutes: int) -> None:
    with pytest.raises(ValueError, match=r"symbols|before|expected"):
        HistoryRequest(symbols, date(2024, 1, 2), date.fromisoformat(last), bar_minutes=minutes)
