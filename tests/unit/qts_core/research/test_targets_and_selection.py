"""Every target and every selection is reached from models.yaml, through training; what is no return never trades."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from qts_core.adapters.lake import Lake
from qts_core.config.features import FeaturesSettings
from qts_core.config.models import TARGET_KINDS, ModelSettings, ModelsSettings
from qts_core.config.settings import Settings
from qts_core.data.ingest import clean_all, load_panel, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys
from qts_core.market.errors import InvalidConfigError, TrainingError
from qts_core.models.bundle import SELECTION
from qts_core.research.feature_months import catalogue_for, compute_all_months
from qts_core.research.pipeline import backtest_model
from qts_core.research.preparation import prepare_training, training_entry
from qts_core.research.tools import ResearchTools
from qts_core.research.training_summary import FoldSummary, TrainingSummary, load_training, save_training
from qts_core.targets import TARGETS, TargetKind
from qts_core.training.trainer import train_walk_forward

FEW = FeaturesSettings(groups=("technical_momentum",), exclude=("tech_stoch*",))


def settings_of(target: str, **features: object) -> Settings:
    kind = TargetKind("regime" if target == "regime" else target.rsplit("_", 1)[0])
    model = ModelSettings.model_validate(
        {
            "type": "lightgbm",
            "task": "classification" if TARGETS[kind].classes else "regression",
            "target": target,
            "hyperparameters": {"n_estimators": 5, "num_leaves": 4},
            "features": features,
            "training": {"train_sessions": 17, "test_sessions": 4, "step_sessions": 4},
        },
        strict=False,
    )
    return Settings(features=FEW, models=ModelsSettings(live_model="m", models={"m": model}))


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    span = SyntheticMarketSettings(symbols=5, first=date(2024, 1, 22), last=date(2024, 2, 23), seed=3)
    made = Lake(Path(tmp_path_factory.mktemp("lake")))
    register_synthetic(made, synthetic_market(span), calendar=xnys())
    clean_all(made, calendar=xnys())
    symbols = load_panel(made, calendar=xnys()).symbols
    compute_all_months(made, catalogue_for(FEW), symbols=symbols, calendar=xnys())
    return made


@pytest.mark.parametrize("kind", TARGET_KINDS)
def test_every_target_is_trained_by_its_name_and_no_label_meets_a_test_bar(lake: Lake, kind: str) -> None:
    prepared = prepare_training(lake, settings_of(f"{kind}_10bar"), "m", calendar=xnys())
    assert prepared.plan.overlap(prepared.samples) == 0
    known = np.isfinite(prepared.samples.labels)
    assert known.sum() > 500
    assert (prepared.samples.end_row[known] < len(prepared.samples.timeline)).all()
    result = train_walk_forward(prepared.entry, prepared.samples, prepared.plan)
    assert result.model.manifest.target == f"{kind}_10bar"
    assert np.isfinite(result.predictions).any()


def test_selection_and_weights_come_from_models_yaml_and_reach_the_bundle(lake: Lake) -> None:
    settings = settings_of("triple_barrier_10bar", selection={"method": "chi_square", "maximum": 3})
    prepared = prepare_training(lake, settings, "m", calendar=xnys())
    result = train_walk_forward(prepared.entry, prepared.samples, prepared.plan)
    assert 1 <= len(result.model.feature_names) <= 3
    assert SELECTION in result.bundle.files
    assert prepared.entry.as_dict()["selection.maximum"] == "3"


def test_a_regression_on_classes_is_refused() -> None:
    wrong = settings_of("volatility_10bar").evolve({"models.models.m.task": "classification"})
    with pytest.raises(InvalidConfigError, match="QTS-CONF-005"):
        training_entry(wrong, "m")


def test_a_target_that_is_no_return_is_never_backtested(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    fold = FoldSummary("fold 1", ("", ""), ("", ""), 1, 1, {}, {}, ("a", "b"))
    summary = TrainingSummary(
        model="m", identity="i", registered="qts_m", version="1", run_id="r", experiment_id="1", bundle_sha256="b",
        model_id="m-b", target="volatility_10bar", horizon_bars=10, dispersion=0.1, catalogue_hash="c", data_hash="d",
        plan_hash="p", first_test=1, last_test=2, symbols=("A",), samples=1, folds=(fold,), metrics={}, importance={},
        seconds=1.0,
    )  # fmt: skip
    save_training(lake, summary)
    assert load_training(lake, "m").folds[0].features == ("a", "b")
    with pytest.raises(TrainingError, match="cannot be traded"):
        backtest_model(lake, settings_of("volatility_10bar"), "m", cast(ResearchTools, None), calendar=xnys())
