"""A QTS home whose model is searched in seconds: six symbols, nine weeks, the features of a few groups."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import yaml

from qts_core.adapters.lake import Lake
from qts_core.data.ingest import clean_all, register_synthetic
from qts_core.data.synthetic import SyntheticMarketSettings, synthetic_market
from qts_core.market.calendar import xnys

__all__ = ["MODEL", "make_search_home", "write_models"]

MODEL = "lightgbm_return"
FIRST, LAST = date(2024, 1, 2), date(2024, 3, 8)
FOLDS = {"train_sessions": 24, "test_sessions": 8, "step_sessions": 8, "embargo_bars": 2, "holdout_sessions": 1}
SPACE = {
    "n_estimators": {"low": 3, "high": 9, "integer": True},
    "num_leaves": {"low": 3, "high": 9, "integer": True},
    "data_sample_strategy": None, "feature_fraction": None, "bagging_fraction": None, "max_depth": None,
}  # fmt: skip


def write_models(folder: Path, **search: object) -> None:
    """Write models.yaml with one model, searched as `search` says."""
    chosen = {
        "trials": 3,
        "inner_folds": 2,
        "start_trials": 2,
        "finalists": 1,
        "neighbours": 1,
        "space": SPACE,
        **search,
    }
    model = {
        "type": "lightgbm", "task": "regression", "target": "relative_return_26bar",
        "hyperparameters": {"n_estimators": 8, "num_leaves": 4, "min_child_samples": 40},
        "training": {**FOLDS, "row_stride": 2, "seed": 7}, "search": chosen,
    }  # fmt: skip
    content = {"live_model": MODEL, "models": {MODEL: model}}
    (folder / "models.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


def make_search_home(home: Path, **search: object) -> Path:
    """Fill `home` with a small market that holds a signal, and return the folder of its settings."""
    settings = SyntheticMarketSettings(symbols=6, first=FIRST, last=LAST, seed=11, signal_strength=2.0)
    lake, calendar = Lake(home / "lake"), xnys()
    register_synthetic(lake, synthetic_market(settings), calendar=calendar)
    clean_all(lake, calendar=calendar)
    folder = home / "config"
    folder.mkdir()
    features = {"groups": ["technical_momentum", "calendar"]}
    (folder / "features.yaml").write_text(yaml.safe_dump(features), encoding="utf-8")
    write_models(folder, **search)
    return folder
