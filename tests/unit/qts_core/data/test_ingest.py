"""Bars reach the lake once, month by month, and cleaning goes on from the month before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.data.cleaning import clean_bars
from qts_core.data.ingest import (
    MANY_FILES,
    clean_all,
    clean_month,
    load_actions,
    load_instruments,
    load_panel,
    register_actions,
    register_bars,
    register_instruments,
    register_synthetic,
    renew_actions,
)
from qts_core.data.quality.flags import real_bars
from qts_core.data.schemas import ACTION_SCHEMA
from qts_core.data.synthetic import SyntheticMarket, SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import TradingCalendar
from qts_core.market.errors import DataNotFoundError, DataValidationError
from qts_core.market.instruments import Instrument

MakeBars = Callable[..., pl.DataFrame]
MakeSplit = Callable[[str, date, float, float], pl.DataFrame]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="module")
def market() -> SyntheticMarket:
    return synthetic_market(
        SyntheticMarketSettings(symbols=6, first=date(2024, 1, 2), last=date(2024, 3, 28), splits_per_year=4.0)
    )


def test_a_market_goes_in_by_month_and_comes_out_as_a_panel(
    lake: Lake, market: SyntheticMarket, calendar: TradingCalendar
) -> None:
    registration = register_synthetic(lake, market, calendar=calendar)
    assert registration.months == ("2024-01", "2024-02", "2024-03")
    assert registration.rows == market.bars.height
    results = clean_all(lake, calendar=calendar)
    assert sum(real_bars(r.clean).height for r in results.values()) == market.bars.height
    panel = load_panel(lake, calendar=calendar)
    assert panel.symbols == market.symbols
    assert len(panel) == len(market.timeline)
    assert int((~np.isnan(panel["close"])).sum()) == market.bars.height
    assert load_instruments(lake)["TECAA"].sector == "Technology"


def test_cleaning_by_month_equals_cleaning_at_once(
    lake: Lake, market: SyntheticMarket, calendar: TradingCalendar
) -> None:
    register_synthetic(lake, market, calendar=calendar)
    clean_all(lake, calendar=calendar)
    whole = clean_bars(market.bars, calendar=calendar, actions=market.corporate_actions)
    assert lake.read("clean_bars").equals(whole.clean)


def test_a_second_import_of_the_same_bars_changes_nothing(
    lake: Lake, market: SyntheticMarket, calendar: TradingCalendar
) -> None:
    register_synthetic(lake, market, calendar=calendar)
    before = lake.data_hash("raw_bars")
    register_synthetic(lake, market, calendar=calendar)
    assert lake.data_hash("raw_bars") == before


def test_a_month_may_be_registered_by_itself(lake: Lake, market: SyntheticMarket, calendar: TradingCalendar) -> None:
    register_synthetic(lake, market, calendar=calendar)
    alone = Lake(Path(lake.root).parent / "alone")
    february = market.bars.filter(pl.col("ts_event").dt.month() == 2)
    register_bars(alone, february, calendar=calendar, now=None, source="synthetic", actions=market.corporate_actions)
    assert alone.data_hash("raw_bars") == lake.data_hash("raw_bars", ["2024-02"]) or alone.read_month(
        "raw_bars", "2024-02"
    ).equals(lake.read_month("raw_bars", "2024-02"))


def test_a_month_is_cleaned_after_the_one_before(
    lake: Lake, market: SyntheticMarket, calendar: TradingCalendar
) -> None:
    register_synthetic(lake, market, calendar=calendar)
    with pytest.raises(DataNotFoundError, match=r"QTS-DATA-016.*2024-01"):
        clean_month(lake, "2024-02", calendar=calendar)
    clean_month(lake, "2024-01", calendar=calendar)
    clean_month(lake, "2024-02", calendar=calendar)
    partition = lake.partition("clean_bars", "2024-02")
    assert partition is not None
    assert set(partition.lineage) == {"cleaning", "raw_bars", "cleaning_state", "actions"}


def test_refused_bars_leave_no_trace(lake: Lake, make_bars: MakeBars, calendar: TradingCalendar) -> None:
    with pytest.raises(DataValidationError, match="QTS-DATA-008"):
        register_bars(lake, make_bars(), calendar=calendar, now=datetime(2024, 3, 4, 15, tzinfo=UTC), source="test")
    assert lake.tables() == ()


def test_minutes_are_built_into_bars_on_the_way_in(lake: Lake, make_bars: MakeBars, calendar: TradingCalendar) -> None:
    registration = register_bars(lake, make_bars(minutes=1), calendar=calendar, now=None, source="test", bar_minutes=1)
    assert registration.rows == 26


def test_daily_bars_are_refused_with_what_to_do(lake: Lake, make_bars: MakeBars, calendar: TradingCalendar) -> None:
    with pytest.raises(DataValidationError, match="bars of 1440 minutes"):
        register_bars(lake, make_bars(), calendar=calendar, now=None, source="test", bar_minutes=1440)


def test_actions_and_instruments_add_up_and_the_last_word_counts(lake: Lake, split: MakeSplit) -> None:
    assert load_actions(lake).is_empty()
    assert load_instruments(lake) == {}
    register_actions(lake, split("AAA", date(2024, 3, 5), 4.0, 1.0))
    register_actions(lake, split("BBB", date(2024, 3, 5), 2.0, 1.0))
    register_actions(lake, split("AAA", date(2024, 3, 5), 3.0, 1.0))
    assert load_actions(lake).select("symbol", "new_shares").rows() == [("AAA", 3.0), ("BBB", 2.0)]
    register_instruments(lake, [Instrument("BBB", "Energy"), Instrument("AAA")])
    register_instruments(lake, [Instrument("AAA", "Utilities")])
    assert [(s, i.sector) for s, i in load_instruments(lake).items()] == [("AAA", "Utilities"), ("BBB", "Energy")]


def test_a_panel_knows_only_what_was_known(lake: Lake, make_bars: MakeBars, calendar: TradingCalendar) -> None:
    register_bars(lake, make_bars(), calendar=calendar, now=None, source="test")
    clean_all(lake, calendar=calendar)
    noon = datetime(2024, 3, 4, 17, tzinfo=UTC)
    panel = load_panel(lake, calendar=calendar, known_before=noon, first=date(2024, 3, 4), last=date(2024, 3, 4))
    assert len(panel) == 26
    assert int((~np.isnan(panel["close"])).sum()) == 10
    with pytest.raises(DataNotFoundError):
        load_panel(lake, calendar=calendar, known_before=datetime(2020, 1, 1, tzinfo=UTC))


def test_bars_that_come_later_are_appended_and_clean_to_the_same(
    lake: Lake, make_bars: MakeBars, calendar: TradingCalendar
) -> None:
    frame = pl.concat([make_bars(), make_bars(symbols=("BBB",), price=40.0)])
    revised = frame[:1].with_columns(pl.col("close", "high") + 0.01, ts_known=frame["ts_known"].max())
    at_once = Lake("memory://at-once")
    register_bars(at_once, pl.concat([frame, revised]), calendar=calendar, now=None, source="test")
    for part in (frame.filter(pl.col("symbol") == "AAA"), frame, revised, frame):
        register_bars(lake, part, calendar=calendar, now=None, source="test")
    grown = lake.partition("raw_bars", "2024-03")
    assert grown is not None
    assert [segment.rows for segment in grown.segments] == [26, 26, 1]
    clean_all(at_once, calendar=calendar)
    clean_all(lake, calendar=calendar)
    for table in ("clean_bars", "cleaning_state"):
        assert lake.read(table).equals(at_once.read(table)), table


def test_a_month_of_many_files_becomes_one(lake: Lake, make_bars: MakeBars, calendar: TradingCalendar) -> None:
    frame = make_bars()
    for row in range(MANY_FILES + 1):
        register_bars(lake, frame[row : row + 1], calendar=calendar, now=None, source="test")
    grown = lake.partition("raw_bars", "2024-03")
    assert grown is not None
    assert len(grown.segments) == 1
    assert lake.read_month("raw_bars", "2024-03").equals(frame[: MANY_FILES + 1])


def test_actions_written_by_an_earlier_version_take_the_shape_of_now_and_once_is_enough(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    old = pl.DataFrame(
        {
            "symbol": ["AAA"], "ex_date": [date(2024, 3, 4)], "kind": ["split"], "new_shares": [2.0],
            "old_shares": [1.0], "cash_per_share": [None], "source": ["s"],
        },
        schema_overrides={"cash_per_share": pl.Float64},
    )  # fmt: skip
    lake.write_month("corporate_actions", "all", old, lineage={"kind": "corporate actions"})
    renew_actions(lake)
    assert lake.read_month("corporate_actions", "all").schema == pl.Schema(dict(ACTION_SCHEMA))
    before = lake.partition("corporate_actions", "all")
    renew_actions(lake)
    assert lake.partition("corporate_actions", "all") == before
