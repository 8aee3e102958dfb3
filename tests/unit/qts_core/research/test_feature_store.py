"""Features as they were known: the bits of a lake that never saw what came later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.data.actions.table import actions_frame
from qts_core.data.admission import admit_bars
from qts_core.data.ingest import clean_all, load_actions, register_actions, write_raw_bars
from qts_core.data.reading.parsing import parse_bars
from qts_core.features import default_catalogue
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataNotFoundError, DataValidationError, InvalidConfigError
from qts_core.research.feature_months import (
    catalogue_for,
    compute_all_months,
    feature_snapshot,
    feature_table,
    snapshot_name,
)
from qts_core.research.feature_store import FeatureStore
from tests.support.bar_tables import sound_bars

SYMBOLS = ("AAPL", "MSFT", "NVDA")
FEW = FeaturesSettings(groups=("technical_momentum", "cross_sectional"), exclude=("tech_stoch*",))
CATALOGUE = catalogue_for(FEW)
TABLE = feature_table(CATALOGUE)
BARS = parse_bars(sound_bars(date(2024, 1, 16), date(2024, 3, 15), symbols=SYMBOLS), source="s", where="s").frame
REVISED = datetime(2024, 1, 30, 15, 0, tzinfo=UTC)
ARRIVAL = datetime(2024, 3, 6, 12, 0, tzinfo=UTC)


def lake_of(path: Path, bars: pl.DataFrame) -> Lake:
    """Return a lake with `bars` cleaned and their features stored."""
    lake = Lake(path)
    is_first = pl.col("ts_known") == pl.col("ts_known").min().over("symbol", "ts_event")
    admit_bars(lake, bars.filter(is_first), calendar=xnys(), now=None, origin="s")
    list(write_raw_bars(lake, bars.filter(~is_first), {"source": "vendor"}))
    refresh(lake)
    return lake


def refresh(lake: Lake) -> None:
    clean_all(lake, calendar=xnys())
    compute_all_months(lake, CATALOGUE, symbols=SYMBOLS, calendar=xnys())


def revision(symbol: str, start: datetime, arrival: datetime, ratio: float = 1.01) -> pl.DataFrame:
    """Return a bar again with other prices, known later."""
    bar = BARS.filter((pl.col("symbol") == symbol) & (pl.col("ts_event") == start))
    assert bar.height == 1
    prices = [(pl.col(name) * ratio).round(2) for name in ("open", "high", "low", "close")]
    return bar.with_columns(*prices, ts_known=pl.lit(arrival).cast(bar.schema["ts_known"]))


def known(bars: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    return bars.filter(pl.col("ts_known") <= moment)


def store_of(lake: Lake) -> FeatureStore:
    return FeatureStore(lake, CATALOGUE, calendar=xnys(), symbols=SYMBOLS, known=default_catalogue())


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Nine weeks of bars; one bar of January was corrected in March."""
    path = tmp_path_factory.mktemp("revised")
    return lake_of(path, pl.concat([BARS, revision("MSFT", REVISED, ARRIVAL)]))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2024, 1, 24, 16, 7, tzinfo=UTC),
        datetime(2024, 1, 31, 21, 0, tzinfo=UTC),
        datetime(2024, 2, 14, 15, 0, tzinfo=UTC),
        ARRIVAL - timedelta(microseconds=1),
        ARRIVAL,
        datetime(2024, 3, 12, 18, 30, tzinfo=UTC),
    ],
)
def test_what_was_known_is_what_a_lake_of_that_moment_computed(revised: Lake, tmp_path: Path, moment: datetime) -> None:
    then = lake_of(tmp_path, known(pl.concat([BARS, revision("MSFT", REVISED, ARRIVAL)]), moment))
    assert store_of(revised).read(as_of=moment).equals(then.read(TABLE))


