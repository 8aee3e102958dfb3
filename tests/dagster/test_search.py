"""Materialising a search, as a click does: progress on the page, figures and a proposal, every trial in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest
import yaml

from qts_core.adapters.mlflow_registry.search_runs import MlflowSearchRuns
from qts_core.cli.fresh_features import ensure_features
from qts_core.research.ledger import TrialKind, TrialLedger
from qts_core.research.search.result import load_search
from qts_dagster.definitions import build_definitions
from qts_dagster.defs.models import search
from qts_dagster.defs.resources import Platform
from qts_dagster.demo.materialise import materialise, open_instance
from tests.support.search_home import MODEL, make_search_home


def test_a_search_shows_its_progress_what_it_found_and_what_to_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_search_home(tmp_path / "home", trials=4, neighbours=0, per_fold=True)
    monkeypatch.setenv("QTS_CONFIG_DIR", str(folder))
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setattr(search, "EVERY", 2)
    logged: list[str] = []

    def log(self: MlflowSearchRuns, study: str, label: str, **_: object) -> str:
        logged.append(label)
        return "run"

    monkeypatch.setattr(MlflowSearchRuns, "log", log)
    platform = Platform(home=str(tmp_path / "home"))
    ensure_features(platform.settings, platform.lake)
    key = dg.AssetKey(f"search_{MODEL}")
    with open_instance(platform.settings.home) as instance:
        done = materialise(build_definitions(platform), instance, [key.to_user_string()])
        seen = instance.fetch_observations(key, limit=20).records
    metadata: Mapping[str, object] = done.metadata[key.to_user_string()]
    labels = ["fold 1", "fold 2", "final"]
    assert logged == labels
    progress = [record.asset_observation.metadata for record in reversed(seen) if record.asset_observation]
    assert [(str(m["window"].value), m["trials"].value) for m in progress] == [(w, n) for w in labels for n in (2, 4)]
    assert metadata["trials"] == 12
    assert str(metadata["promised_and_kept"]).startswith("![Sharpe ratio on inner folds")
    assert "/#/experiments" in str(metadata["mlflow"])
    assert "sharpe" in str(metadata["objective"])
    proposal = yaml.safe_load(str(metadata["proposal"]).removeprefix("```yaml\n").removesuffix("```"))
    found = load_search(platform.lake, MODEL)
    assert proposal["models"][MODEL]["hyperparameters"] == found.windows[-1].hyperparameters
    with platform.database() as database:
        rows = [trial for trial in TrialLedger(database.trials).trials() if trial.kind is TrialKind.SEARCH]
    assert len(rows) == 12
    assert len({row.study for row in rows}) == 3
