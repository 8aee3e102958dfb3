"""Which stored features and files models still need (checklist C-35)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from qts_core.data.retention import is_older
from qts_core.ports.lake import LakeReader
from qts_core.research.training_manifest import FOLDER, read_manifest

__all__ = ["bundled_feature_tables", "bundled_training_sets", "pinned_files"]

MANIFEST = "manifest.json"
DIGITS = 8
"""Digits of a catalogue's hash in the name of its table; see `feature_months.feature_table`."""


def bundled_feature_tables(home: Path) -> frozenset[str]:
    """Return the feature tables of every model bundle below `home`: registered, downloaded or trading.

    A manifest that cannot be read names none: its bundle would be refused as well.
    """
    return frozenset(f"features_{str(content.get('catalogue_hash'))[:DIGITS]}" for content in _manifests(home))


def bundled_training_sets(home: Path) -> frozenset[str]:
    """Return the training sets, by hash, of every model bundle below `home`."""
    return frozenset(_training_set(content) for content in _manifests(home)) - {""}


def pinned_files(
    lake: LakeReader,
    *,
    written: Mapping[str, datetime | None],
    now: datetime,
    keep: timedelta,
    bundled: Collection[str],
    registered: Callable[[], Collection[str] | None],
) -> frozenset[str]:
    """Return the files, below the lake's root, that must stay for a training set to be made again.

    A manifest holds its files while it is young or any model names it. Manifests themselves are small and stay.

    Parameters
    ----------
    lake : LakeReader
    written : mapping of str to datetime
        When each manifest was written, by blob name; one without a time counts as young.
    now, keep : datetime, timedelta
        A manifest of no model holds its files for so long.
    bundled : collection of str
        Training sets of bundles on this disk.
    registered : callable
        Returns the training sets that registered versions name; None when the registry cannot be asked, and then every
        manifest holds. Only asked when something depends on it.

    Raises
    ------
    DataCorruptionError
        If a manifest is damaged: what it named must not be taken for rubbish.
    """
    manifests = {blob.removeprefix(f"{FOLDER}/").removesuffix(".json"): blob for blob in lake.blobs(FOLDER)}
    loose = {sha for sha, blob in manifests.items() if sha not in bundled and is_older(written.get(blob), now, keep)}
    named = registered() if loose else ()
    dropped = set() if named is None else loose - set(named)
    return frozenset(file for sha in manifests if sha not in dropped for file in read_manifest(lake, sha).files)


def _manifests(home: Path) -> Iterator[dict[str, Any]]:
    """Give what bundles below `home` say of themselves."""
    for folder in (home / "mlflow", home / "live", home / "models"):
        for path in folder.rglob(MANIFEST):
            try:
                content = json.loads(path.read_bytes())
            except (OSError, ValueError):
                continue
            if isinstance(content, dict) and "catalogue_hash" in content:
                yield content


def _training_set(content: Mapping[str, Any]) -> str:
    span = content.get("training")
    return str(span.get("training_set", "")) if isinstance(span, dict) else ""
