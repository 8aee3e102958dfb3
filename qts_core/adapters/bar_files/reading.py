"""Read files of bars, one or many, into one frame (specification 5.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from qts_core.adapters.bar_files.formats import is_bar_file, symbol_of_name, tables_of
from qts_core.adapters.bar_files.limits import unchanged
from qts_core.data.reading.conventions import LabelChoice, settle_labels
from qts_core.data.reading.parsing import ImportResult, parse_bars
from qts_core.data.schemas import BAR_SCHEMA
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.errors import DataNotFoundError, DataValidationError

__all__ = ["BarFile", "ReadOptions", "find_files", "import_bars", "import_many"]

WORKERS = 2
"""Files read at a time. The readers use every core themselves; this only keeps them busy between files."""
NAMED = 5


@dataclass(frozen=True, slots=True)
class BarFile:
    """A file to read; `symbol` is that of its name, for a table without such a column."""

    path: Path
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How files are read; the same for every file of an import.

    Attributes
    ----------
    timezone : str, optional
        IANA zone of times that carry none; without it such a file is refused.
    symbol : str, optional
        Symbol of a file that has no such column.
    label : "start", "end" or "auto"
        What the times name.
    allow_empty, no_volume : bool
        Accept a file without rows, or without a column of volumes (they are taken as 0).
    """

    timezone: str | None = None
    symbol: str | None = None
    label: LabelChoice = "auto"
    allow_empty: bool = False
    no_volume: bool = False


def import_bars(
    path: str | Path,
    *,
    timezone: str | None = None,
    source: str | None = None,
    symbol: str | None = None,
    allow_empty: bool = False,
    label: LabelChoice = "auto",
    no_volume: bool = False,
    calendar: TradingCalendar | None = None,
) -> ImportResult:
    """Read a file of bars.

    Parameters
    ----------
    path : str or Path
        ``.csv``, ``.tsv``, ``.txt`` (each also with ``.gz`` or ``.zst``), ``.parquet``, ``.feather``, ``.h5``, or a
        ``.zip`` or ``.tar`` of the first two kinds.
    timezone : str, optional
        IANA zone of times that carry none; without it such a file is refused.
    source : str, optional
        Written into the bars; the file's name by default.
    symbol : str, optional
        Symbol of a file that has no such column.
    allow_empty : bool
        Accept a file without rows.
    label : "start", "end" or "auto"
        What the file's times name: a bar's start or its end.
    no_volume : bool
        Accept a file without a column of volumes; they are taken as 0.
    calendar : TradingCalendar, optional
        Sessions, by which labels are told; XNYS by default.

    Returns
    -------
    ImportResult
        Bars as the file gives them, their times the starts. Check them next: ``check_bars`` or ``admit_bars``.

    Raises
    ------
    DataNotFoundError
        If the file does not exist or is empty.
    DataValidationError
        If its content is not bars, is too much, or contradicts `label`.
    DataCorruptionError
        If it is damaged, or changed while it was read.
    """
    options = ReadOptions(timezone, symbol, label, allow_empty, no_volume)
    return _labelled(_read_file(BarFile(Path(path)), options, source), options, Path(path).name, calendar)


def import_many(
    files: Sequence[BarFile],
    options: ReadOptions,
    *,
    calendar: TradingCalendar | None = None,
    progress: Callable[[Path], None] | None = None,
) -> ImportResult:
    """Read several files of one market into one frame, some at a time.

    Parameters
    ----------
    files : sequence of BarFile
        As :func:`find_files` gives them.
    options : ReadOptions
        For all of them.
    calendar : TradingCalendar, optional
        XNYS by default.
    progress : callable, optional
        Called with each file's path when it is read.

    Raises
    ------
    DataError
        As :func:`import_bars`, for the first file that cannot be read.
    DataValidationError
        If bars of different lengths come together.
    """
    if not files:
        raise DataNotFoundError("QTS-DATA-002", "there is no file of bars", expected="CSV, Parquet, Feather or HDF5")

    def read(file: BarFile) -> ImportResult:
        result = _read_file(file, options, None)
        if progress is not None:
            progress(file.path)
        return result

    with ThreadPoolExecutor(WORKERS) as pool:
        futures = [pool.submit(read, file) for file in files]
        try:
            results = [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)
    where = files[0].path.name if len(files) == 1 else f"{len(files)} files"
    return _labelled(_joined(results, where), options, where, calendar)


