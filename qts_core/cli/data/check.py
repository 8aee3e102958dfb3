"""`qts data check`: judge bars by every rule without changing anything (specification 5.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.data.quality_words import report_text
from qts_core.cli.data.shared import JsonOption, ZoneOption, open_lake
from qts_core.cli.output import note, print_json, write_page
from qts_core.market.errors import DataNotFoundError, DataValidationError, ExitCode

if TYPE_CHECKING:
    import polars as pl

    from qts_core.data.quality.report import QualityReport, QualitySettings

__all__ = ["check", "checked"]

LAKE = "lake"
DAILY = "QTS-DATA-022"


class Label(StrEnum):
    """What the times of a file name."""

    AUTO = "auto"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is judged: bars, their length, what is known about their corporate actions, and where they come from."""

    title: str
    source: str
    path: str
    frame: pl.DataFrame
    bar_minutes: int
    actions: pl.DataFrame
    beside: pl.DataFrame | None = None
    notes: tuple[str, ...] = ()
    is_synthetic: bool = False


def check(
    path: Annotated[Path | None, typer.Argument(help="File or folder of bars; else the lake's raw bars.")] = None,
    tz: ZoneOption = None,
    label: Annotated[Label, typer.Option(help="What times name: a bar's start or end.")] = Label.AUTO,
    symbol: Annotated[str | None, typer.Option(help="Symbol of a file that has no such column.")] = None,
    actions: Annotated[Path | None, typer.Option(help="Table of splits and dividends that explain prices.")] = None,
    against: Annotated[str | None, typer.Option(help="Another source to compare: a file, a folder, or lake.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write the report as one HTML page.")] = None,
    json: JsonOption = False,
) -> None:
    """Judge bars by every rule without changing anything; exit code 2 when an import would be refused.

    \b
    Examples:
      qts data check
      qts data check bars.csv --tz America/New_York
      qts data check vendor/ --actions splits.csv --page quality.html
      qts data check vendor.parquet --against lake
    """
    from qts_core.adapters.clock import SystemClock

    subject = _of_lake() if path is None else _of_files(path, tz, label, symbol)
    if actions is not None:
        subject = replace(subject, actions=_listed(actions, subject.actions))
    for said in subject.notes:
        note(f"note: {said}")
    report = checked(subject.frame, subject.bar_minutes, SystemClock().now(), subject.actions)
    report = report.joined(_beside(subject))
    if against is not None:
        report = report.joined(_compared(subject, against, tz, label, symbol))
    if page is not None:
        _write_page(page, report, subject)
    if json:
        print_json({"title": subject.title, "bar_minutes": subject.bar_minutes, **report.to_dict(subject.path)})
    else:
        words = report_text(report, title=subject.title, path=subject.path, bar_minutes=subject.bar_minutes)
        typer.echo(words)
    if report.is_refused:
        raise typer.Exit(ExitCode.USER_ERROR)


def checked(
    frame: pl.DataFrame,
    minutes: int,
    now: datetime,
    actions: pl.DataFrame | None,
    quality: QualitySettings | None = None,
) -> QualityReport:
    """Judge bars of any length as an import would see them."""
    from qts_core.data.quality.judging import judge_bars
    from qts_core.market.calendar import xnys

    return judge_bars(frame, calendar=xnys(), bar_minutes=minutes, now=now, actions=actions, settings=quality)


def _of_lake() -> Subject:
    from qts_core.data.ingest import load_actions
    from qts_core.data.market_source import recorded_source
    from qts_core.market.timeline import BAR_MINUTES

    _, lake = open_lake()
    market = recorded_source(lake)
    frame = lake.read("raw_bars")
    words = f"raw bars of the lake, data hash {lake.data_hash('raw_bars')[:12]}"
    return Subject(
        "raw_bars", words, "PATH", frame, BAR_MINUTES, load_actions(lake),
        is_synthetic=market is not None and market.is_synthetic,
    )  # fmt: skip


