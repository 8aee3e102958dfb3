"""Bar files whose every cell can be read and that are wrong all the same: rows B12 and B17 to B38 of the catalogue."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from typer.testing import Result

from qts_core.adapters.lake import Lake
from qts_core.data.actions.table import actions_frame
from qts_core.data.ingest import register_actions
from qts_core.data.quality.flags import real_bars
from tests.support.bar_tables import csv_of, sound_bars, spoilt

ImportFile = Callable[..., Result]
Refuse = Callable[..., str]

SOUND = sound_bars()
PRICES = ["open", "high", "low", "close"]


def findings(result: Result) -> dict[str, dict[str, object]]:
    """The report's findings by rule, of an import with ``--json`` that was accepted."""
    assert result.exit_code == 0, (result.output, result.exception)
    return {f["rule"]: f for f in json.loads(result.stdout)["report"]["findings"]}


def quarantined(lake: Lake) -> list[str]:
    return lake.read("quarantine")["rule"].to_list()


def test_b12_swapped_columns_are_refused_with_a_hint(refused: Refuse) -> None:
    swapped = SOUND.rename({"low": "high", "high": "low"})
    assert "columns look swapped" in refused("bars.csv", csv_of(swapped), code="QTS-DATA-008")


@pytest.mark.parametrize("cell", ["NaN", "inf", ""])
def test_b17_a_price_that_is_no_number_goes_to_quarantine(import_file: ImportFile, lake: Lake, cell: str) -> None:
    text = spoilt(SOUND.with_columns(pl.col("open").cast(pl.String)), 30, open=cell)
    assert findings(import_file("bars.csv", csv_of(text), "--json"))["not_finite"]["count"] == 1
    assert quarantined(lake) == ["not_finite"]
    assert real_bars(lake.read("clean_bars")).height == SOUND.height - 1


@pytest.mark.parametrize("price", [0.0, -1.0])
def test_b18_a_price_that_is_not_positive_goes_to_quarantine(import_file: ImportFile, lake: Lake, price: float) -> None:
    found = findings(import_file("bars.csv", csv_of(spoilt(SOUND, 30, low=price)), "--json"))
    assert found["price_not_positive"]["count"] == 1
    assert quarantined(lake) == ["price_not_positive"]


def test_b19_a_bar_out_of_order_goes_to_quarantine_and_many_are_refused(
    refused: Refuse, import_file: ImportFile, lake: Lake
) -> None:
    row = SOUND.row(30, named=True)
    findings(import_file("bars.csv", csv_of(spoilt(SOUND, 30, high=row["low"] - 0.01)), "--json"))
    assert quarantined(lake) == ["ohlc_order"]
    many = SOUND.with_columns(pl.when(pl.int_range(pl.len()) % 50 == 3).then(pl.col("low") - 0.01).otherwise(
        pl.col("high")).alias("high"))  # fmt: skip
    line = refused("many.csv", csv_of(many), code="QTS-DATA-008")
    assert "ohlc_order_share" in line
    assert "low <= open, close <= high" in line


def test_b20_negative_counts_go_to_quarantine_and_an_odd_vwap_is_set_missing(
    import_file: ImportFile, lake: Lake
) -> None:
    more = SOUND.with_columns(vwap=pl.col("close"), trade_count=pl.lit(10))
    bars = spoilt(spoilt(spoilt(more, 30, volume=-1.0), 40, trade_count=-1), 50, vwap=1.0)
    found = findings(import_file("bars.csv", csv_of(bars), "--json"))
    assert found["vwap_outside"]["count"] == 1
    assert sorted(quarantined(lake)) == ["trade_count_negative", "volume_negative"]
    clean = real_bars(lake.read("clean_bars"))
    assert clean["vwap"].null_count() == 1


def test_b21_a_hundredfold_step_is_refused_with_date_ratio_and_nearest_split(refused: Refuse) -> None:
    later = pl.col("timestamp") >= datetime(2024, 3, 6, tzinfo=UTC)
    cents = SOUND.with_columns(
        pl.when(later & (pl.col("symbol") == "MSFT")).then(pl.col(name) * 100).otherwise(pl.col(name)).alias(name)
        for name in PRICES
    )
    line = refused("bars.csv", csv_of(cents), code="QTS-DATA-008")
    assert "MSFT on 2024-03-06" in line
    assert "nearest split 1:100" in line


