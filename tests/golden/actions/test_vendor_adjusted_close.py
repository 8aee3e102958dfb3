"""The adjusted close of a vendor's daily sample, 43 symbols from 1999 to 2021, out of its raw closes and actions.

Reference: the column `adjusted_close` of the sample (Alpha Vantage), written with six decimals.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from qts_core.data.actions.adjustment import Convention, back_factors
from qts_core.data.actions.table import actions_frame

LAST = date(2021, 4, 21)
WRITTEN = 5e-7
"""Half of the last decimal of the sample."""

INCONSISTENT = {
    # Quarterly dividends of 0.02125 stand as 0.0213: every ex-date from 2000-07-27 to 2004-07-28.
    "TXN": date(2004, 7, 28),
    # 0.25375 stands as 0.2537, 0.25625 as 0.2562: every ex-date from 2000-01-06 to 2002-01-08.
    "T": date(2002, 1, 8),
    # Hospira (2004-05-03) booked both as a dividend and as a split; dividends of 2006-01-11 and 2006-04-11 rounded.
    "ABT": date(2006, 4, 11),
    # Dividends of 2000-07-05 and 2000-09-29 rounded, and shares of Wabtec booked as a dividend on 2019-02-26.
    "GE": date(2019, 2, 26),
}
"""Symbols whose source data do not give their own adjusted close, with the ex-date before which they do not."""


@pytest.fixture(scope="module")
def daily(real_data: Path) -> pl.DataFrame:
    frame = pl.read_parquet(real_data / "daily_sp500_1999_2021" / "daily_43symbols_1999_2021.parquet")
    return frame.rename({"date": "session"}).sort("symbol", "session")


@pytest.fixture(scope="module")
def actions(daily: pl.DataFrame) -> pl.DataFrame:
    where = {"symbol": "symbol", "ex_date": "session"}
    splits = daily.filter(pl.col("split_coefficient") != 1.0).select(
        **where, kind=pl.lit("split"), new_shares="split_coefficient", old_shares=pl.lit(1.0)
    )
    dividends = daily.filter(pl.col("dividend_amount") != 0.0).select(
        **where, kind=pl.lit("dividend"), cash_per_share="dividend_amount"
    )
    return actions_frame(pl.concat([splits, dividends], how="diagonal").to_dicts())


def errors(daily: pl.DataFrame, actions: pl.DataFrame, convention: Convention) -> pl.DataFrame:
    """Return the relative error of every adjusted close, beyond what its decimals can tell."""
    factors = back_factors(daily, actions, as_of=LAST, convention=convention)
    joined = daily.join(factors, on=["symbol", "session"])
    relative = pl.col("close") * pl.col("price_factor") / pl.col("adjusted_close") - 1.0
    return joined.with_columns(error=relative.abs() - WRITTEN / pl.col("adjusted_close"))


def test_the_ex_day_convention_gives_the_vendors_adjusted_close_to_1e_6(
    daily: pl.DataFrame, actions: pl.DataFrame
) -> None:
    found = errors(daily, actions, Convention.EX_DAY_CLOSE)
    assert found["symbol"].n_unique() == 43
    assert set(found.filter(pl.col("error") > 1e-6)["symbol"]) == set(INCONSISTENT)
    # They are off by rounding too, not by another convention.
    assert found["error"].to_numpy().max() < 4e-5


@pytest.mark.parametrize(("symbol", "day"), sorted(INCONSISTENT.items()))
def test_an_inconsistent_symbol_is_exact_from_the_date_named_on_and_off_right_before_it(
    daily: pl.DataFrame, actions: pl.DataFrame, symbol: str, day: date
) -> None:
    assert actions.filter((pl.col("symbol") == symbol) & (pl.col("ex_date") == day)).height > 0
    found = errors(daily.filter(pl.col("symbol") == symbol), actions, Convention.EX_DAY_CLOSE)
    assert found.filter(pl.col("session") >= day)["error"].to_numpy().max() <= 1e-6
    assert found.filter(pl.col("session") < day)["error"][-1] > 1e-6


def test_the_other_convention_is_another_series(daily: pl.DataFrame, actions: pl.DataFrame) -> None:
    found = errors(daily, actions, Convention.PREVIOUS_CLOSE)
    off = found.group_by("symbol").agg(pl.col("error").max()).filter(pl.col("error") > 1e-6)
    # Who paid nothing, or next to nothing, has the same series under every convention.
    assert off.height == 35
    assert found.filter(pl.col("session") == LAST)["error"].to_numpy().max() <= 0