def test_the_revision_changed_what_followed_it_in_both_symbols_that_rank_against_each_other(
    revised: Lake, tmp_path: Path
) -> None:
    before = store_of(revised).read(as_of=ARRIVAL - timedelta(microseconds=1))
    after = store_of(revised).read().filter(pl.col("ts_event").is_in(before["ts_event"].implode()))
    differs = pl.any_horizontal(pl.col(name).ne_missing(after[name]) for name in CATALOGUE.names)
    changed = before.filter(before.select(differs).to_series())
    assert changed["ts_event"].min() == REVISED
    assert set(changed["symbol"]) > {"MSFT"}


def test_a_row_is_known_when_the_last_thing_it_was_made_from_was(revised: Lake) -> None:
    rows = store_of(revised).read()
    ends = rows.select((pl.col("ts_known") - pl.col("ts_event")).alias("lag"), "ts_event", "ts_known")
    touched = ends.filter(pl.col("ts_event").is_between(REVISED, ARRIVAL))
    untouched = ends.filter((pl.col("ts_event") < REVISED) | (pl.col("ts_event") > ARRIVAL))
    assert set(touched["ts_known"]) == {ARRIVAL}
    assert untouched["lag"].max() == timedelta(minutes=15)


def test_without_revisions_what_is_stored_serves_every_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake = lake_of(tmp_path, BARS)
    monkeypatch.setattr("qts_core.research.feature_store.compute_panel", None)
    moment = datetime(2024, 2, 14, 15, 0, tzinfo=UTC)
    found = store_of(lake).read(as_of=moment)
    assert found.equals(known(lake.read(TABLE), moment))


def test_features_that_are_not_stored_yet_are_computed_on_the_spot(tmp_path: Path) -> None:
    lake = lake_of(tmp_path / "then", BARS)
    fresh = lake_of(tmp_path / "late", known(BARS, datetime(2024, 2, 20, tzinfo=UTC)))
    list(write_raw_bars(fresh, BARS, {"source": "s"}))
    clean_all(fresh, calendar=xnys())
    assert store_of(fresh).read().equals(lake.read(TABLE))
    empty = Lake(tmp_path / "empty")
    admit_bars(empty, BARS, calendar=xnys(), now=None, origin="s")
    assert (
        store_of(empty)
        .read(["tech_rsi_14_raw"])
        .equals(lake.read(TABLE).select("symbol", "ts_event", "ts_known", "tech_rsi_14_raw"))
    )
    assert not empty.months(TABLE), "reading stores nothing"


def test_features_beyond_those_configured_stand_beside_the_stored_ones(revised: Lake) -> None:
    names = ("tech_rsi_14_raw", "stat_zscore_60_close")
    both = store_of(revised).read(names, as_of=ARRIVAL)
    assert both.columns == ["symbol", "ts_event", "ts_known", *default_catalogue().subset(names=names).names]
    alone = store_of(revised).read(["stat_zscore_60_close"], as_of=ARRIVAL)
    assert both["stat_zscore_60_close"].equals(alone["stat_zscore_60_close"])


def test_a_lost_or_damaged_state_costs_time_and_no_bit(tmp_path: Path) -> None:
    bars = pl.concat([BARS, revision("AAPL", datetime(2024, 3, 4, 15, 0, tzinfo=UTC), ARRIVAL)])
    moment = ARRIVAL - timedelta(hours=1)
    lake = lake_of(tmp_path / "now", bars)
    then = lake_of(tmp_path / "then", known(bars, moment)).read(TABLE)
    blob = tmp_path / "now" / "blobs" / snapshot_name(CATALOGUE, "2024-02")
    assert store_of(lake).read(as_of=moment).equals(then)
    blob.write_bytes(blob.read_bytes()[:-1])
    assert store_of(lake).read(as_of=moment).equals(then)
    blob.unlink()
    assert store_of(lake).read(as_of=moment).equals(then)


