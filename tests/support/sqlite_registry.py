"""A registry as the daemon reads it from MLflow's tables, without the nine seconds that MLflow takes to make them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from qts_core.models.bundle import ModelBundle

__all__ = ["SqliteRegistry"]

TABLES = """
CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version INTEGER, PRIMARY KEY (name, alias));
CREATE TABLE model_versions (name TEXT, version INTEGER, storage_location TEXT);
CREATE TABLE model_version_tags (name TEXT, version INTEGER, key TEXT, value TEXT);
"""


class SqliteRegistry:
    """The three tables that are read, and the folders of the bundles beside them."""

    def __init__(self, home: Path, name: str) -> None:
        self.file, self.name = home / "mlflow" / "mlflow.db", name
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.count = 0
        self._do(*TABLES.strip().splitlines())

    def register(self, bundle: ModelBundle) -> str:
        """Add a version; return its number."""
        self.count += 1
        place = self.file.parent / "models" / str(self.count)
        bundle.save(place / "artifacts" / "bundle")
        row = f"'{self.name}', {self.count}"
        self._do(
            f"INSERT INTO model_versions VALUES ({row}, '{place}')",
            f"INSERT INTO model_version_tags VALUES ({row}, 'bundle_sha256', '{bundle.sha256}')",
        )
        return str(self.count)

    def set_alias(self, alias: str, version: str) -> None:
        """Move an alias."""
        self._do(f"INSERT OR REPLACE INTO registered_model_aliases VALUES ('{self.name}', '{alias}', {version})")

    def _do(self, *statements: str) -> None:
        with sqlite3.connect(self.file) as connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()
