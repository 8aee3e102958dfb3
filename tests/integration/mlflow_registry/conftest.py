"""One MLflow store for the session: a new SQLite store takes about nine seconds of migrations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.adapters.mlflow_registry.tracker import MlflowTracker
from qts_core.ports.registry import DatasetRecord, FoldRecord, TrackedRun, TrainingRecord
from tests.unit.qts_core.models.test_bundle import NAMES, bundle_of

MODEL = "toy"


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> MlflowConnection:
    home: Path = tmp_path_factory.mktemp("mlflow")
    made = MlflowConnection(f"sqlite:///{home / 'store' / 'mlflow.db'}", artifact_root=home / "artifacts")
    made.prepare()
    return made


def training_record(seed: int = 0) -> TrainingRecord:
    bundle = bundle_of()
    features, scores = bundle.golden
    return TrainingRecord(
        model=MODEL,
        run_name=f"walk-forward {seed}",
        parameters={"seed": str(seed), "target": "return_26bar"},
        metrics={"rank_ic": 0.07, "rmse": 0.02},
        tags={"git_commit": "abc123", "feature_hash": "c" * 64},
        folds=tuple(FoldRecord(f"fold {i}", {"test": f"{i}"}, {"test.rank_ic": 0.05 + i / 100}) for i in (1, 2, 3)),
        dataset=DatasetRecord("features_cccccccc", "d" * 64, "lake:features_cccccccc", 655_000, NAMES, "return_26bar"),
        files=bundle.files,
        bundle_sha256=bundle.sha256,
        example=np.asarray(features[:5]),
        example_scores=np.asarray(scores[:5]),
        card="# toy\n\nA card.",
    )


@pytest.fixture(scope="session")
def run(connection: MlflowConnection) -> TrackedRun:
    return MlflowTracker(connection).log_training(training_record())
