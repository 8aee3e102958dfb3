"""As of a moment a bar is what it was known to be then, never what it became."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.data.actions.table import actions_frame
from qts_core.data.as_of import as_of
from qts_core.data.ingest import clean_all, load_panel, register_actions, register_bars
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataValidationError
from tests.support.lakes import bars, instant

DAY = date(2024, 3, 4)
ROWS = [("A", 0, 1, 10.0), ("A", 0, 3, 10.5), ("A", 0, 2, 10.2), ("B", 0, 2, 20.0)]


@pytest.mark.parametrize(
    ("moment", "closes"), [(0, []), (1, [10.0]), (2, [10.2, 20.0]), (3, [10.5, 20.0]), (None, [10.5, 20.0])]
)
def test_the_latest_version_known_by_then_counts(moment: int | None, closes: list[float]) -> None:
    found = as_of(bars(ROWS), None if moment is None else instant(moment))
    assert found["close"].to_list() == closes


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = bars(ROWS)
    assert as_of(frame.reverse(), instant(3)).equals(as_of(frame, instant(3)))


def test_a_moment_between_two_bars_and_a_frame_without_times() -> None:
    assert as_of(bars(ROWS), instant(2) - timedelta(microseconds=1))["close"].to_list() == [10.0]
    with pytest.raises(DataValidationError, match="no ts_known"):
        as_of(bars(ROWS).drop("ts_known"))
    with pytest.raises(DataValidationError, match="time zone"):
        as_of(bars(ROWS), datetime(2024, 3, 4))


def test_a_panel_as_of_a_moment_holds_neither_later_revisions_nor_later_actions(
    make_bars: Callable[..., pl.DataFrame], calendar: TradingCalendar
) -> None:
    lake, frame = Lake("memory://as-of-panel"), make_bars()
    first_close = frame["close"][0]
    evening = datetime(2024, 3, 4, 23, tzinfo=UTC)
    revision = frame[:1].with_columns(
        close=pl.col("close") + 0.01, high=pl.col("high") + 0.01, ts_known=pl.lit(evening)
    )
    split = actions_frame(
        [{"symbol": "AAA", "ex_date": DAY, "kind": "split", "new_shares": 2.0, "old_shares": 1.0, "ts_known": evening}]
    )
    register_bars(lake, pl.concat([frame, revision.select(frame.columns)]), calendar=calendar, now=None, source="test")
    clean_all(lake, calendar=calendar)
    register_actions(lake, split)
    for known_before, close, factor in (
        (evening - timedelta(seconds=1), first_close, 1.0),
        (evening, first_close + 0.01, 2.0),
        (None, first_close + 0.01, 2.0),
    ):
        panel = load_panel(lake, calendar=calendar, known_before=known_before)
        assert panel["close"][0, 0] == pytest.approx(close, abs=1e-9)
        assert panel["factor"][0, 0] == factor
