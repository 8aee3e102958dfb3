"""Steps are measured from the last price that was believed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from qts_core.data.actions.table import actions_frame, no_actions
from qts_core.data.quality.jumps import find_jumps, nearest_split, with_factor

MakeBars = Callable[..., pl.DataFrame]


def levels(make_bars: MakeBars, *prices: float) -> pl.DataFrame:
    """Return bars of one symbol whose four prices are all the given one."""
    bars = make_bars().head(len(prices))
    same = bars.with_columns(pl.Series(name, prices) for name in ("open", "high", "low", "close"))
    return with_factor(same, no_actions())


@pytest.mark.parametrize(
    ("prices", "refused"),
    [
        ((10.0, 10.0, 10.0), []),
        ((10.0, 100.0, 10.0), [1]),
        ((10.0, 100.0, 101.0, 100.0), [1, 2, 3]),
        ((10.0, 20.0, 40.0, 80.0), []),
        ((10.0, 30.0), [1]),
        ((10.0, 29.9), []),
        ((10.0, 3.4, 3.3), []),
        ((10.0, 3.3, 10.0), [1]),
        ((10.0, 0.1, 1000.0, 11.0), [1, 2]),
    ],
)
def test_a_bar_is_compared_with_the_last_accepted_close(
    make_bars: MakeBars, prices: tuple[float, ...], refused: list[int]
) -> None:
    jumps = find_jumps(levels(make_bars, *prices))
    assert [i for i, is_jump in enumerate(jumps.is_jump) if is_jump] == refused


def test_the_range_of_a_crash_may_be_wide_when_each_step_is_not(make_bars: MakeBars) -> None:
    # AIG, 2008-09-15: closed at 12.14, opened at 7.12, fell to 3.50, closed at 4.76.
    bars = levels(make_bars, 12.14, 7.12).with_columns(low=pl.Series([12.14, 3.50]), close=pl.Series([12.14, 4.76]))
    assert not find_jumps(bars).is_jump.any()


def test_a_symbol_that_is_new_needs_no_history(make_bars: MakeBars) -> None:
    new = levels(make_bars, 500.0).with_columns(symbol=pl.lit("NEW"))
    assert not find_jumps(new, {"AAA": 10.0}).is_jump.any()
    assert find_jumps(levels(make_bars, 500.0), {"AAA": 10.0}).is_jump.all()


@pytest.mark.parametrize(
    ("ratio", "split"), [(2.02, "1:2"), (0.5, "2:1"), (0.66, "3:2"), (1.52, "2:3"), (0.0098, "100:1"), (9.4, "1:10")]
)
def test_the_nearest_split_is_new_for_old_shares(ratio: float, split: str) -> None:
    # A price that halves comes from two new shares for one old.
    assert nearest_split(ratio) == split


def test_factor_is_that_of_the_new_york_day(make_bars: MakeBars) -> None:
    split = {"symbol": "AAA", "ex_date": date(2024, 3, 5), "kind": "split", "new_shares": 4.0, "old_shares": 1.0}
    actions = actions_frame([split])
    both = with_factor(make_bars(date(2024, 3, 4), date(2024, 3, 5), symbols=("AAA", "BBB")), actions)
    totals = both.group_by("symbol", "session").agg(pl.col("factor").unique()).sort("symbol", "session")
    assert totals["factor"].to_list() == [[1.0], [4.0], [1.0], [1.0]]
