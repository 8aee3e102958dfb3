"""What a model learns from: rows of members only, and labels against members only."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.config.models import ModelFeatures, ModelSettings, ModelsSettings, TrainingSettings
from qts_core.config.settings import Settings
from qts_core.config.universe import AuxiliarySettings, SymbolSettings, UniverseSettings
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.features import Catalogue
from qts_core.market.calendar import xnys
from qts_core.market.panel import Panel
from qts_core.market.time import day_number
from qts_core.research.feature_months import catalogue_for, compute_all_months
from qts_core.research.preparation import PreparedTraining, prepare_training
from qts_core.research.symbol_parts import symbol_roles

LAST_DAY, FIRST_DAY = date(2024, 2, 7), date(2024, 2, 14)
FEW = FeaturesSettings(groups=("technical_momentum",), exclude=("tech_stoch*",))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Six symbols over five weeks, cleaned, with features."""
    span = SyntheticMarketSettings(symbols=6, first=date(2024, 1, 22), last=date(2024, 2, 23), seed=3)
    made = Lake(Path(tmp_path_factory.mktemp("lake")))
    register_synthetic(made, synthetic_market(span), calendar=xnys())
    clean_all(made, calendar=xnys())
    catalogue: Catalogue = catalogue_for(FEW)
    compute_all_months(made, catalogue, symbols=load_panel(made, calendar=xnys()).symbols, calendar=xnys())
    return made


def settings_of(universe: UniverseSettings) -> Settings:
    model = ModelSettings(
        type="lightgbm", task="regression", target="relative_return_5bar",
        features=ModelFeatures(), training=TrainingSettings(train_sessions=8, test_sessions=4, step_sessions=4),
    )  # fmt: skip
    return Settings(universe=universe, features=FEW, models=ModelsSettings(live_model="m", models={"m": model}))


def prepared(lake: Lake, universe: UniverseSettings) -> PreparedTraining:
    symbols = load_panel(lake, calendar=xnys()).symbols
    roles = symbol_roles(universe, lake, symbols)
    compute_all_months(lake, catalogue_for(FEW), symbols=symbols, calendar=xnys(), roles=roles)
    return prepare_training(lake, settings_of(universe), "m", calendar=xnys())


@pytest.fixture(scope="module")
def panel(lake: Lake) -> Panel:
    return load_panel(lake, calendar=xnys())


@pytest.fixture(scope="module")
def universe(panel: Panel) -> UniverseSettings:
    """The first symbol leaves, the second joins, the third is only read."""
    leaves, joins, is_read = panel.symbols[:3]
    return UniverseSettings(
        symbols=(SymbolSettings(symbol=leaves, to_date=LAST_DAY), SymbolSettings(symbol=joins, from_date=FIRST_DAY)),
        auxiliary=(AuxiliarySettings(symbol=is_read, role="market"),),
    )


def test_training_rows_are_those_of_members(lake: Lake, panel: Panel, universe: UniverseSettings) -> None:
    samples = prepared(lake, universe).samples
    session = panel.timeline.session[samples.row]
    days = {column: session[samples.column == column] for column in range(6)}
    assert days[0].max() == day_number(LAST_DAY)
    assert days[1].min() == day_number(FIRST_DAY)
    assert len(days[2]) == 0
    everything = prepared(lake, UniverseSettings()).samples
    assert len(everything) == np.isfinite(panel["close"]).sum()
    outside = ~universe.membership(panel.timeline, panel.symbols)
    assert len(samples) == len(everything) - (outside & np.isfinite(panel["close"])).sum()


def test_features_of_the_rows_that_stay_are_the_same_bits(lake: Lake, universe: UniverseSettings) -> None:
    part, whole = prepared(lake, universe).samples, prepared(lake, UniverseSettings()).samples
    place = {(int(r), int(c)): i for i, (r, c) in enumerate(zip(whole.row, whole.column, strict=True))}
    same = [place[int(r), int(c)] for r, c in zip(part.row, part.column, strict=True)]
    np.testing.assert_array_equal(part.features, whole.features[same])
    np.testing.assert_array_equal(part.returns, whole.returns[same])


def test_a_relative_label_is_measured_against_the_members(lake: Lake, panel: Panel, universe: UniverseSettings) -> None:
    samples = prepared(lake, universe).samples
    row = int(samples.row[samples.column == 0][40])
    opens = panel["open"] * panel["factor"]
    forward = opens[row + 6] / opens[row + 1] - 1.0
    members = [0, 3, 4, 5]  # the second has not joined, the third is only read
    (index,) = np.flatnonzero((samples.row == row) & (samples.column == 0))
    assert samples.labels[index] == pytest.approx(forward[0] - forward[members].mean(), abs=1e-12)


def test_another_universe_is_another_trial(lake: Lake, universe: UniverseSettings) -> None:
    later = universe.model_copy(
        update={"symbols": (universe.symbols[0], universe.symbols[1].model_copy(update={"from_date": LAST_DAY}))}
    )
    ours = prepared(lake, universe)
    assert ours.identity != prepared(lake, later).identity
    assert ours.identity == prepared(lake, universe).identity
    assert ours.identity != replace(ours, instruments=ours.instruments[:2]).identity


def test_survivorship_counts_who_was_ever_a_member(lake: Lake, universe: UniverseSettings) -> None:
    alive = prepared(lake, universe).survivorship
    assert (len(alive.ever), alive.survivors) == (5, 5)
