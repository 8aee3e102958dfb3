"""Stored bars that new ones are judged with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from qts_core.adapters.lake import Lake
from qts_core.data.ingest import write_raw_bars
from qts_core.data.neighbours import stored_neighbours
from qts_core.data.reading.parsing import parse_bars
from tests.support.bar_tables import sound_bars

WHOLE = parse_bars(sound_bars(date(2024, 1, 2), date(2024, 3, 8)), source="s", where="s").frame
DAY = pl.col("ts_event").dt.date()


def test_each_symbol_has_its_last_bar_before_and_its_first_after(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    middle = DAY.is_between(date(2024, 2, 1), date(2024, 2, 9))
    list(write_raw_bars(lake, WHOLE.filter(~middle), {}))
    around = stored_neighbours(lake, WHOLE.filter(middle)).sort("symbol", "ts_event")
    assert [f"{s} {t:%m-%d %H:%M}" for s, t in around.select("symbol", "ts_event").iter_rows()] == [
        "AAPL 01-31 20:45", "AAPL 02-12 14:30", "MSFT 01-31 20:45", "MSFT 02-12 14:30",
    ]  # fmt: skip


def test_the_bar_before_may_lie_months_back(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    list(write_raw_bars(lake, WHOLE.filter(date(2024, 1, 20) > DAY), {}))
    around = stored_neighbours(lake, WHOLE.filter(date(2024, 3, 3) < DAY))
    assert around["ts_event"].dt.date().unique().to_list() == [date(2024, 1, 19)]


def test_other_versions_of_the_same_bars_are_found_and_equal_ones_are_not(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    list(write_raw_bars(lake, WHOLE, {}))
    assert stored_neighbours(lake, WHOLE).is_empty()
    other = WHOLE.with_columns(volume=pl.when(pl.int_range(pl.len()) == 7).then(1.0).otherwise(pl.col("volume")))
    assert stored_neighbours(lake, other).equals(WHOLE.slice(7, 1))


def test_a_lake_without_bars_has_no_neighbours(tmp_path: Path) -> None:
    assert stored_neighbours(Lake(tmp_path), WHOLE).is_empty()
