"""Raw and adjusted prices are told apart by their digits and by known splits."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from qts_core.data.actions.table import actions_frame, no_actions
from qts_core.data.reading.adjustment import settle_adjustment
from qts_core.data.reading.parsing import parse_bars
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.errors import DataValidationError
from tests.support.bar_tables import sound_bars

PRICES = ["open", "high", "low", "close"]
RAW = parse_bars(sound_bars(date(2024, 1, 2), date(2024, 3, 1)), source="s", where="f").frame
SPLIT_DAY = date(2024, 2, 1)


def split(symbol: str = "MSFT", ratio: float = 4.0) -> pl.DataFrame:
    row = {"symbol": symbol, "ex_date": SPLIT_DAY, "kind": "split", "new_shares": ratio, "old_shares": 1.0}
    return actions_frame([row])


def times(frame: pl.DataFrame, factor: float, where: pl.Expr | None = None) -> pl.DataFrame:
    """Return bars with the prices of some rows multiplied, at full precision."""
    rows = pl.lit(value=True) if where is None else where
    return frame.with_columns(
        pl.when(rows).then(pl.col(name) * factor).otherwise(pl.col(name)).alias(name) for name in PRICES
    )


def before(day: date) -> pl.Expr:
    return pl.col("ts_event").dt.date() < day


def test_whole_cents_are_raw() -> None:
    assert settle_adjustment(RAW, no_actions(), where="f") == ("raw", ())


def test_half_cents_and_some_finer_trades_are_raw() -> None:
    finer = RAW.with_columns(
        close=pl.col("close") + pl.when(pl.int_range(pl.len()) % 3 == 0).then(0.0013).otherwise(0.005)
    )
    assert settle_adjustment(finer, no_actions(), where="f")[0] == "raw"


def test_dividends_taken_out_show_as_digits_up_to_the_last_ex_date() -> None:
    kind, notes = settle_adjustment(times(RAW, 0.99482913, before(date(2024, 2, 15))), no_actions(), where="f")
    assert kind == "all"
    assert "closes of 2 of 2 symbols are not whole cents" in notes[0]


@pytest.mark.parametrize("ratio", [3.0, 7.0, 20.0])
def test_splits_alone_are_told_since_the_prices_times_the_ratio_are_cents(ratio: float) -> None:
    kind, _ = settle_adjustment(times(RAW, 1 / ratio, before(date(2024, 2, 15))), no_actions(), where="f")
    assert kind == "splits"


def test_a_known_split_without_a_step_tells_adjusted_prices_that_were_rounded() -> None:
    assert settle_adjustment(RAW, split(), where="f")[0] != "raw"
    stepping = times(RAW, 0.25, (pl.col("symbol") == "MSFT") & ~before(SPLIT_DAY)).with_columns(pl.col(PRICES).round(2))
    assert settle_adjustment(stepping, split(), where="f") == ("raw", ())


@pytest.mark.parametrize("declared", ["splits", "all"])
def test_prices_declared_adjusted_that_step_on_a_known_split_are_refused(declared: str) -> None:
    stepping = times(RAW, 0.25, (pl.col("symbol") == "MSFT") & ~before(SPLIT_DAY)).with_columns(pl.col(PRICES).round(2))
    with pytest.raises(DataValidationError, match=r"QTS-DATA-021.*step on the day of a known split.*MSFT"):
        settle_adjustment(stepping, split(), declared=declared, where="f")  # type: ignore[arg-type]


def test_prices_declared_adjusted_without_a_sign_of_it_are_taken_with_a_note() -> None:
    assert settle_adjustment(RAW, no_actions(), declared="all", where="f") == (
        "all", ("adjusted prices (all) as declared; the data show no sign of it",)
    )  # fmt: skip


def test_a_series_that_turns_from_raw_to_adjusted_is_refused_and_the_other_way_is_usual() -> None:
    turned = times(RAW, 0.9931, (pl.col("symbol") == "AAPL") & ~before(date(2024, 2, 1)))
    with pytest.raises(DataValidationError, match="mixed in one series at f; found AAPL"):
        settle_adjustment(turned, no_actions(), where="f")
    assert settle_adjustment(times(RAW, 0.9931, before(date(2024, 2, 1))), no_actions(), where="f")[0] == "all"


def test_one_odd_symbol_of_many_makes_no_adjusted_market() -> None:
    many = pl.concat([RAW.with_columns(symbol=pl.lit(f"S{chr(65 + i)}")) for i in range(12)])
    kind, notes = settle_adjustment(times(many, 0.9931, pl.col("symbol") == "SC"), no_actions(), where="f")
    assert kind == "raw"
    assert notes == ("prices of SC look adjusted, those of the others raw; taken as raw",)


def test_fractions_before_2001_and_prices_below_a_dollar_say_nothing() -> None:
    sixteenths = RAW.with_columns(
        pl.col("ts_event").dt.offset_by("-25y"), *((pl.col(name) * 16).round() / 16 for name in PRICES)
    )
    assert settle_adjustment(sixteenths, no_actions(), where="f")[0] == "raw"
    assert settle_adjustment(times(RAW, 0.001), no_actions(), where="f")[0] == "raw"


def test_synthetic_bars_are_raw_with_and_without_their_splits() -> None:
    market = synthetic_market(SyntheticMarketSettings(symbols=4, first=date(2023, 1, 3), last=date(2023, 12, 29)))
    assert settle_adjustment(market.bars, no_actions(), where="f")[0] == "raw"
    assert settle_adjustment(market.bars, market.corporate_actions, where="f")[0] == "raw"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("av_15min_2020_2022/bars_15m_rth.parquet", "all"),
        ("av_15min_2020_2022/bars_5m_META_ticker_reuse.parquet", "raw"),
        ("mixed_feed_1min_2025_2026/bars_1m_4symbols.parquet", "raw"),
        ("sparse_1min_2026_novolume/bars_15m_rth_subset.parquet", "raw"),
        ("spy_1min_2011/bars_1m.parquet", "raw"),
    ],
)
def test_real_files_are_told_apart(real_data: Path, name: str, kind: str) -> None:
    frame = parse_bars(pl.read_parquet(real_data / name), source="s", where=name, no_volume=True).frame
    assert settle_adjustment(frame, no_actions(), where=name)[0] == kind


@pytest.mark.real_data
def test_daily_raw_and_adjusted_closes_of_one_file_are_told_apart(real_data: Path) -> None:
    daily = pl.read_parquet(real_data / "daily_sp500_1999_2021" / "daily_43symbols_1999_2021.parquet")
    recent = daily.filter(pl.col("date") >= date(2015, 1, 1)).sort("symbol", "date")

    # Fifty days of a symbol count as a week here, since the rule looks at weeks of bars.
    week = pl.col("date").cum_count().over("symbol") // 60
    spread = recent.with_columns(
        ts_event=pl.lit(datetime(2015, 1, 5))
        + pl.duration(weeks=week, minutes=pl.col("date").cum_count().over("symbol") % 60)
    )
    bars = spread.with_columns(pl.col("ts_event").dt.replace_time_zone("UTC"))
    assert settle_adjustment(bars, no_actions(), where="raw")[0] == "raw"
    adjusted = bars.with_columns(close=pl.col("adjusted_close"))
    assert settle_adjustment(adjusted, no_actions(), where="adjusted")[0] == "all"
