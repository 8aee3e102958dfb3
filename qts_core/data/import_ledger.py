"""Which files a lake was filled from: an import that was interrupted is finished, one that was done is not repeated."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from qts_core.market.errors import DataCorruptionError
from qts_core.market.ids import digest
from qts_core.ports.lake import LakePort

__all__ = [
    "ImportState",
    "ImportedFile",
    "options_key",
    "read_ledger",
    "unfinished",
    "without_imported",
    "write_ledger",
]

LEDGER_BLOB = "market/imports.json"


class ImportState(StrEnum):
    """How far the import of a file came."""

    STARTED = "started"
    """Some months may hold its bars and some not; importing it again finishes it."""
    PARTLY = "partly"
    """Everything is written but symbols that were dropped."""
    DONE = "done"
    """Everything is written."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One file of an import.

    Attributes
    ----------
    name, sha256 : str
        Its name, for people, and its content.
    options : str
        Key of what changes how it is read (:func:`options_key`).
    state : ImportState
        How far it came.
    """

    name: str
    sha256: str
    options: str
    state: ImportState = ImportState.STARTED

    @property
    def key(self) -> tuple[str, str]:
        """What makes two imports the same: content and options."""
        return self.sha256, self.options


def options_key(options: Mapping[str, object]) -> str:
    """Return a short key of the options that change how a file is read."""
    return digest(json.dumps(dict(options), sort_keys=True, default=str))[:16]


def read_ledger(lake: LakePort) -> dict[tuple[str, str], ImportedFile]:
    """Return every file that was ever imported, by its key.

    Raises
    ------
    DataCorruptionError
        If the record cannot be read.
    """
    if not lake.has_blob(LEDGER_BLOB):
        return {}
    try:
        rows = json.loads(lake.read_blob(LEDGER_BLOB))
        entries = [ImportedFile(**row | {"state": ImportState(row["state"])}) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise DataCorruptionError(
            "QTS-DATA-009", "the record of imports cannot be read", where=LEDGER_BLOB, found=str(error)
        ) from error
    return {entry.key: entry for entry in entries}


def write_ledger(lake: LakePort, files: Iterable[ImportedFile], state: ImportState) -> None:
    """Record that `files` have come as far as `state`."""
    ledger = read_ledger(lake) | {file.key: replace(file, state=state) for file in files}
    rows = [asdict(entry) for entry in sorted(ledger.values(), key=lambda e: (e.name, e.key))]
    lake.write_blob(LEDGER_BLOB, json.dumps(rows, indent=1).encode())


def without_imported(lake: LakePort, files: Iterable[ImportedFile]) -> tuple[ImportedFile, ...]:
    """Return the files whose bars are not all in the lake yet."""
    ledger = read_ledger(lake)
    return tuple(file for file in files if (known := ledger.get(file.key)) is None or known.state != ImportState.DONE)


def unfinished(lake: LakePort) -> tuple[ImportedFile, ...]:
    """Return the files whose import was begun and not finished."""
    return tuple(entry for entry in read_ledger(lake).values() if entry.state == ImportState.STARTED)
