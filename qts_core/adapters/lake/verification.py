"""Read everything a lake holds and say what is damaged, by name (specification 14.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from qts_core.adapters.lake.lake import Lake
from qts_core.adapters.lake.names import BLOBS, manifest_path
from qts_core.adapters.lake.stores import PART
from qts_core.market.errors import DataCorruptionError, printable_sentence
from qts_core.ports.lake import Partition

__all__ = ["Damage", "VerifyReport", "named_files", "verify_lake"]

Progress = Callable[[str, int, int], None]
"""Told (table, months done, months in all) after each month."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A stored file that is not what was written.

    Attributes
    ----------
    file : str
        Its path below the lake's root.
    problem : str
        What was found and what was expected.
    """

    file: str
    problem: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What reading everything gave.

    Attributes
    ----------
    files, rows, bytes : int
        Files that were read and verified, rows of the tables, bytes of the files.
    damaged : tuple of Damage
        Every file that cannot be trusted, by name.
    unnamed : tuple of str
        Files that no manifest names: superseded or left by an interrupted write. Harmless; `qts data gc` takes them.
    """

    files: int
    rows: int
    bytes: int
    damaged: tuple[Damage, ...]
    unnamed: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damaged

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain values."""
        return {
            "files": self.files,
            "rows": self.rows,
            "bytes": self.bytes,
            "damaged": [{"file": d.file, "problem": d.problem} for d in self.damaged],
            "unnamed": list(self.unnamed),
        }


@dataclass(slots=True)
class _Tally:
    """What was counted so far."""

    files: int = 0
    rows: int = 0
    bytes: int = 0
    damaged: list[Damage] = field(default_factory=list)

    def add(self, *, size: int, rows: int = 0) -> None:
        self.files += 1
        self.rows += rows
        self.bytes += size

    def blame(self, file: str, error: DataCorruptionError) -> None:
        self.damaged.append(Damage(file, printable_sentence(f"{error.what}: found {error.found}")))


def verify_lake(lake: Lake, *, progress: Progress | None = None) -> VerifyReport:
    """Read and verify every manifest, file of rows and blob of `lake`; nothing is taken from memory or changed.

    Parameters
    ----------
    lake : Lake
    progress : callable, optional
        Told (table, done, total) after each month.
    """
    tally = _Tally()
    months = [(table, month) for table in lake.tables() for month in lake.months(table)]
    for done, (table, month) in enumerate(months, start=1):
        _verify_month(lake, table, month, tally)
        if progress is not None:
            progress(table, done, len(months))
    stored = lake.store.files()
    for file in stored:
        folder, _, blob = file.name.partition("/")
        if folder != BLOBS or file.name.endswith(PART):
            continue
        try:
            lake.read_blob(blob)
            tally.add(size=file.bytes)
        except DataCorruptionError as error:
            tally.blame(file.name, error)
    named = named_files(lake)
    unnamed = tuple(f.name for f in stored if f.name not in named and not f.name.startswith(f"{BLOBS}/"))
    return VerifyReport(tally.files, tally.rows, tally.bytes, tuple(tally.damaged), unnamed)


def named_files(lake: Lake) -> frozenset[str]:
    """Return every manifest, and every file that a readable manifest names, by path below the root."""
    found: set[str] = set()
    for table in lake.tables():
        for month in lake.months(table):
            found.add(manifest_path(table, month))
            try:
                partition = lake.partition(table, month)
            except DataCorruptionError:
                continue
            found.update(f"{table}/{s.file}" for s in ([] if partition is None else partition.segments))
    return frozenset(found)


def _verify_month(lake: Lake, table: str, month: str, tally: _Tally) -> None:
    try:
        partition: Partition | None = lake.partition(table, month)
    except DataCorruptionError as error:
        tally.blame(manifest_path(table, month), error)
        return
    tally.add(size=0)
    for segment in () if partition is None else partition.segments:
        try:
            lake.read_segment(table, segment)
            tally.add(size=segment.bytes, rows=segment.rows)
        except DataCorruptionError as error:
            tally.blame(f"{table}/{segment.file}", error)