def find_files(paths: Sequence[Path]) -> tuple[tuple[BarFile, ...], tuple[str, ...]]:
    """Find the files of bars among `paths`, folders with everything below them, in order of name.

    Returns
    -------
    tuple of BarFile
        Each once. Of several files each one's name gives its symbol, unless it has a column of them.
    tuple of str
        Names in folders that are of no kind that is read.

    Raises
    ------
    DataNotFoundError
        If a path does not exist.
    """
    found: list[Path] = []
    skipped: list[str] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        below = sorted(p for p in path.rglob("*") if p.is_file() and not _is_hidden(p.relative_to(path)))
        found += [p for p in below if is_bar_file(p.name)]
        skipped += [str(p.relative_to(path)) for p in below if not is_bar_file(p.name)]
    if not found:
        raise DataNotFoundError(
            "QTS-DATA-001", "there is no file of bars in the folder", where=", ".join(str(p) for p in paths),
            expected="CSV, Parquet, Feather or HDF5",
        )  # fmt: skip
    distinct = list(dict.fromkeys(found))
    is_alone = len(distinct) == 1 and not any(path.is_dir() for path in paths)
    files = tuple(BarFile(p, None if is_alone else symbol_of_name(p.name)) for p in distinct)
    return files, tuple(skipped)


def _read_file(file: BarFile, options: ReadOptions, source: str | None) -> ImportResult:
    with unchanged(file.path) as sha256:
        results = []
        for where, tables in tables_of(file.path):
            is_member = where != file.path.name
            symbol = options.symbol or (symbol_of_name(where) if is_member else file.symbol)
            results.append(
                parse_bars(
                    tables, source=source or where, where=where, timezone=options.timezone, symbol=symbol,
                    allow_empty=options.allow_empty, no_volume=options.no_volume,
                )
            )  # fmt: skip
    return replace(_joined(results, file.path.name), sha256=sha256)


def _joined(results: Sequence[ImportResult], where: str) -> ImportResult:
    if len(results) == 1:
        return results[0]
    filled = [r for r in results if not r.frame.is_empty()]
    lengths = sorted({r.bar_minutes for r in filled})
    if len(lengths) > 1:
        raise DataValidationError(
            "QTS-DATA-015", "bars of different lengths come together", where=where,
            found=", ".join(f"{minutes} minutes" for minutes in lengths), expected="one length in an import",
            fix="import them apart",
        )  # fmt: skip
    frame = pl.concat([r.frame for r in filled] or [pl.DataFrame(schema=dict(BAR_SCHEMA))])
    frame = frame.sort("ts_event", "symbol", maintain_order=True)
    told = list(dict.fromkeys(warning for r in results for warning in r.warnings))
    warnings = told if len(told) <= NAMED else [*told[:NAMED], f"and {len(told) - NAMED} more warnings"]
    digest = hashlib.sha256("\n".join(r.sha256 for r in results).encode()).hexdigest()
    return ImportResult(frame, tuple(warnings), lengths[0] if lengths else results[0].bar_minutes, digest)


def _labelled(result: ImportResult, options: ReadOptions, where: str, calendar: TradingCalendar | None) -> ImportResult:
    frame, label = settle_labels(
        result.frame, bar_minutes=result.bar_minutes, calendar=calendar or xnys(), declared=options.label, where=where
    )
    warnings = result.warnings
    if label == "end":
        warnings = (*warnings, f"times name the bar's end; moved back by {result.bar_minutes} minutes")
    return replace(result, frame=frame, label=label, warnings=warnings)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__")) for part in path.parts)
