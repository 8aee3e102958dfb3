"""A bundle is found in a local MLflow store without MLflow, or the usual way is taken."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from qts_core.adapters.mlflow_registry.local_store import StoredBundle, stored_bundle

TABLES = """
CREATE TABLE model_versions (name TEXT, version INTEGER, storage_location TEXT);
CREATE TABLE model_version_tags (name TEXT, version INTEGER, key TEXT, value TEXT);
"""
"""The columns read, as MLflow 3 has them; the process tests read a store that MLflow itself has made."""


def store(folder: Path, location: str) -> str:
    """Return the URI of a store whose version 1 of `m` lies at `location`."""
    file = folder / "mlflow.db"
    with sqlite3.connect(file) as connection:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO model_versions VALUES ('m', 1, ?)", (location,))
        connection.execute("INSERT INTO model_version_tags VALUES ('m', 1, 'bundle_sha256', 'abc')")
    return f"sqlite:///{file}"


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_a_bundle_on_this_machine_is_found_with_its_registered_sha256(tmp_path: Path, prefix: str) -> None:
    bundle = tmp_path / "artifacts" / "bundle"
    bundle.mkdir(parents=True)
    uri = store(tmp_path, f"{prefix}{tmp_path}")
    assert stored_bundle(uri, "m", "1") == StoredBundle(bundle, "abc")
    assert stored_bundle(uri, "m", "2") is None


@pytest.mark.parametrize("location", ["s3://bucket/m", "file:///nowhere", ""])
def test_a_bundle_elsewhere_is_left_to_mlflow(tmp_path: Path, location: str) -> None:
    assert stored_bundle(store(tmp_path, location), "m", "1") is None


@pytest.mark.parametrize("uri", ["https://mlflow.example", "sqlite:///nowhere/mlflow.db"])
def test_a_store_that_cannot_be_read_is_left_to_mlflow(uri: str) -> None:
    assert stored_bundle(uri, "m", "1") is None
