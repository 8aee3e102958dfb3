"""Benchmarks from bars: equal weights worked by hand, funds where the lake has them, nothing invented."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.settings import Settings
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.market.panel import Floats, Panel
from qts_core.market.timeline import Timeline
from qts_core.research.lake_benchmarks import EQUAL_WEIGHT, lake_benchmarks, panel_benchmarks

LINE = Timeline.between(xnys(), date(2024, 1, 29), date(2024, 2, 2), bar_minutes=390)
"""Three sessions of January and two of February, a bar each."""
DAYS = LINE.session


def panel(**closes: list[float]) -> Panel:
    table: Floats = np.array(list(closes.values()), dtype=np.float64).T.copy()
    fields = {name: table.copy() for name in ("open", "high", "low", "close")}
    return Panel(LINE, tuple(closes), {**fields, "volume": np.ones(table.shape), "factor": np.ones(table.shape)})


def test_equal_weights_are_set_anew_each_month() -> None:
    found = panel_benchmarks(panel(A=[10, 20, 20, 20, 40], B=[10, 10, 10, 10, 10]), DAYS[1:], ("A", "B"))
    # half each: A doubles (+50 %), then nothing, and in February half each again: nothing, then A doubles
    np.testing.assert_allclose(found[EQUAL_WEIGHT], [0.5, 0.0, 0.0, 0.5])


def test_who_had_no_bar_before_is_not_held_and_who_ends_stands_still() -> None:
    nan = float("nan")
    found = panel_benchmarks(
        panel(A=[10, 11, 11, 11, 11], LATE=[nan, 10, 20, 20, 20], ENDS=[10, 12, nan, nan, nan]), DAYS[1:],
        ("A", "LATE", "ENDS"),
    )  # fmt: skip
    np.testing.assert_allclose(found[EQUAL_WEIGHT], [0.15, 0.0, 0.0, 0.0], atol=1e-15)


def test_funds_stand_beside_where_there_are_bars_of_them() -> None:
    found = panel_benchmarks(panel(A=[10, 10, 10, 10, 10], SPY=[100, 101, 101, 101, 101]), DAYS[1:], ("A",))
    assert set(found) == {"SPY", EQUAL_WEIGHT}
    np.testing.assert_allclose(found["SPY"], [0.01, 0.0, 0.0, 0.0])
    assert found[EQUAL_WEIGHT].max() == 0.0


def test_without_a_bar_before_the_first_return_is_nothing() -> None:
    found = panel_benchmarks(panel(A=[10, 20, 20, 20, 40]), DAYS, ("A",))
    np.testing.assert_allclose(found[EQUAL_WEIGHT], [0.0, 1.0, 0.0, 0.0, 1.0])
    assert panel_benchmarks(panel(A=[10, 20, 20, 20, 40]), DAYS, ()) == {}


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    made: Path = tmp_path_factory.mktemp("benchmarks")
    found, calendar = Lake(made), xnys()
    settings = SyntheticMarketSettings(symbols=5, first=date(2024, 1, 2), last=date(2024, 2, 29), seed=3)
    register_synthetic(found, synthetic_market(settings), calendar=calendar)
    clean_all(found, calendar=calendar)
    return found


def test_the_lake_gives_equal_weights_of_its_symbols_on_the_sessions_asked_for(lake: Lake) -> None:
    whole = load_panel(lake, calendar=xnys())
    days = np.unique(whole.timeline.session)
    asked = days[10:20]
    found = lake_benchmarks(lake, Settings(), asked, calendar=xnys())
    assert set(found) == {EQUAL_WEIGHT}
    closes = whole["close"][whole.timeline.slot == whole.timeline.slots - 1]
    closes = closes * whole["factor"][whole.timeline.slot == whole.timeline.slots - 1]
    # of one month no weights are set anew: the mean growth of what each symbol did
    in_january = asked < (date(2024, 2, 1) - date(1970, 1, 1)).days
    growth = (closes[10:20] / closes[9]).mean(axis=1)[in_january]
    np.testing.assert_allclose(np.cumprod(1.0 + found[EQUAL_WEIGHT][in_january]), growth, rtol=1e-12)
    assert lake_benchmarks(lake, Settings(), asked[:0], calendar=xnys()) == {}
