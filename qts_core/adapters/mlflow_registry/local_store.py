"""A registered bundle straight from MLflow's files, for stores on this machine: importing mlflow takes seconds.

Only a short cut: whoever uses it verifies the bundle, and where anything is missing the usual way is taken.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

__all__ = ["StoredBundle", "stored_bundle"]

SQLITE_PREFIX = "sqlite:///"
QUERY = """
SELECT v.storage_location, t.value FROM model_versions v
JOIN model_version_tags t ON t.name = v.name AND t.version = v.version AND t.key = 'bundle_sha256'
WHERE v.name = :name AND v.version = :version
"""
TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """Where a version's bundle lies, and the sha256 with which it was registered."""

    path: Path
    sha256: str


def stored_bundle(tracking_uri: str, name: str, version: str) -> StoredBundle | None:
    """Return the bundle of a version kept in a local SQLite store with local artifacts, else None.

    Parameters
    ----------
    tracking_uri : str
        MLflow's; anything but ``sqlite:///<file>`` gives None.
    name, version : str
        Registered name and version number.
    """
    if not tracking_uri.startswith(SQLITE_PREFIX):
        return None
    file = quote(tracking_uri.removeprefix(SQLITE_PREFIX))
    try:
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=TIMEOUT_SECONDS)
        try:
            row = connection.execute(QUERY, {"name": name, "version": version}).fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return None
    if row is None or not row[0]:
        return None
    place = urlsplit(str(row[0]))
    folder = Path(unquote(place.path)) / "artifacts" / "bundle"
    if place.scheme not in {"", "file"} or not folder.is_dir():
        return None
    return StoredBundle(folder, str(row[1]))
