"""Labels by month: those of training, known when they end, made again when bars they use come."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.settings import Settings
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.research.label_months import LabelMaker, labels_table, months_ahead
from qts_core.targets import parse_target

TARGET = parse_target("return_26bar")


def made(folder: Path, last: date) -> Lake:
    lake = Lake(folder)
    span = SyntheticMarketSettings(symbols=3, first=date(2024, 1, 22), last=last, seed=3)
    register_synthetic(lake, synthetic_market(span), calendar=xnys())
    clean_all(lake, calendar=xnys())
    return lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return made(tmp_path_factory.mktemp("lake"), date(2024, 2, 9))


def test_a_label_is_open_to_open_and_known_when_its_last_bar_ends(lake: Lake) -> None:
    done = LabelMaker(lake, Settings(), xnys()).refresh(TARGET, "2024-01")
    panel = load_panel(lake, calendar=xnys())
    opens, symbol = panel["open"] * panel["factor"], panel.symbols[1]
    row = done.frame.filter(pl.col("symbol") == symbol).row(5, named=True)
    [at] = panel.timeline.rows_of(np.array([int(row["ts_event"].timestamp() * 1e6)]))
    assert row["label"] == pytest.approx(opens[at + 27, 1] / opens[at + 1, 1] - 1.0, rel=1e-12)
    assert int(row["label_end"].timestamp() * 1e6) == panel.timeline.ts_event[at + 27]
    assert int(row["ts_known"].timestamp() * 1e6) == panel.timeline.ts_known[at + 27]


def test_the_last_bars_of_the_data_have_no_label_yet(lake: Lake) -> None:
    done = LabelMaker(lake, Settings(), xnys()).refresh(TARGET, "2024-02")
    bars = lake.read_month("clean_bars", "2024-02").filter(pl.col("volume") > 0)
    assert done.frame.height <= bars.height - 3 * 27
    assert done.frame["ts_known"].max() <= bars["ts_known"].max()  # type: ignore[operator]


def test_a_month_is_labelled_once_and_again_when_the_month_it_reaches_into_comes(tmp_path: Path) -> None:
    short = made(tmp_path / "a", date(2024, 1, 31))
    maker = LabelMaker(short, Settings(), xnys())
    first = maker.refresh(TARGET, "2024-01")
    assert not first.is_unchanged
    assert LabelMaker(short, Settings(), xnys()).refresh(TARGET, "2024-01").is_unchanged
    longer = SyntheticMarketSettings(symbols=3, first=date(2024, 1, 22), last=date(2024, 2, 9), seed=3)
    register_synthetic(short, synthetic_market(longer), calendar=xnys())
    clean_all(short, calendar=xnys())
    later = LabelMaker(short, Settings(), xnys())
    assert later.months_ending_in(TARGET, ["2024-02"]) == ("2024-01", "2024-02")
    again = later.refresh(TARGET, "2024-01")
    assert not again.is_unchanged
    assert again.frame.height == first.frame.height + 3 * 27
    assert short.partition(labels_table(TARGET), "2024-01") == again.partition


def test_a_horizon_says_how_many_months_it_reaches() -> None:
    assert months_ahead(TARGET) == 1
    assert months_ahead(parse_target("return_546bar")) >= 2