def test_a_split_that_became_known_late_is_not_in_what_was_known_before(tmp_path: Path) -> None:
    def split(told: datetime | None) -> pl.DataFrame:
        row = {"symbol": "AAPL", "ex_date": date(2024, 2, 1), "kind": "split", "new_shares": 2.0, "old_shares": 1.0}
        return actions_frame([{**row, "source": "s", "ts_known": told}])

    told = datetime(2024, 2, 8, 12, 0, tzinfo=UTC)
    without = lake_of(tmp_path / "without", BARS)
    with_split = lake_of(tmp_path / "with", BARS)
    register_actions(with_split, split(told))
    refresh(with_split)
    moment = told - timedelta(hours=1)
    assert load_actions(with_split).height == 1
    clean = known(without.read("clean_bars"), moment)
    assert known(with_split.read("clean_bars"), moment).height == clean.height, "cleaning took the same bars"
    assert store_of(with_split).read(as_of=moment).equals(store_of(without).read(as_of=moment))
    assert not store_of(with_split).read(as_of=told).equals(store_of(without).read(as_of=told))


def test_spans_symbols_and_months_are_parts_of_the_whole(revised: Lake) -> None:
    store = store_of(revised)
    whole = store.read()
    first, last = date(2024, 1, 31), date(2024, 2, 1)
    day = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    part = store.read(symbols=["NVDA", "AAPL"], first=first, last=last)
    assert part.equals(whole.filter(pl.col("symbol") != "MSFT", day.is_between(first, last)))
    months = list(store.scan(["tech_rsi_14_raw"], last=last))
    assert [month.month for month in months] == ["2024-01", "2024-02"]
    assert all(month.stored is not None for month in months)


def test_what_cannot_be_read_is_said_in_one_line_before_anything_is_read(revised: Lake) -> None:
    store = store_of(revised)
    with pytest.raises(DataNotFoundError, match=r"QTS-FEAT-026.*found APPL, expected such as AAPL"):
        store.scan(symbols=["APPL"])
    with pytest.raises(InvalidConfigError, match=r"QTS-FEAT-001.*tech_rsi_14_raw"):
        store.scan(["tech_rsi_14_row"])
    with pytest.raises(DataValidationError, match="QTS-DATA-006"):
        store.scan(as_of=datetime(2024, 2, 1))
    with pytest.raises(DataNotFoundError, match=r"QTS-FEAT-026.*known at 2023"):
        store.read(as_of=datetime(2023, 1, 1, tzinfo=UTC))


def test_the_daemon_goes_on_from_a_state_that_was_known(revised: Lake) -> None:
    opening = datetime(2024, 3, 6, 14, 30, tzinfo=UTC)
    found = feature_snapshot(revised, CATALOGUE, opening)
    assert found is not None
    assert found[0] == "2024-02"
    assert feature_snapshot(revised, CATALOGUE, ARRIVAL - timedelta(microseconds=1)) is None


@settings(max_examples=5)
@given(
    bars=st.lists(st.tuples(st.sampled_from(SYMBOLS), st.integers(0, 1100), st.integers(1, 40)), max_size=4),
    moment=st.integers(20, 1140),
)
def test_any_revisions_and_any_moment(
    tmp_path_factory: pytest.TempPathFactory, bars: list[tuple[str, int, int]], moment: int
) -> None:
    starts = sorted(set(BARS["ts_event"]))
    revisions = [
        revision(symbol, start, start + timedelta(days=days), 1.0 + days / 900)
        for symbol, start, days in ((symbol, starts[place % len(starts)], days) for symbol, place, days in bars)
    ]
    everything = pl.concat([BARS, *revisions])
    at = starts[moment % len(starts)] + timedelta(minutes=15)
    path = tmp_path_factory.mktemp("any")
    then = lake_of(path / "then", known(everything, at)).read(TABLE)
    assert store_of(lake_of(path / "now", everything)).read(as_of=at).equals(then)
