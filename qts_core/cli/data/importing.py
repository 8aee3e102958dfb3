"""`qts data import`: check a file of bars, write it to the lake, clean it (specification 5.1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.data.check import checked
from qts_core.cli.data.shared import JsonOption, ZoneOption, open_lake, show_report
from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import DataNotFoundError

if TYPE_CHECKING:
    import polars as pl

    from qts_core.adapters.lake import Lake
    from qts_core.data.market_source import MarketSource
    from qts_core.data.quality.report import QualitySettings

__all__ = ["import_command"]


class Refused(StrEnum):
    """What to do with symbols that break a refusing rule."""

    STOP = "stop"
    DROP = "drop"


def import_command(
    path: Annotated[Path, typer.Argument(help="CSV (.gz, .zst) or Parquet; a bar's time is its start.")],
    tz: ZoneOption = None,
    symbol: Annotated[str | None, typer.Option(help="Symbol of a file that has no such column.")] = None,
    refused: Annotated[Refused, typer.Option(help="Stop at symbols that break a rule, or drop them.")] = Refused.STOP,
    max_gap_bars: Annotated[int, typer.Option(min=0, help="Most bars that may be missing in a row.")] = 5,
    json: JsonOption = False,
) -> None:
    """Check a file of bars, write it to the lake by month, and clean it.

    \b
    Examples:
      qts data import bars.parquet
      qts data import bars.csv.gz --tz America/New_York --refused drop
    """
    from qts_core.adapters.clock import SystemClock
    from qts_core.adapters.bar_files import import_bars
    from qts_core.data.ingest import clean_all, register_bars, register_instruments
    from qts_core.data.market_source import imported_source, record_source
    from qts_core.data.quality.report import QualitySettings
    from qts_core.market.calendar import xnys

    settings, lake = open_lake()
    result = import_bars(path, timezone=tz, symbol=symbol)
    for warning in result.warnings:
        note(f"warning: {warning}")
    quality = QualitySettings(max_gap_bars=max_gap_bars)
    now = SystemClock().now()
    frame = result.frame
    if refused is Refused.DROP:
        frame = _without_refused(frame, result.bar_minutes, quality, now)
    market = imported_source(lake, frame, path.name)
    _refuse_another_market(lake, market)
    registration = register_bars(
        lake, frame, calendar=xnys(), now=now, source=path.name, bar_minutes=result.bar_minutes,
        lineage={"file_sha256": result.sha256}, settings=quality,
    )  # fmt: skip
    register_instruments(lake, settings.universe.instruments(registration.symbols))
    record_source(lake, market)
    cleaned = clean_all(lake, calendar=xnys())
    show_report(registration.report)
    counts = {
        "rows": registration.rows,
        "symbols": len(registration.symbols),
        "months": len(registration.months),
        "clean_rows": sum(c.clean.height for c in cleaned.values()),
        "quarantined_rows": sum(c.quarantine.height for c in cleaned.values()),
    }
    if json:
        print_json({**counts, "report": registration.report.to_dict(), "warnings": result.warnings})
    else:
        print_table(tuple(counts), [tuple(counts.values())])


def _without_refused(frame: pl.DataFrame, minutes: int, quality: QualitySettings, now: datetime) -> pl.DataFrame:
    """Return the bars of symbols that no refusing rule concerns, and say which ones are left out."""
    import polars as pl

    report = checked(frame, minutes, now, None, quality)
    if not report.is_refused:
        return frame
    kept = frame.filter(~pl.col("symbol").is_in(report.refused_symbols))
    if kept.is_empty():
        raise DataNotFoundError(
            "QTS-DATA-002", "no symbol is left after those that break a rule were dropped",
            found=", ".join(report.refused_symbols),
        )  # fmt: skip
    note(f"dropped: {', '.join(report.refused_symbols)}")
    return kept


def _refuse_another_market(lake: Lake, imported: MarketSource) -> None:
    """Raise before anything is written when the lake holds another market; an imported one may grow."""
    from qts_core.data.market_source import record_source, recorded_source

    known = recorded_source(lake)
    if known is not None and (known.is_synthetic or known.symbols != imported.symbols):
        record_source(lake, imported)
