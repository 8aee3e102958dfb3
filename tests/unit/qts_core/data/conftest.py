"""Small frames of bars for the tests of the data floor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import polars as pl
import pytest

from qts_core.data.actions.table import actions_frame
from qts_core.data.schemas import BAR_SCHEMA
from qts_core.market.calendar import TradingCalendar, xnys

MakeBars = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def calendar() -> TradingCalendar:
    return xnys()


@pytest.fixture(scope="session")
def make_bars(calendar: TradingCalendar) -> MakeBars:
    """Return a maker of sound bars: every bar of every session, prices rising a cent a bar."""

    def make(
        first: date = date(2024, 3, 4),
        last: date = date(2024, 3, 4),
        *,
        symbols: Sequence[str] = ("AAA",),
        price: float = 100.0,
        minutes: int = 15,
    ) -> pl.DataFrame:
        rows = []
        for symbol in symbols:
            n = 0
            for session in calendar.between(first, last):
                for slot in range(session.bars(minutes)):
                    start: datetime = session.open + timedelta(minutes=minutes * slot)
                    level = round(price + 0.01 * n, 2)
                    rows.append(
                        (symbol, start, start + timedelta(minutes=minutes), level, round(level + 0.05, 2),
                         round(level - 0.05, 2), round(level + 0.01, 2), 1000.0 + n, None, None, "test")
                    )  # fmt: skip
                    n += 1
        return pl.DataFrame(rows, schema=dict(BAR_SCHEMA), orient="row").sort("ts_event", "symbol")

    return make


@pytest.fixture(scope="session")
def split() -> Callable[[str, date, float, float], pl.DataFrame]:
    """Return a maker of a table with one split."""

    def make(symbol: str, ex_date: date, new: float, old: float) -> pl.DataFrame:
        row = {"symbol": symbol, "ex_date": ex_date, "kind": "split", "new_shares": new, "old_shares": old}
        return actions_frame([{**row, "source": "test"}])

    return make
