"""Ensembles of small models on samples whose signal is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from qts_core.config.ensembles import EnsembleSettings
from qts_core.models.base import ModelType
from qts_core.targets import parse_target
from qts_core.training.ensembles.entry import EnsembleEntry, MemberEntry
from qts_core.training.entry import TrainingEntry
from qts_core.training.folds import FoldPlan, walk_forward
from qts_core.training.samples import Outcomes, TrainingSet
from tests.unit.qts_core.training.samples_for_tests import sample_set

TREES = {"n_estimators": 12, "num_leaves": 5, "min_data_in_leaf": 20, "learning_rate": 0.1}
RETURN = TrainingEntry("alpha", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"), TREES)
DIRECTION = TrainingEntry("beta", "lightgbm", ModelType.CLASSIFIER, parse_target("direction_26bar"), TREES, seed=9)
NOISE = TrainingEntry("gamma", "lightgbm", ModelType.REGRESSOR, parse_target("return_26bar"), TREES, seed=3)
MEMBERS = (MemberEntry(RETURN), MemberEntry(DIRECTION), MemberEntry(NOISE, frozenset({"signal"})))


def ensemble(*, members: tuple[MemberEntry, ...] = MEMBERS, **settings: Any) -> TrainingEntry:
    """Two members that see the signal and one that sees noise."""
    chosen = EnsembleSettings.model_validate({"min_agreement": 0.0, "inner_folds": 3, **settings})
    return TrainingEntry(
        "all_of_them", "ensemble", ModelType.REGRESSOR, parse_target("return_26bar"),
        ensemble=EnsembleEntry(members, chosen),
    )  # fmt: skip


def samples_of(sessions: int = 36, **options: Any) -> TrainingSet:
    """Samples with the labels of both targets, and two features of the whole market in the place of noise."""
    found = sample_set(sessions=sessions, **options)
    bars = len(found.timeline)
    rng = np.random.default_rng(5)
    calm = (np.arange(bars) // 60) % 2 == 0
    volatility = np.where(calm, 0.5, 2.0) + 0.05 * rng.standard_normal(bars)
    trend = np.where((np.arange(bars) // 120) % 2 == 0, 10.0, 40.0) + rng.standard_normal(bars)
    features = found.features.copy()
    features[:, 2], features[:, 3] = volatility[found.row], trend[found.row]
    up = np.where(np.isnan(found.returns), np.nan, (found.returns > 0).astype(float))
    own = Outcomes(found.labels, found.returns, found.end_row)
    return replace(
        found,
        features=features,
        names=("signal", "noise", "volatility", "trend"),
        others={"return_26bar": own, "direction_26bar": Outcomes(up, found.returns, found.end_row)},
    )


def plan_of(samples: TrainingSet) -> FoldPlan:
    """Return two folds, or a few more, of fifteen sessions."""
    return walk_forward(
        samples.timeline, train_sessions=15, test_sessions=10, step_sessions=10, horizon_bars=26, embargo_bars=2
    )


REGIME = {"volatility_feature": "volatility", "trend_feature": "trend", "window_bars": 60}
EVERY: dict[str, dict[str, Any]] = {
    "mean": {"method": "averaging", "averaging": "mean"},
    "sharpe": {"method": "averaging"},
    "optimised": {"method": "averaging", "weights_method": "optimised"},
    "median": {"method": "averaging", "averaging": "median"},
    "trimmed": {"method": "averaging", "averaging": "trimmed_mean", "trim_share": 0.34},
    "hard": {"method": "voting", "voting": "hard"},
    "soft": {"method": "voting", "voting": "soft", "vote_weights": "weighted"},
    "per_class": {"method": "voting", "voting": "hard", "vote_weights": "per_class"},
    "ridge": {"method": "stacking", "meta_features": ("vol*",)},
    "linear": {"method": "stacking", "meta_learner": "linear"},
    "xgboost": {"method": "stacking", "meta_learner": "xgboost"},
    "blending": {"method": "blending", "blend_share": 0.3},
    "adaptive": {"method": "adaptive", "weights_method": "ic", "half_life_sessions": 3},
    "best": {"method": "averaging", "keep_best": 1},
    "hmm": {"method": "regime", "regime": REGIME},
    "thresholds": {
        "method": "regime",
        "regime": {**REGIME, "detector": "thresholds", "gates": {"high_volatility": 0.5}},
    },
    "classifier": {"method": "regime", "regime": {**REGIME, "detector": "classifier", "window_bars": 130}},
}
"""Every way to combine, with settings that suit small samples."""
