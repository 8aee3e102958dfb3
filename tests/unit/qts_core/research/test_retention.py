"""What a model was trained on stays, whoever else needs the disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from qts_core.adapters.lake import Lake
from qts_core.adapters.lake.garbage import lake_garbage, remove_from_lake
from qts_core.market.calendar import xnys
from qts_core.research.preparation import prepare_training
from qts_core.research.retention import bundled_feature_tables, bundled_training_sets, pinned_files
from qts_core.research.training_manifest import TrainingManifest, manifest_blob, save_manifest
from qts_core.research.training_sets import changed_files
from tests.unit.qts_core.research.test_training_sets import SETTINGS, lake_of, revise

NOW = datetime(2100, 1, 1, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> tuple[Lake, TrainingManifest]:
    """A lake whose features were computed again after a training set was made of the earlier ones."""
    lake = lake_of(tmp_path_factory.mktemp("lake"))
    manifest = save_manifest(lake, prepare_training(lake, SETTINGS, "m", calendar=xnys()))
    revise(lake)
    return lake, manifest


def pinned(
    lake: Lake, sha: str, *, bundled: tuple[str, ...] = (), registered: tuple[str, ...] | None = ()
) -> frozenset[str]:
    return pinned_files(
        lake, written={manifest_blob(sha): LONG_AGO}, now=NOW, keep=timedelta(days=30), bundled=bundled,
        registered=lambda: registered,
    )  # fmt: skip


def garbage(lake: Lake, keep: frozenset[str]) -> set[str]:
    found = lake_garbage(lake, now=NOW, grace=timedelta(0), keep_features=timedelta(days=30), pinned=keep)
    return {removal.name for removal in found}


def test_files_of_a_model_s_training_set_are_never_garbage(old: tuple[Lake, TrainingManifest]) -> None:
    lake, manifest = old
    assert garbage(lake, frozenset()) & manifest.files, "superseded and unused, they would go"
    for named in ({"bundled": (manifest.sha256,)}, {"registered": (manifest.sha256,)}, {"registered": None}):
        keep = pinned(lake, manifest.sha256, **named)
        assert keep == manifest.files
        assert not garbage(lake, keep) & manifest.files
    remove_from_lake(
        lake, lake_garbage(lake, now=NOW, grace=timedelta(0), keep_features=timedelta(days=30), pinned=manifest.files)
    )
    assert changed_files(lake, manifest) == ()


def test_a_set_of_no_model_holds_its_files_only_while_it_is_young(old: tuple[Lake, TrainingManifest]) -> None:
    lake, manifest = old
    assert not pinned(lake, manifest.sha256)
    young = {manifest_blob(manifest.sha256): NOW - timedelta(days=1)}
    held = pinned_files(
        lake, written=young, now=NOW, keep=timedelta(days=30), bundled=(), registered=lambda: pytest.fail("not asked")
    )
    assert held == manifest.files


def test_bundles_name_their_table_and_their_training_set(tmp_path: Path) -> None:
    for number, content in enumerate(
        ({"catalogue_hash": "ab" * 32, "training": {"training_set": "cd" * 32}}, {"catalogue_hash": "ef" * 32}, [], 7)
    ):
        path = tmp_path / "models" / str(number) / "manifest.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(content))
    assert bundled_feature_tables(tmp_path) == {"features_abababab", "features_efefefef"}
    assert bundled_training_sets(tmp_path) == {"cd" * 32}


def test_frames_of_a_moment_are_a_table_of_features_too(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    lake.write_month("features_00000000_11111111", "2024-01", pl.DataFrame({"x": [1.0]}), lineage={})
    assert garbage(lake, frozenset()) >= {"features_00000000_11111111/2024-01.json"}
