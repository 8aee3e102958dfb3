"""Features by month resume where the month before ended."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.config.models import ModelFeatures
from qts_core.config.settings import Settings
from qts_core.data.admission import admit_bars
from qts_core.data.ingest import clean_month, load_panel, register_synthetic
from qts_core.data.market_source import recorded_source
from qts_core.data.reading.parsing import parse_bars
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.features import FeatureBlock, FeatureEngine, alpha158_catalogue
from qts_core.features.store import from_frame
from qts_core.market.calendar import xnys
from qts_core.market.errors import DataNotFoundError
from qts_core.research.feature_months import (
    catalogue_for,
    compute_all_months,
    compute_feature_month,
    feature_snapshot,
    feature_table,
    model_catalogue,
)
from tests.support.bar_tables import sound_bars

FEW = FeaturesSettings(groups=("technical_momentum",), exclude=("tech_stoch*",))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    span = SyntheticMarketSettings(symbols=4, first=date(2024, 1, 16), last=date(2024, 2, 15), seed=2)
    market = synthetic_market(span)
    lake = Lake(tmp_path)
    register_synthetic(lake, market, calendar=xnys())
    for month in lake.months("raw_bars"):
        clean_month(lake, month, calendar=xnys())
    return lake


@pytest.fixture
def symbols(lake: Lake) -> tuple[str, ...]:
    return load_panel(lake, calendar=xnys()).symbols


def test_two_months_are_the_bits_of_one_pass_over_both(lake: Lake, symbols: tuple[str, ...]) -> None:
    catalogue = catalogue_for(FEW)
    compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys())
    panel = load_panel(lake, calendar=xnys())
    whole = FeatureEngine(catalogue, symbols).push(FeatureBlock.of(panel))
    stored = from_frame(lake.read(feature_table(catalogue)), panel.timeline, symbols, catalogue.names)
    present = ~np.isnan(panel["close"])
    np.testing.assert_array_equal(stored[:, present], whole[:, present])


def test_a_month_without_the_one_before_it_is_refused_with_the_way_out(lake: Lake, symbols: tuple[str, ...]) -> None:
    with pytest.raises(DataNotFoundError, match=r"QTS-FEAT-006.*features 2024-02.*in order"):
        compute_feature_month(lake, "2024-02", catalogue_for(FEW), symbols=symbols, calendar=xnys())


def test_nothing_is_computed_again_until_the_bars_change(lake: Lake, symbols: tuple[str, ...]) -> None:
    catalogue = catalogue_for(FEW)
    assert set(compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys())) == {"2024-01", "2024-02"}
    assert compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys()) == {}


def test_the_newest_snapshot_is_of_a_month_that_had_ended(lake: Lake, symbols: tuple[str, ...]) -> None:
    catalogue = catalogue_for(FEW)
    compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys())
    found = feature_snapshot(lake, catalogue, datetime(2024, 2, 15, 14, 30, tzinfo=UTC))
    assert found is not None
    assert found[0] == "2024-01"
    assert feature_snapshot(lake, catalogue, datetime(2024, 1, 31, tzinfo=UTC)) is None


def test_groups_and_patterns_choose_the_features(settings: Settings) -> None:
    assert not [name for name in catalogue_for(FEW).names if name.startswith("tech_stoch")]
    entry = settings.models.models["lightgbm_return"]
    fewer = entry.model_copy(update={"features": ModelFeatures(groups=("calendar",), exclude=("time_*",))})
    chosen = settings.model_copy(
        update={"models": settings.models.model_copy(update={"models": {"lightgbm_return": fewer}})}
    )
    assert len(model_catalogue(chosen, "lightgbm_return").names) == 0


def test_a_model_mixes_alpha158_with_groups_of_the_default_catalogue(
    settings: Settings, lake: Lake, symbols: tuple[str, ...]
) -> None:
    both = ("technical_momentum", "alpha158")
    entry = settings.models.models["lightgbm_return"]
    picky = entry.model_copy(update={"features": ModelFeatures(groups=both, exclude=("VSUM*", "tech_stoch*"))})
    chosen = settings.model_copy(
        update={
            "features": FeaturesSettings(groups=("calendar", *both)),
            "models": settings.models.model_copy(update={"models": {"lightgbm_return": picky}}),
        }
    )
    computed, used = catalogue_for(chosen.features), model_catalogue(chosen, "lightgbm_return")
    assert set(alpha158_catalogue().names) < set(computed.names)
    assert {"KMID", "ROC5", "tech_rsi_14_raw"} < set(used.names) < set(computed.names)
    assert not [name for name in used.names if name.startswith(("VSUM", "tech_stoch", "time_"))]
    result = compute_feature_month(lake, "2024-01", used, symbols=symbols, calendar=xnys())
    assert result.missing["KMID"] == 0.0
    assert 0.0 < result.missing["ROC60"] < 1.0
    stored = lake.read_month(feature_table(used), "2024-01")
    assert set(used.names) < set(stored.columns)


def test_all_is_the_default_catalogue_and_alpha158_is_named_beside_it() -> None:
    everything = set(catalogue_for(FeaturesSettings(groups=("all",))).names)
    assert not everything & set(alpha158_catalogue().names)
    assert set(catalogue_for(FeaturesSettings(groups=("all", "alpha158"))).names) == everything | set(
        alpha158_catalogue().names
    )


def test_a_revision_has_its_month_and_those_that_go_on_from_it_computed_again(
    lake: Lake, symbols: tuple[str, ...]
) -> None:
    catalogue = catalogue_for(FEW)
    compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys())
    revise(lake, "2024-02")
    assert set(compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys())) == {"2024-02"}
    revise(lake, "2024-01")
    assert set(compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys())) == {"2024-01", "2024-02"}


def test_the_state_of_a_month_that_stems_from_an_older_state_is_not_offered(
    lake: Lake, symbols: tuple[str, ...]
) -> None:
    catalogue = catalogue_for(FEW)
    compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys())
    revise(lake, "2024-01")
    compute_feature_month(lake, "2024-01", catalogue, symbols=symbols, calendar=xnys())
    found = feature_snapshot(lake, catalogue, datetime(2024, 3, 15, 14, 30, tzinfo=UTC))
    assert found is not None
    assert found[0] == "2024-01"


def test_other_symbols_begin_at_the_first_month(lake: Lake, symbols: tuple[str, ...]) -> None:
    catalogue = catalogue_for(FEW)
    compute_all_months(lake, catalogue, symbols=symbols, calendar=xnys())
    more = (*symbols, "ZZZZ")
    with pytest.raises(DataNotFoundError, match=r"QTS-FEAT-006.*other symbols in 2024-01.*in order"):
        compute_feature_month(lake, "2024-02", catalogue, symbols=more, calendar=xnys())
    assert set(compute_all_months(lake, catalogue, symbols=more, calendar=xnys())) == {"2024-01", "2024-02"}


def revise(lake: Lake, month: str) -> None:
    """Give the month's last bar, which the indicators still hold at its end, another close."""
    bars = lake.read_month("clean_bars", month)
    last = bars.sort("ts_event").tail(1)
    bars = bars.with_columns(
        close=pl.when((pl.col("symbol") == last["symbol"]) & (pl.col("ts_event") == last["ts_event"]))
        .then(pl.col("low"))
        .otherwise("close")
    )
    lake.write_month("clean_bars", month, bars, lineage={"revised": "yes"})