def test_b21_a_known_split_explains_the_step(import_file: ImportFile, lake: Lake) -> None:
    later = pl.col("timestamp") >= datetime(2024, 3, 6, tzinfo=UTC)
    split = SOUND.with_columns(
        pl.when(later & (pl.col("symbol") == "MSFT"))
        .then(pl.col(name) / 4)
        .otherwise(pl.col(name))
        .round(2)
        .alias(name)
        for name in PRICES
    )
    row = {"symbol": "MSFT", "ex_date": date(2024, 3, 6), "kind": "split", "new_shares": 4.0, "old_shares": 1.0}
    register_actions(lake, actions_frame([row]))
    assert import_file("bars.csv", csv_of(split)).exit_code == 0


def test_b22_a_crash_is_kept_and_flagged(import_file: ImportFile, lake: Lake) -> None:
    long = sound_bars(date(2024, 2, 1), date(2024, 3, 8), symbols=("AAPL",))
    crash = pl.col("timestamp") >= datetime(2024, 3, 7, 16, tzinfo=UTC)
    fallen = long.with_columns(
        pl.when(crash).then(pl.col(name) * 0.7).otherwise(pl.col(name)).round(2).alias(name) for name in PRICES
    )
    found = findings(import_file("bars.csv", csv_of(fallen), "--json"))
    assert found["outlier"]["policy"] == "flag"
    clean = real_bars(lake.read("clean_bars")).sort("ts_event")
    assert clean["close"].to_list() == fallen["close"].to_list()


def test_b23_identical_duplicates_stand_once_and_are_counted(import_file: ImportFile, lake: Lake) -> None:
    found = findings(import_file("bars.csv", csv_of(pl.concat([SOUND, SOUND.head(5)])), "--json"))
    assert found["duplicate_identical"]["count"] == 5
    assert lake.read("raw_bars").height == SOUND.height


def test_b31_bars_in_the_future_are_refused(refused: Refuse) -> None:
    next_year = datetime.now(UTC).year + 1
    ahead = sound_bars(date(next_year, 3, 1), date(next_year, 3, 10))
    assert "lie in the future" in refused("bars.csv", csv_of(ahead), code="QTS-DATA-008")


def test_b32_times_off_the_grid_are_refused_with_their_share(refused: Refuse) -> None:
    astray = SOUND.with_columns(pl.col("timestamp") + timedelta(minutes=7, seconds=13))
    line = refused("bars.csv", csv_of(astray), code="QTS-DATA-008")
    assert "off_grid_share" in line
    assert "100.0% of the bars" in line


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2024, 11, 29, 18, 15, tzinfo=UTC),
        datetime(2024, 11, 28, 15, 30, tzinfo=UTC),
        datetime(2024, 11, 27, 22, 30, tzinfo=UTC),
    ],
    ids=["after a half-day", "on a holiday", "after the close"],
)
def test_b34_bars_outside_the_session_are_kept_in_quarantine(
    import_file: ImportFile, lake: Lake, moment: datetime
) -> None:
    inside = sound_bars(date(2024, 11, 25), date(2024, 12, 3))
    outside = inside.head(1).with_columns(timestamp=pl.lit(moment).dt.cast_time_unit("us"))
    findings(import_file("bars.csv", csv_of(pl.concat([inside, outside]).sort("symbol", "timestamp")), "--json"))
    assert quarantined(lake) == ["out_of_session"]


def test_b35_missing_sessions_are_refused_with_their_dates(refused: Refuse) -> None:
    long = sound_bars(date(2024, 2, 1), date(2024, 3, 8))
    hole = (pl.col("symbol") == "MSFT") & pl.col("timestamp").dt.date().is_between(date(2024, 2, 13), date(2024, 2, 14))
    line = refused("bars.csv", csv_of(long.filter(~hole)), code="QTS-DATA-008")
    assert "[gap]" in line
    assert "MSFT 52 bars, 2024-02-13 14:30 to 2024-02-14 20:45 UTC (2 sessions)" in line


