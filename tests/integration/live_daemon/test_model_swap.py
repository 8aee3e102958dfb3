"""Moving the alias `champion` swaps a running daemon's model between two bars, if its gates passed (C-17, C-18)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from qts_core.adapters.db import open_database
from qts_core.adapters.db.journal import Journal
from qts_core.adapters.gate_key import gate_key
from qts_core.adapters.mlflow_registry.connection import MlflowConnection
from qts_core.adapters.mlflow_registry.registry import MlflowRegistry
from qts_core.adapters.mlflow_registry.tracker import MlflowTracker
from qts_core.adapters.settings_files import load_settings
from qts_core.models.bundle import ModelBundle
from qts_core.ports.registry import CHAMPION, DatasetRecord, TrackedRun, TrainingRecord
from qts_core.research.approval import GateSeal, gate_record
from qts_core.research.gates import Gate, GateReport
from qts_core.research.live_core import replay_journal
from tests.support.live_home import LiveHome
from tests.support.processes import daemon_home, start_daemon, start_exchange

pytestmark = [pytest.mark.process, pytest.mark.slow]

NAME = "qts_lightgbm_return"
POLL = "QTS_TRADING__DAEMON__MODEL_POLL_SECONDS"


def sibling(bundle: ModelBundle, seed: int) -> ModelBundle:
    """Return the same weights under another identity."""
    manifest = bundle.manifest.model_copy(update={"seed": seed})
    return ModelBundle.build(bundle.open().model, manifest, bundle.golden[0])


def register(tracker: MlflowTracker, bundle: ModelBundle) -> TrackedRun:
    """Register a bundle as a new version."""
    features, scores = bundle.golden
    names = tuple(f.name for f in bundle.manifest.features)
    return tracker.log_training(
        TrainingRecord(
            model="lightgbm_return", run_name="walk-forward", parameters={}, metrics={}, tags={}, folds=(),
            dataset=DatasetRecord("features", "d" * 64, "lake:features", 1, names, "return_26bar"), files=bundle.files,
            bundle_sha256=bundle.sha256, example=np.asarray(features[:3]), example_scores=np.asarray(scores[:3]),
            card="# tiny",
        )
    )  # fmt: skip


def test_the_daemon_trades_the_champion_and_swaps_only_to_a_version_that_passed_its_gates(
    live_home: LiveHome, tmp_path: Path
) -> None:
    home = daemon_home(live_home.home, tmp_path / "home")
    settings = load_settings(environment={"QTS_HOME": str(home)}).settings
    connection = MlflowConnection(settings.mlflow.tracking_uri, artifact_root=settings.mlflow.artifact_root)
    connection.prepare()
    tracker, registry = MlflowTracker(connection), MlflowRegistry(connection)
    first = ModelBundle.load(live_home.model)
    bundles = [first, sibling(first, 41), sibling(first, 42)]
    versions = [register(tracker, bundle).version for bundle in bundles]
    seal = GateSeal(gate_key(settings))
    with open_database(settings.database.url) as database:
        for bundle, version, passed in zip(bundles, versions, (True, False, True), strict=True):
            gate = Gate("gate.net_sharpe", 1.0, 0.5, ">=", passed, "because this test says so")
            report, now = GateReport((gate,), "pessimistic"), datetime.now(UTC)
            sha = bundle.sha256
            database.gates.add(
                gate_record(model=NAME, version=version, bundle_sha256=sha, report=report, now=now, seal=seal)
            )
    registry.set_alias(NAME, CHAMPION, versions[0])
    exchange = start_exchange(home, "--session", live_home.session.isoformat(), speed="180")
    daemon = start_daemon(home, "--exchange", exchange.rest, "--until-close", model="", **{POLL: "2"})
    try:
        daemon.wait_until(lambda: daemon.count("daemon.started") == 1)
        registry.set_alias(NAME, CHAMPION, versions[1])
        daemon.wait_until(lambda: daemon.count("model.refused") == 1)
        assert "gates refuse" in str(next(e for e in daemon.events() if e["event"] == "model.refused")["reason"])
        assert daemon.count("model.swapped") == 0
        registry.set_alias(NAME, CHAMPION, versions[2])
        daemon.wait_until(lambda: daemon.count("model.swapped") == 1)
        bars = daemon.count("bar.closed")
        daemon.wait_until(lambda: daemon.count("bar.closed") > bars + 1)
    finally:
        daemon.kill()
        exchange.stop()
    with Journal(home / "live" / "journal.db", create=False) as journal:
        models = [record.model_id for record in journal.epochs()]
        assert [name.rpartition("-")[2] for name in models] == [bundles[0].sha256[:8], bundles[2].sha256[:8]]
        replayed = list(replay_journal(journal))
    assert {made.model_id for made, _ in replayed} == set(models)
    assert all(stored is not None and made.digest() == stored.digest for made, stored in replayed)
