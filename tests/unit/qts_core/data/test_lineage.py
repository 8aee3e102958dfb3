"""What a month of clean bars is made from decides whether it is made again."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.data.ingest import load_actions, refresh_month, register_actions, register_synthetic
from qts_core.data.lineage import cleaning_inputs
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataNotFoundError

MONTHS = ("2024-01", "2024-02")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    span = SyntheticMarketSettings(symbols=4, first=date(2024, 1, 22), last=date(2024, 2, 7), seed=2)
    lake = Lake(tmp_path)
    register_synthetic(lake, synthetic_market(span), calendar=xnys())
    return lake


def refreshed(lake: Lake) -> set[str]:
    return {month for month in MONTHS if refresh_month(lake, month, calendar=xnys()) is not None}


def revise(lake: Lake, month: str, place: int) -> None:
    """Append a correction of one bar of the month: another row with a later `ts_known`."""
    bars = lake.read_month("raw_bars", month)
    fixed = bars.sort("ts_event", "symbol")[place].with_columns(
        close=pl.col("low"), ts_known=pl.col("ts_known") + timedelta(minutes=5)
    )
    lake.write_month("raw_bars", month, pl.concat([bars, fixed]), lineage={})


def test_an_unchanged_month_is_cleaned_once(lake: Lake) -> None:
    assert refreshed(lake) == set(MONTHS)
    assert refreshed(lake) == set()


def test_a_revision_has_its_month_cleaned_again_and_later_ones_only_if_the_end_changed(lake: Lake) -> None:
    refreshed(lake)
    state = lake.data_hash("cleaning_state", ["2024-01"])
    revise(lake, "2024-01", -1)
    changed = refreshed(lake)
    assert "2024-01" in changed
    assert ("2024-02" in changed) == (lake.data_hash("cleaning_state", ["2024-01"]) != state)
    revise(lake, "2024-02", 0)
    assert refreshed(lake) == {"2024-02"}


def test_an_action_concerns_the_months_from_its_ex_date_on(lake: Lake) -> None:
    refreshed(lake)
    [symbol, *_] = lake.read_month("raw_bars", "2024-02")["symbol"].unique().sort()
    before = {month: cleaning_inputs(lake, month, load_actions(lake)) for month in MONTHS}
    dividend = load_actions(lake).clear()
    row = {"symbol": symbol, "ex_date": date(2024, 2, 5), "kind": "dividend", "cash_per_share": 0.1, "source": "test"}
    dividend = pl.concat([dividend, pl.DataFrame([row], schema=dividend.schema)])
    register_actions(lake, dividend)
    after = {month: cleaning_inputs(lake, month, load_actions(lake)) for month in MONTHS}
    assert after["2024-01"] == before["2024-01"]
    assert after["2024-02"] != before["2024-02"]
    assert refreshed(lake) == {"2024-02"}


def test_without_the_month_before_nothing_can_be_cleaned(lake: Lake) -> None:
    with pytest.raises(DataNotFoundError, match=r"QTS-DATA-016.*no cleaning_state of 2024-01"):
        cleaning_inputs(lake, "2024-02", load_actions(lake))
