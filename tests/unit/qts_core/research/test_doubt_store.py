"""From models.yaml to the tear sheet: what a model promises is trained, stored, traded, counted and shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.config.models import ModelSettings, ModelsSettings
from qts_core.config.settings import Settings
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.market_source import MarketSource
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.models.bundle import CALIBRATION, ModelBundle
from qts_core.research.doubt_store import load_doubts, load_record
from qts_core.research.feature_months import catalogue_for, compute_all_months
from qts_core.research.model_backtest import ModelBacktest, run_model_backtest
from qts_core.research.pipeline import TrainedModel, backtest_model, train_model
from qts_core.research.preparation import prepare_training
from qts_core.research.tear_sheet import tear_sheet
from qts_core.research.tools import ResearchTools
from tests.unit.qts_core.research.memory import MemoryRegistry, memory_tools

FEW = FeaturesSettings(groups=("technical_momentum",), exclude=("tech_stoch*",))
FIRST, LAST = date(2024, 1, 8), date(2024, 2, 23)
DOUBT = {
    "calibration": "platt",
    "calibration_share": 0.45,
    "intervals": "split",
    "sets": "lac",
    "level": 0.6,
    "adaptive_rate": 0.01,
    "abstain": {"interval": True, "min_confidence": 0.5},
}


def settings_of(**uncertainty: object) -> Settings:
    model = {
        "type": "lightgbm",
        "task": "classification",
        "target": "direction_5bar",
        "hyperparameters": {"n_estimators": 8, "num_leaves": 4},
        "training": {"train_sessions": 20, "test_sessions": 4, "step_sessions": 4, "embargo_bars": 5},
        "uncertainty": uncertainty,
    }
    made = ModelSettings.model_validate(model, strict=False)
    return Settings(features=FEW, models=ModelsSettings(live_model="m", models={"m": made}))


@dataclass(frozen=True)
class World:
    """Everything that one run left behind."""

    lake: Lake
    settings: Settings
    tools: ResearchTools
    registry: MemoryRegistry
    trained: TrainedModel
    tested: ModelBacktest


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    span = SyntheticMarketSettings(symbols=5, first=FIRST, last=LAST, seed=3)
    lake = Lake(Path(tmp_path_factory.mktemp("lake")))
    register_synthetic(lake, synthetic_market(span), calendar=xnys())
    clean_all(lake, calendar=xnys())
    symbols = load_panel(lake, calendar=xnys()).symbols
    compute_all_months(lake, catalogue_for(FEW), symbols=symbols, calendar=xnys())
    settings, registry = settings_of(**DOUBT), MemoryRegistry()
    tools = memory_tools(registry)
    trained = train_model(lake, prepare_training(lake, settings, "m", calendar=xnys()), tools)
    tested = backtest_model(lake, settings, "m", tools, calendar=xnys())
    return World(lake, settings, tools, registry, trained, tested)


def test_the_calibration_travels_in_the_bundle_and_daemon_and_training_say_the_same(world: World) -> None:
    bundle = ModelBundle(world.trained.result.bundle.files)
    assert CALIBRATION in bundle.files
    model = bundle.open()
    features, expected = bundle.golden
    np.testing.assert_array_equal(model.score(features), expected)
    whole = model.doubt(features)
    assert whole is not None
    assert whole.chances is not None
    for row in range(len(features)):
        one = model.doubt(features[row : row + 1])
        assert one is not None
        assert one.chances is not None
        assert one.chances.tobytes() == whole.chances[row : row + 1].tobytes()
        assert one.spread.tobytes() == whole.spread[row : row + 1].tobytes()


def test_every_fold_tells_its_coverage_and_its_band(world: World) -> None:
    for fold in world.trained.result.folds:
        assert {"coverage_intervals", "coverage_intervals_low", "coverage_sets", "brier", "abstained"} <= set(
            fold.certainty
        )
    record = world.registry.logged[0]
    assert all("test.coverage_intervals" in fold.metrics for fold in record.folds)
    assert "calibration_error" in record.metrics
    summary = world.trained.summary
    assert all("coverage_sets" in fold.out_of_sample for fold in summary.folds)


def test_stored_doubts_are_those_of_training_bit_for_bit(world: World) -> None:
    panel = load_panel(world.lake, calendar=xnys(), symbols=world.trained.summary.symbols)
    found = load_doubts(world.lake, world.trained.summary, panel.timeline, panel.symbols)
    ours = world.trained.result.doubts
    assert found is not None
    assert ours is not None
    known = np.isfinite(found.spread)
    assert known.any()
    assert found.spread[known].tobytes() == ours.spread[known].tobytes()
    assert found.chances is not None
    assert ours.chances is not None
    assert found.chances[known].tobytes() == ours.chances[known].tobytes()
    assert [m.to_json() for m in found.models] == [m.to_json() for m in ours.models]
    assert load_record(world.lake, world.trained.summary) == world.tested.uncertainty


def test_the_backtest_issues_the_very_intervals_whose_coverage_training_measured(world: World) -> None:
    certainty = world.trained.result.certainty
    assert certainty is not None
    counts = world.tested.result.verdict_counts
    silenced = sum(number for name, number in counts.items() if name.startswith("abstain."))
    assert silenced == int(certainty.is_silent.sum()) > 0


def test_what_silence_changed_is_a_second_backtest_and_a_second_trial(world: World) -> None:
    silence, without = world.tested.silence, world.tested.without
    assert silence is not None
    assert without is not None
    assert silence.reasons["interval"] > 0
    assert not any(name.startswith("abstain.") for name in without.result.verdict_counts)
    assert without.identity != world.tested.identity
    backtests = [t for t in world.tools.ledger.trials() if t.kind == "backtest"]
    assert {t.identity for t in backtests} == {without.identity, world.tested.identity}


def test_the_tear_sheet_shows_coverage_reliability_and_silence(world: World) -> None:
    source = MarketSource("synthetic", FIRST, LAST, world.trained.summary.symbols, "synthetic market", 3, 1.0)
    trials = world.tools.ledger.summary()
    page = tear_sheet(world.tested, world.settings, source, trials=trials, record=None, sectors={}).html
    assert "of outcomes were inside" in page
    assert "Abstaining from" in page
    assert "Coverage by month" in page
    assert "Probabilities of a rise are off by" in page


def test_a_model_without_the_section_leaves_no_trace(world: World, tmp_path: Path) -> None:
    settings, tools = settings_of(), memory_tools()
    prepared = prepare_training(world.lake, settings, "m", calendar=xnys())
    assert not any(name.startswith("uncertainty") for name in prepared.entry.as_dict())
    trained = train_model(world.lake, prepared, tools)
    assert trained.result.doubts is None
    assert CALIBRATION not in trained.result.bundle.files
    tested = run_model_backtest(world.lake, settings, trained.summary, fill_mode="alpaca-paper", calendar=xnys())
    assert (tested.uncertainty, tested.silence, tested.abstains) == (None, None, False)