def _of_files(path: Path, tz: str | None, label: Label, symbol: str | None) -> Subject:
    from qts_core.adapters.bar_files import ReadOptions, find_files, import_many

    files, skipped = find_files([path])
    try:
        result = import_many(files, ReadOptions(timezone=tz, symbol=symbol, label=label.value, no_volume=True))
    except DataValidationError as error:
        if error.code != DAILY or len(files) > 1:
            raise
        return _of_days(path, symbol)
    notes = (*result.warnings, *((f"not read: {', '.join(skipped[:8])}",) if skipped else ()))
    number = f"{len(files)} files" if len(files) > 1 else "one file"
    source = f"{number} of {result.bar_minutes}-minute bars, sha256 {result.sha256[:12]}"
    return Subject(path.name, source, str(path), result.frame, result.bar_minutes, _none(), None, notes)


def _of_days(path: Path, symbol: str | None) -> Subject:
    """Return daily bars, the actions that stand beside them, and their table where it has an adjusted close."""
    from qts_core.adapters.bar_files.whole_tables import read_daily
    from qts_core.data.quality.bookings import ADJUSTED_COLUMNS
    from qts_core.data.quality.vendor_actions import actions_beside

    file = read_daily(path, symbol=symbol)
    beside = file.table if set(ADJUSTED_COLUMNS) <= set(file.table.columns) else None
    source = f"one file of daily bars, sha256 {file.sha256[:12]}"
    actions = actions_beside(file.table, source=path.name, symbol=symbol)
    notes = tuple(w for w in file.bars.warnings if beside is None or not w.startswith("columns not read"))
    return Subject(path.name, source, str(path), file.bars.frame, file.bars.bar_minutes, actions, beside, notes)


def _listed(path: Path, known: pl.DataFrame) -> pl.DataFrame:
    """Return the actions of a file beside those that are known."""
    import polars as pl

    from qts_core.adapters.bar_files.whole_tables import read_table
    from qts_core.data.quality.vendor_actions import actions_listed

    if not path.is_file():
        raise DataNotFoundError("QTS-DATA-001", "the file cannot be read", where=str(path), fix="give a file")
    listed = actions_listed(read_table(path), source=path.name)
    if listed.is_empty():
        raise DataNotFoundError(
            "QTS-DATA-030", "no splits or dividends are found in the table", where=path.name,
            expected="columns symbol, ex_date, action (split or dividend) and value",
        )  # fmt: skip
    return pl.concat([known, listed]).unique(["symbol", "ex_date", "kind"], keep="last", maintain_order=True)


def _none() -> pl.DataFrame:
    from qts_core.data.actions.table import no_actions

    return no_actions()


def _beside(subject: Subject) -> QualityReport:
    """Judge what stands beside the bars: actions on days without a price, an adjusted close."""
    import polars as pl

    from qts_core.data.quality.bookings import adjusted_close, lone_actions
    from qts_core.data.quality.daily import DAILY_MINUTES, at_the_open
    from qts_core.data.quality.findings import report_of
    from qts_core.market.calendar import xnys

    if subject.bar_minutes >= DAILY_MINUTES:
        subject = replace(subject, frame=at_the_open(subject.frame, xnys()))
    day = pl.col("ts_event").dt.convert_time_zone("America/New_York").dt.date()
    priced = subject.frame.select("symbol", session=day).unique()
    found = lone_actions(subject.actions, priced) if subject.actions.height else []
    found += [] if subject.beside is None else adjusted_close(subject.beside)
    return report_of(subject.frame, found)


def _compared(subject: Subject, against: str, tz: str | None, label: Label, symbol: str | None) -> QualityReport:
    """Compare with another source, bar by bar."""
    from qts_core.data.quality.findings import report_of
    from qts_core.data.quality.sources import compare_sources, disagreement

    other = _of_lake() if against == LAKE else _of_files(Path(against), tz, label, symbol)
    apart = compare_sources(subject.frame, other.frame)
    return report_of(subject.frame, disagreement(apart))


def _write_page(page: Path, report: QualityReport, subject: Subject) -> None:
    from qts_core.report.quality_page import quality_page

    html = quality_page(
        report, title=subject.title, source=subject.source, path=subject.path, is_synthetic=subject.is_synthetic,
        notes=subject.notes,
    )  # fmt: skip
    write_page(page, html)
