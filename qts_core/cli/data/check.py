"""`qts data check`: judge bars by every rule without changing anything (specification 5.1)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.data.shared import JsonOption, ZoneOption, open_lake, show_report
from qts_core.cli.output import print_json
from qts_core.market.errors import ExitCode

if TYPE_CHECKING:
    import polars as pl

    from qts_core.data.quality.report import QualityReport, QualitySettings

__all__ = ["check", "checked"]


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

    _, lake = open_lake()
    if path is None:
        frame, minutes, actions = lake.read("raw_bars"), 15, load_actions(lake)
    else:
        from qts_core.adapters.bar_files import import_bars

        result = import_bars(path, timezone=tz)
        frame, minutes, actions = result.frame, result.bar_minutes, None
    report = checked(frame, minutes, SystemClock().now(), actions)
    if json:
        print_json(report.to_dict())
    else:
        show_report(report)
    if report.is_refused:
        raise typer.Exit(ExitCode.USER_ERROR)


def checked(
    frame: pl.DataFrame,
    minutes: int,
    now: datetime,
    actions: pl.DataFrame | None,
    quality: QualitySettings | None = None,
) -> QualityReport:
    """Judge bars at the platform's length: shorter ones are built up first, as an import would."""
    from qts_core.data.building.resample import resample_bars
    from qts_core.data.quality.report import check_bars
    from qts_core.market.calendar import xnys
    from qts_core.market.timeline import BAR_MINUTES

    if minutes < BAR_MINUTES:
        frame, minutes = resample_bars(frame, calendar=xnys()), BAR_MINUTES
    return check_bars(frame, calendar=xnys(), bar_minutes=minutes, now=now, actions=actions, settings=quality)
