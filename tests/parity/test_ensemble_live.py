"""An ensemble of models.yaml from the lake to the daemon: same bits in training, in the warm-up and bar by bar."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from live_daemon.history import warm
from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.config.models import ModelsSettings
from qts_core.config.settings import Settings
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.market_source import market_instruments
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.features import FeatureBlock
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import xnys
from qts_core.models.bundle import ModelBundle
from qts_core.research.feature_months import catalogue_for, compute_all_months
from qts_core.research.live_core import live_engine, live_hashes, make_core
from qts_core.research.preparation import prepare_training
from qts_core.research.training_manifest import save_manifest
from qts_core.research.training_sets import rebuild
from qts_core.trading.live_predictor import LivePredictor
from qts_core.training.fitting import fit_fold, score_places
from qts_core.training.trainer import TrainingResult, train_walk_forward

FEW = FeaturesSettings(groups=("technical_volatility", "technical_trend"), exclude=("*_5*", "*1[0-9]*", "tech_macd*"))
TREES = {"n_estimators": 5, "num_leaves": 4, "min_child_samples": 20}
FOLDS = {"train_sessions": 50, "test_sessions": 12, "step_sessions": 12}
WINDOW = 130


def settings_of(**ensemble: object) -> Settings:
    own = {"type": "lightgbm", "hyperparameters": TREES, "training": {**FOLDS, "row_stride": 4}}
    models = {
        "one": {**own, "task": "regression", "target": "relative_return_26bar"},
        "two": {**own, "task": "classification", "target": "direction_10bar", "features": {"exclude": ["tech_hvol*"]}},
        "both": {
            "type": "ensemble", "task": "regression", "target": "relative_return_26bar", "members": ["one", "two"],
            "training": FOLDS, "ensemble": {"min_agreement": 0.0, "inner_folds": 2, **ensemble},
        },
    }  # fmt: skip
    return Settings(
        features=FEW, models=ModelsSettings.model_validate({"live_model": "both", "models": models}, strict=False)
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    span = SyntheticMarketSettings(symbols=4, first=date(2024, 1, 2), last=date(2024, 5, 31), seed=3)
    made = Lake(Path(tmp_path_factory.mktemp("lake")))
    register_synthetic(made, synthetic_market(span), calendar=xnys())
    clean_all(made, calendar=xnys())
    compute_all_months(made, catalogue_for(FEW), symbols=load_panel(made, calendar=xnys()).symbols, calendar=xnys())
    return made


REGIME = {
    "method": "regime",
    "regime": {
        "volatility_feature": "tech_hvol_20_std",
        "trend_feature": "tech_sma_20_distance",
        "window_bars": WINDOW,
    },
}


def test_a_regime_ensemble_trades_live_as_it_was_judged(lake: Lake, tmp_path: Path) -> None:
    settings = settings_of(**REGIME)
    prepared = prepare_training(lake, settings, "both", calendar=xnys())
    result: TrainingResult = train_walk_forward(prepared.entry, prepared.samples, prepared.plan)
    result.bundle.save(tmp_path / "bundle")
    model, samples, panel = ModelBundle.load(tmp_path / "bundle").open(), prepared.samples, prepared.panel
    final = fit_fold(prepared.entry, samples, prepared.plan, prepared.plan.final_fold, "")
    places = np.arange(len(samples))
    expected = samples.panel_of(score_places(final, samples, places), slice(0, len(samples)))
    assert np.isfinite(expected[-60:]).any()

    instruments = market_instruments(lake, settings.universe, panel.symbols)
    engine = live_engine(model, instruments=instruments)
    start = len(panel) - 30
    core = make_core(
        settings, instruments, LivePredictor(engine, model), account="A", cash=Decimal(100_000),
        hashes=live_hashes(settings, model, code="", data=""),
    )  # fmt: skip
    warm(core, engine, model, panel.rows(slice(0, start)))
    found = [core.predictor.predict(BarSlice.of(panel, row)).score for row in range(start, len(panel))]
    assert np.array(found).tobytes() == expected[start:].tobytes()

    alone = live_engine(model, instruments=instruments)
    alone.push(FeatureBlock.of(panel.rows(slice(0, start - WINDOW))))
    cold = LivePredictor(alone, model)
    for row in range(start - WINDOW, start):
        cold.advance(BarSlice.of(panel, row))
    other = LivePredictor(live_engine(model, instruments=instruments), model)
    other.restore(cold.snapshot())
    for row in range(start, len(panel)):
        np.testing.assert_array_equal(other.predict(BarSlice.of(panel, row)).score, expected[row])


def test_an_ensemble_is_made_again_from_its_training_set_alone(lake: Lake) -> None:
    prepared = prepare_training(lake, settings_of(), "both", calendar=xnys())
    save_manifest(lake, prepared)
    samples, plan = rebuild(lake, prepared.manifest, calendar=xnys())
    assert samples.hash == prepared.samples.hash
    assert plan.overlap(samples) == 0
    assert set(samples.others) == {"relative_return_26bar", "direction_10bar"}
    assert prepared.entry.ensemble is not None
    left_out = [sorted(member.left_out) for member in prepared.entry.ensemble.members]
    assert left_out[0] == []
    assert left_out[1]
    assert all(name.startswith("tech_hvol") for name in left_out[1])


def test_another_members_setting_is_another_trial(lake: Lake) -> None:
    one, two = (
        prepare_training(lake, settings_of(meta_alpha=alpha), "both", calendar=xnys()).identity for alpha in (1.0, 2.0)
    )
    assert one != two
