"""Finished reports on the disk: a page and its record side by side under QTS_HOME/reports."""

from __future__ import annotations

import os
from pathlib import Path

from qts_core.market.errors import DataConflictError, DataCorruptionError, DataNotFoundError
from qts_core.report.record import ReportRecord

__all__ = ["ReportFiles"]

RECORD = ".report.json"
SHOWN = 6


class ReportFiles:
    """The reports in one folder.

    Parameters
    ----------
    folder : Path
        ``settings.reports_dir``; made when the first report is saved.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def page(self, record: ReportRecord) -> Path:
        """Return where the page of `record` is."""
        return self._folder / f"{record.name}.html"

    def save(self, record: ReportRecord, html: str) -> Path:
        """Write page and record, the page first, each whole or not at all; return the page's path."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self.page(record)
        _write(path, html)
        _write(self._folder / f"{record.name}{RECORD}", record.to_json())
        return path

    def records(self) -> tuple[ReportRecord, ...]:
        """Return every record, by name.

        Raises
        ------
        DataCorruptionError
            ``QTS-EXEC-076``, if one cannot be read.
        """
        return tuple(self._read(path) for path in sorted(self._folder.glob(f"*{RECORD}")))

    def find(self, wanted: str) -> ReportRecord:
        """Return the report of this name, of this id, or whose id alone begins so.

        Raises
        ------
        DataNotFoundError
            ``QTS-EXEC-075``, if there is none.
        DataConflictError
            ``QTS-EXEC-077``, if several begin so.
        """
        records = self.records()
        exact = [r for r in records if wanted in {r.name, r.id}]
        found = exact or [r for r in records if wanted and r.id.startswith(wanted)]
        if not found:
            known = ", ".join(f"{r.name} ({r.id})" for r in records[:SHOWN]) or "no report at all"
            raise DataNotFoundError(
                "QTS-EXEC-075", "there is no such report", where=str(self._folder), found=wanted[:60], expected=known,
                fix="see `qts report list`; the asset tear_sheet_<model> makes one",
            )  # fmt: skip
        if len(found) > 1:
            raise DataConflictError(
                "QTS-EXEC-077", "several reports begin so", where=str(self._folder), found=wanted[:60],
                expected=", ".join(r.id for r in found[:SHOWN]), fix="give more of the id, or the name",
            )  # fmt: skip
        return found[0]

    def _read(self, path: Path) -> ReportRecord:
        try:
            return ReportRecord.from_json(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataCorruptionError(
                "QTS-EXEC-076", "the record of a report cannot be read", where=str(path), found=str(error)[:120],
                fix="delete it and make the report again",
            ) from error  # fmt: skip


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
