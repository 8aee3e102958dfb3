"""The one door into the lake: nothing half, nothing mixed; what was interrupted is finished by running it again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.data.actions.table import actions_frame
from qts_core.data.admission import admit, admit_bars, examine_bars
from qts_core.data.ingest import load_actions, register_actions
from qts_core.data.market_source import recorded_source
from qts_core.data.reading.parsing import parse_bars
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataValidationError
from tests.support.bar_tables import sound_bars

PRICES = ["open", "high", "low", "close"]
LONG = (date(2024, 1, 16), date(2024, 4, 15))


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def bars(
    first: date, last: date, *, symbols: tuple[str, ...] = ("AAPL", "MSFT"), source: str = "a.csv"
) -> pl.DataFrame:
    """Return a part of one long series, so that parts fit together."""
    whole = sound_bars(*LONG, symbols=symbols)
    part = whole.filter(pl.col("timestamp").dt.date().is_between(first, last))
    return parse_bars(part, source=source, where=source).frame


def bring(lake: Lake, frame: pl.DataFrame, origin: str = "a.csv", **options: object) -> None:
    admit_bars(lake, frame, calendar=xnys(), now=None, origin=origin, **options)  # type: ignore[arg-type]


def contents(lake: Lake) -> dict[str, str]:
    return {table: lake.data_hash(table) for table in lake.tables()}


def test_examining_writes_nothing(lake: Lake) -> None:
    frame = bars(date(2024, 2, 1), date(2024, 3, 8))
    candidate = examine_bars(lake, frame, calendar=xnys(), now=None, origin="a.csv")
    assert (candidate.months, candidate.symbols) == (("2024-02", "2024-03"), ("AAPL", "MSFT"))
    assert lake.tables() == ()
    assert recorded_source(lake) is None


@pytest.mark.parametrize("steps", range(5))
def test_an_import_that_is_killed_leaves_each_month_old_or_new_and_is_finished_by_the_next(
    lake: Lake, tmp_path: Path, steps: int
) -> None:
    bring(lake, bars(date(2024, 1, 16), date(2024, 2, 9)))
    before = {month: lake.data_hash("raw_bars", [month]) for month in ("2024-01", "2024-02", "2024-03", "2024-04")}
    frame = bars(*LONG)
    candidate = examine_bars(lake, frame, calendar=xnys(), now=None, origin="b.csv")

    def die(_what: str, _month: str) -> None:
        nonlocal steps
        steps -= 1
        if steps < 0:
            raise Killed

    with pytest.raises(Killed):
        admit(lake, candidate, calendar=xnys(), progress=die)
    whole = Lake(tmp_path / "whole")
    bring(whole, bars(date(2024, 1, 16), date(2024, 2, 9)))
    bring(whole, frame, "b.csv")
    after = {month: whole.data_hash("raw_bars", [month]) for month in before}
    for month in before:
        assert lake.data_hash("raw_bars", [month]) in {before[month], after[month]}
    bring(lake, frame, "b.csv")
    assert contents(lake) == contents(whole)
    assert recorded_source(lake) == recorded_source(whole)


def test_bars_brought_a_second_time_change_nothing(lake: Lake) -> None:
    bring(lake, bars(date(2024, 2, 1), date(2024, 3, 8)))
    before = contents(lake)
    bring(lake, bars(date(2024, 2, 1), date(2024, 3, 8)))
    assert contents(lake) == before


def test_a_market_grows_by_symbols_and_at_both_ends(lake: Lake) -> None:
    bring(lake, bars(date(2024, 2, 1), date(2024, 2, 29)))
    bring(lake, bars(date(2024, 3, 1), date(2024, 3, 8)), "march.csv")
    bring(lake, bars(date(2024, 1, 16), date(2024, 1, 31), symbols=("AAPL", "MSFT", "NVDA")), "january.csv")
    known = recorded_source(lake)
    assert known is not None
    assert (known.first, known.last) == (date(2024, 1, 16), date(2024, 3, 8))
    assert known.symbols == ("AAPL", "MSFT", "NVDA")
    assert lake.months("clean_bars") == ("2024-01", "2024-02", "2024-03")


def test_a_hole_between_the_lake_and_new_bars_is_a_gap(lake: Lake) -> None:
    bring(lake, bars(date(2024, 2, 1), date(2024, 2, 29)))
    before = contents(lake)
    with pytest.raises(DataValidationError, match=r"\[gap\].*AAPL 78 bars, 2024-03-01 14:30 to 2024-03-05"):
        bring(lake, bars(date(2024, 3, 6), date(2024, 4, 15)), "later.csv")
    assert contents(lake) == before


def test_a_step_between_the_lake_and_new_bars_shows(lake: Lake) -> None:
    bring(lake, bars(date(2024, 2, 1), date(2024, 2, 29)))
    tenfold = bars(date(2024, 3, 1), date(2024, 3, 8)).with_columns(pl.col(PRICES) * 10)
    with pytest.raises(DataValidationError, match=r"price_jumps.*AAPL on 2024-03-01.*nearest split 1:10"):
        bring(lake, tenfold, "later.csv")


def test_other_values_of_the_same_bars_from_the_same_source_are_refused(lake: Lake) -> None:
    frame = bars(date(2024, 2, 1), date(2024, 2, 29))
    bring(lake, frame)
    before = contents(lake)
    with pytest.raises(DataValidationError, match=r"QTS-DATA-008.*\[duplicates\]"):
        bring(lake, frame.with_columns(volume=pl.col("volume") + 1))
    assert contents(lake) == before


def test_a_revision_with_its_time_stands_beside_what_was_known(lake: Lake) -> None:
    frame = bars(date(2024, 2, 1), date(2024, 2, 29))
    bring(lake, frame)
    revised = frame.head(1).with_columns(pl.col("ts_known").dt.offset_by("1d"), volume=pl.col("volume") + 1)
    bring(lake, revised)
    assert lake.read("raw_bars").height == frame.height + 1


def test_refused_symbols_are_dropped_when_asked(lake: Lake) -> None:
    frame = bars(date(2024, 2, 1), date(2024, 2, 29))
    holed = frame.filter(~((pl.col("symbol") == "MSFT") & pl.col("ts_event").dt.day().is_between(13, 14)))
    candidate = examine_bars(lake, holed, calendar=xnys(), now=None, origin="a.csv", drop_refused=True)
    assert candidate.dropped == ("MSFT",)
    assert candidate.symbols == ("AAPL",)


@pytest.mark.parametrize("kind", ["split", "dividend"])
def test_in_adjusted_prices_no_action_is_applied_again(lake: Lake, kind: str) -> None:
    adjusted = bars(date(2024, 2, 1), date(2024, 2, 29)).with_columns(pl.col(PRICES) * 0.98137)
    bring(lake, adjusted, adjustment="auto")
    known = recorded_source(lake)
    assert known is not None
    assert known.adjustment == "all"
    row = {"symbol": "AAPL", "ex_date": date(2024, 2, 9), "kind": kind, "new_shares": 2.0, "old_shares": 1.0,
           "cash_per_share": 0.24}  # fmt: skip
    with pytest.raises(DataValidationError, match="QTS-DATA-023"):
        register_actions(lake, actions_frame([row]))
    register_actions(lake, actions_frame([{"symbol": "AAPL", "ex_date": date(2024, 3, 1), "kind": "delisting"}]))
    assert load_actions(lake).height == 1


def test_adjusted_prices_do_not_come_where_actions_wait_for_raw_ones(lake: Lake) -> None:
    row = {"symbol": "AAPL", "ex_date": date(2024, 2, 9), "kind": "dividend", "cash_per_share": 0.24}
    register_actions(lake, actions_frame([row]))
    adjusted = bars(date(2024, 2, 1), date(2024, 2, 29)).with_columns(pl.col(PRICES) * 0.98137)
    with pytest.raises(DataValidationError, match="QTS-DATA-023"):
        bring(lake, adjusted, adjustment="auto")


def test_minutes_are_judged_by_themselves_and_built(lake: Lake) -> None:
    minutes = parse_bars(sound_bars(minutes=1), source="m", where="m").frame
    broken = minutes.with_columns(pl.when(pl.int_range(pl.len()) == 5).then(-1.0).otherwise(pl.col("low")).alias("low"))
    candidate = examine_bars(lake, broken, calendar=xnys(), now=None, origin="m", bar_minutes=1)
    assert candidate.report.finding("price_not_positive") is not None
    assert candidate.bars.height == minutes.height // 15
