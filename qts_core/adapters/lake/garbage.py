"""What may be deleted from a lake, why, and deleting it so that no reader or writer is hurt (checklist C-35).

Nothing here ever chooses raw bars, corporate actions or instruments: they go only when a person names the table.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from qts_core.adapters.lake.lake import Lake
from qts_core.adapters.lake.names import BLOBS, check_names, is_month, manifest_path
from qts_core.adapters.lake.stores import PART
from qts_core.data.retention import Removal, is_older
from qts_core.market.errors import DataNotFoundError

__all__ = ["lake_garbage", "named_tables", "remove_from_lake"]

FEATURE_TABLE = re.compile(r"features_[0-9a-f]{8}(?:_[0-9a-f]{8})?", re.ASCII)
"""Of a catalogue, or of a catalogue as it was known at a moment."""
SNAPSHOTS = f"{BLOBS}/snapshots"


def lake_garbage(
    lake: Lake,
    *,
    now: datetime,
    grace: timedelta,
    tables_in_use: Collection[str] = (),
    keep_features: timedelta | None = None,
    pinned: Collection[str] = (),
) -> tuple[Removal, ...]:
    """Return what nobody needs any more: superseded files, leftovers of interrupted writes, old feature tables.

    Parameters
    ----------
    lake : Lake
    now : datetime
        Aware.
    grace : timedelta
        A file stays this long after its month was written last, for readers that still use it.
    tables_in_use : collection of str
        Feature tables of the configured catalogue and of models that trade.
    keep_features : timedelta, optional
        Feature tables that are not in use go when nothing in them was written for this long; never by default.
    pinned : collection of str
        Files that training sets are made of: they stay, whatever else goes.

    Raises
    ------
    DataCorruptionError
        If a manifest is damaged: what it named must not be taken for rubbish.
    """
    stored = lake.store.files()
    written = {file.name: file.modified for file in stored}
    old = _old_tables(lake, written, now, tables_in_use, keep_features)
    found = []
    named = _named(lake)
    for file in stored:
        table, _, rest = file.name.partition("/")
        owner = _owner(file.name)
        if file.name in pinned:
            continue
        if owner in old:
            found.append(Removal(file.name, file.bytes, f"features of another catalogue: {owner}"))
        elif file.name.endswith(PART) and "/." in f"/{file.name}":
            if is_older(file.modified, now, grace):
                found.append(Removal(file.name, file.bytes, "left by interrupted writes"))
        elif table != BLOBS and rest.endswith(".parquet") and file.name not in named:
            manifest = written.get(manifest_path(table, rest.split(".", 1)[0]), file.modified)
            if is_older(file.modified, now, grace) and is_older(manifest, now, grace):
                found.append(Removal(file.name, file.bytes, "superseded"))
    return tuple(found)


def named_tables(lake: Lake, tables: Iterable[str]) -> tuple[Removal, ...]:
    """Return every file of the tables that a person named, snapshots too.

    Raises
    ------
    DataNotFoundError
        If the lake holds no such table.
    """
    stored, found = lake.store.files(), []
    for table in tables:
        check_names(table)
        files = [f for f in stored if _owner(f.name) == table]
        if not files:
            raise DataNotFoundError(
                "QTS-DATA-013", "the lake holds no such table", where=lake.root, found=table,
                expected=", ".join(lake.tables()),
            )  # fmt: skip
        found += [Removal(f.name, f.bytes, f"asked for: {table}") for f in files]
    return tuple(found)


def remove_from_lake(lake: Lake, removals: Sequence[Removal]) -> tuple[Removal, ...]:
    """Delete files and return those that went; what a manifest names again meanwhile stays.

    Manifests go before the files they name, each month under its lock, so an interrupted removal leaves no month that
    cannot be read.
    """
    gone = []
    ordered = sorted(removals, key=lambda r: (not r.name.endswith(".json"), r.name))
    manifests = {r.name for r in removals if r.name.endswith(".json")}
    for removal in ordered:
        table, _, rest = removal.name.partition("/")
        month = rest.lstrip(".").split(".", 1)[0]
        if table == BLOBS or not is_month(month):
            lake.store.delete(removal.name)
            gone.append(removal)
            continue
        with lake.store.lock(f"{table}.{month}"):
            partition = None if removal.name in manifests else lake.partition(table, month)
            if partition is not None and rest in {s.file for s in partition.segments}:
                continue
            lake.store.delete(removal.name)
            gone.append(removal)
    return tuple(gone)


def _old_tables(
    lake: Lake,
    written: Mapping[str, datetime | None],
    now: datetime,
    tables_in_use: Collection[str],
    keep: timedelta | None,
) -> frozenset[str]:
    if keep is None:
        return frozenset()
    return frozenset(
        table
        for table in lake.tables()
        if FEATURE_TABLE.fullmatch(table)
        and table not in tables_in_use
        and all(is_older(written.get(manifest_path(table, m)), now, keep) for m in lake.months(table))
    )


def _named(lake: Lake) -> frozenset[str]:
    partitions = (lake.partition(table, month) for table in lake.tables() for month in lake.months(table))
    return frozenset(f"{p.table}/{s.file}" for p in partitions if p is not None for s in p.segments)


def _owner(name: str) -> str:
    """Return the table that a file belongs to; a feature table's snapshots belong to it."""
    if name.startswith(f"{SNAPSHOTS}/"):
        return name.split("/")[2]
    return name.split("/", 1)[0]
