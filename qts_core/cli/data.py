"""`qts data`: bring bars into the lake, invent a market, look at what is there (specification 5.1)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note, print_json, print_table
from qts_core.market.errors import DataNotFoundError, ExitCode

if TYPE_CHECKING:
    import polars as pl

    from qts_core.adapters.lake import Lake
    from qts_core.config.settings import Settings
    from qts_core.data.market_source import MarketSource
    from qts_core.data.quality import QualityReport, QualitySettings

__all__ = ["app"]

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Bring bars into the lake and look at them.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ZoneOption = Annotated[str | None, typer.Option("--tz", help="IANA time zone of times that carry none.")]


class Refused(StrEnum):
    """What to do with symbols that break a refusing rule."""

    STOP = "stop"
    DROP = "drop"


@app.command("import")
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
    from qts_core.adapters.lake.bar_files import import_bars
    from qts_core.data.ingest import clean_all, register_bars, register_instruments
    from qts_core.data.market_source import imported_source, record_source
    from qts_core.data.quality import QualitySettings
    from qts_core.market.calendar import xnys

    settings, lake = _open()
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
    _show_report(registration.report)
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


@app.command()
def synth(
    symbols: Annotated[int, typer.Option(min=1, max=676, help="How many symbols.")] = 50,
    years: Annotated[int, typer.Option(min=1, max=30, help="Full years up to the end of 2024.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same market.")] = 7,
    signal_strength: Annotated[float, typer.Option(min=0.0, help="Scale of the planted signal; 0 = none.")] = 1.0,
    json: JsonOption = False,
) -> None:
    """Invent a market and write it to the lake; the same arguments give the same bars.

    \b
    Examples:
      qts data synth
      qts data synth --years 5 --signal-strength 0
    """
    from qts_core.data.ingest import clean_all, register_synthetic
    from qts_core.data.market_source import default_source, market_of, record_source
    from qts_core.market.calendar import xnys

    _, lake = _open()
    source = default_source(years=years, symbols=symbols, seed=seed, signal_strength=signal_strength)
    record_source(lake, source)
    registration = register_synthetic(lake, market_of(source), calendar=xnys())
    cleaned = clean_all(lake, calendar=xnys())
    counts = {
        "rows": registration.rows,
        "symbols": len(registration.symbols),
        "months": len(registration.months),
        "clean_rows": sum(c.clean.height for c in cleaned.values()),
        "data_hash": lake.data_hash("clean_bars")[:16],
    }
    if json:
        print_json(counts)
    else:
        print_table(tuple(counts), [tuple(counts.values())])


@app.command()
def check(
    path: Annotated[Path | None, typer.Argument(help="A file of bars; the lake's raw bars by default.")] = None,
    tz: ZoneOption = None,
    json: JsonOption = False,
) -> None:
    """Judge bars by every rule without changing anything; exit code 2 when an import would be refused.

    \b
    Examples:
      qts data check
      qts data check bars.csv --tz America/New_York
    """
    from qts_core.adapters.clock import SystemClock
    from qts_core.data.ingest import load_actions

    _, lake = _open()
    if path is None:
        frame, minutes, actions = lake.read("raw_bars"), 15, load_actions(lake)
    else:
        from qts_core.adapters.lake.bar_files import import_bars

        result = import_bars(path, timezone=tz)
        frame, minutes, actions = result.frame, result.bar_minutes, None
    report = _checked(frame, minutes, SystemClock().now(), actions)
    if json:
        print_json(report.to_dict())
    else:
        _show_report(report)
    if report.is_refused:
        raise typer.Exit(ExitCode.USER_ERROR)


@app.command("list")
def list_command(json: JsonOption = False) -> None:
    """List the tables of the lake: months, rows, bytes.

    \b
    Examples:
      qts data list
      qts data list --json
    """
    _, lake = _open()
    rows = []
    for table in lake.tables():
        parts = [p for month in lake.months(table) if (p := lake.partition(table, month)) is not None]
        rows.append(
            {
                "table": table,
                "months": len(parts),
                "first": parts[0].month,
                "last": parts[-1].month,
                "rows": sum(p.rows for p in parts),
                "bytes": sum(p.bytes for p in parts),
                "hash": lake.data_hash(table)[:16],
            }
        )
    if json:
        print_json(rows)
    elif rows:
        print_table(tuple(rows[0]), [tuple(row.values()) for row in rows])
    else:
        note("the lake is empty: run `qts data import PATH` or `qts data synth`")


def _open() -> tuple[Settings, Lake]:
    from qts_core.adapters.lake import Lake
    from qts_core.adapters.settings_files import load_settings

    settings = load_settings().settings
    return settings, Lake(settings.lake_dir)


def _checked(
    frame: pl.DataFrame,
    minutes: int,
    now: datetime,
    actions: pl.DataFrame | None,
    quality: QualitySettings | None = None,
) -> QualityReport:
    """Judge bars at the platform's length: shorter ones are built up first, as an import would."""
    from qts_core.data.quality import check_bars
    from qts_core.data.resampling import resample_bars
    from qts_core.market.calendar import xnys
    from qts_core.market.timeline import BAR_MINUTES

    if minutes < BAR_MINUTES:
        frame, minutes = resample_bars(frame, calendar=xnys()), BAR_MINUTES
    return check_bars(frame, calendar=xnys(), bar_minutes=minutes, now=now, actions=actions, settings=quality)


def _without_refused(frame: pl.DataFrame, minutes: int, quality: QualitySettings, now: datetime) -> pl.DataFrame:
    """Return the bars of symbols that no refusing rule concerns, and say which ones are left out."""
    import polars as pl

    report = _checked(frame, minutes, now, None, quality)
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


def _show_report(report: QualityReport) -> None:
    """Print what was found, worst first, to stderr."""
    order = {"refuse": 0, "quarantine": 1, "flag": 2}
    for finding in sorted(report.findings, key=lambda f: order[f.policy]):
        note(f"{finding.policy}: {finding.rule}, {finding.count} in {len(finding.symbols)} symbols. {finding.detail}")
        for example in finding.examples[:3]:
            note(f"    {example}")
    if not report.findings:
        note(f"{report.rows} bars of {report.symbols} symbols: nothing found")