def test_b35_sound_symbols_come_in_when_the_others_are_dropped(import_file: ImportFile, lake: Lake) -> None:
    long = sound_bars(date(2024, 2, 1), date(2024, 3, 8))
    hole = (pl.col("symbol") == "MSFT") & pl.col("timestamp").dt.date().is_between(date(2024, 2, 13), date(2024, 2, 14))
    result = import_file("bars.csv", csv_of(long.filter(~hole)), "--refused", "drop")
    assert result.exit_code == 0
    assert "dropped: MSFT" in result.stderr
    assert lake.read("raw_bars")["symbol"].unique().to_list() == ["AAPL"]


def test_b36_sources_that_disagree_put_the_day_into_quarantine(import_file: ImportFile, lake: Lake) -> None:
    findings(import_file("first.csv", csv_of(SOUND), "--json"))
    row = SOUND.row(60, named=True)
    other = spoilt(SOUND, 60, high=row["high"] * 1.02, close=row["close"] * 1.02)
    found = findings(import_file("second.csv", csv_of(other.with_columns(pl.col(PRICES).round(2))), "--json"))
    detail = str(found["cross_source"]["detail"])
    assert "first.csv" in detail
    assert "second.csv" in detail
    assert set(quarantined(lake)) == {"cross_source"}
    assert lake.read("quarantine")["symbol"].unique().to_list() == [row["symbol"]]


def adjusted(bars: pl.DataFrame, until: datetime | None = None, factor: float = 0.98137) -> pl.DataFrame:
    """Multiply prices by a factor with many digits, as a vendor does for dividends; up to a moment."""
    change = pl.lit(value=True) if until is None else pl.col("timestamp") >= until
    return bars.with_columns(
        pl.when(change).then(pl.col(name) * factor).otherwise(pl.col(name)).alias(name) for name in PRICES
    )


def test_b37_prices_that_turn_from_raw_to_adjusted_are_refused(refused: Refuse) -> None:
    long = sound_bars(date(2024, 1, 2), date(2024, 3, 8))
    mixed = adjusted(long, datetime(2024, 2, 5, tzinfo=UTC))
    line = refused("bars.csv", csv_of(mixed), code="QTS-DATA-021")
    assert "raw and adjusted prices are mixed in one series" in line


def test_b37_adjusted_prices_declared_raw_are_refused(refused: Refuse, import_file: ImportFile) -> None:
    bars = csv_of(adjusted(SOUND))
    assert "declared raw and look adjusted" in refused("a.csv", bars, "--adjustment", "raw", code="QTS-DATA-021")
    taken = import_file("a.csv", bars, "--json")
    assert json.loads(taken.stdout)["adjustment"] == "all"


def test_b37_raw_bars_never_join_adjusted_ones(refused: Refuse, import_file: ImportFile) -> None:
    assert import_file("a.csv", csv_of(adjusted(SOUND))).exit_code == 0
    later = sound_bars(date(2024, 3, 11), date(2024, 3, 15))
    assert "never mix in one lake" in refused("b.csv", csv_of(later), code="QTS-DATA-021")
    assert import_file("b.csv", csv_of(later), "--adjustment", "all").exit_code == 0


def test_b37_a_known_split_tells_adjusted_prices_from_raw_ones(refused: Refuse, lake: Lake) -> None:
    row = {"symbol": "MSFT", "ex_date": date(2024, 3, 6), "kind": "split", "new_shares": 4.0, "old_shares": 1.0}
    register_actions(lake, actions_frame([row]))
    line = refused("bars.csv", csv_of(SOUND), "--adjustment", "raw", code="QTS-DATA-021")
    assert "known splits of MSFT left no step" in line


def test_b38_a_reused_ticker_is_refused(refused: Refuse) -> None:
    former = sound_bars(date(2023, 1, 3), date(2023, 3, 1), symbols=("META",))
    heir = sound_bars(date(2023, 6, 9), date(2023, 8, 1), symbols=("META",)).with_columns(
        pl.col(name) * 12 for name in (*PRICES, "volume")
    )
    line = refused("bars.csv", csv_of(pl.concat([former, heir])), code="QTS-DATA-008")
    assert "META on 2023-06-09" in line
    assert "re-used ticker" in line