def test_a_symbol_that_joins_the_market_has_every_month_computed_again(tmp_path: Path) -> None:
    wide = parse_bars(
        sound_bars(date(2024, 1, 16), date(2024, 3, 15), symbols=("AAPL", "MSFT", "NVDA")), source="s", where="s"
    )
    cross = catalogue_for(FeaturesSettings(groups=("cross_sectional",)))
    grown, fresh = Lake(tmp_path / "grown"), Lake(tmp_path / "fresh")

    def bring(lake: Lake, names: tuple[str, ...]) -> None:
        part = wide.frame.filter(pl.col("symbol").is_in(names))
        admit_bars(lake, part, calendar=xnys(), now=None, origin="s")

    bring(grown, ("AAPL", "NVDA"))
    compute_all_months(grown, cross, symbols=("AAPL", "NVDA"), calendar=xnys())
    bring(grown, ("MSFT",))
    source = recorded_source(grown)
    assert source is not None
    again = compute_all_months(grown, cross, symbols=source.symbols, calendar=xnys())
    assert tuple(again) == ("2024-01", "2024-02", "2024-03")
    assert not compute_all_months(grown, cross, symbols=source.symbols, calendar=xnys()), "once is enough"
    bring(fresh, ("AAPL", "MSFT", "NVDA"))
    compute_all_months(fresh, cross, symbols=source.symbols, calendar=xnys())
    table = feature_table(cross)
    assert grown.data_hash(table) == fresh.data_hash(table)
