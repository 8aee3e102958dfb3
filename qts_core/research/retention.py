"""Which stored features models still need (checklist C-35)."""

from __future__ import annotations

import json
from pathlib import Path

__all__ = ["bundled_feature_tables"]

MANIFEST = "manifest.json"
DIGITS = 8
"""Digits of a catalogue's hash in the name of its table; see `feature_months.feature_table`."""


def bundled_feature_tables(home: Path) -> frozenset[str]:
    """Return the feature tables of every model bundle below `home`: registered, downloaded or trading.

    A manifest that cannot be read names none: its bundle would be refused as well.
    """
    found = set()
    for folder in (home / "mlflow", home / "live", home / "models"):
        for path in folder.rglob(MANIFEST):
            try:
                catalogue = json.loads(path.read_bytes())["catalogue_hash"]
            except (OSError, ValueError, KeyError, TypeError):
                continue
            found.add(f"features_{str(catalogue)[:DIGITS]}")
    return frozenset(found)
