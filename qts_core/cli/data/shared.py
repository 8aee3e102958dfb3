"""What the commands of `qts data` share: options, the lake of the settings, printing a quality report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.output import note

if TYPE_CHECKING:
    from qts_core.adapters.lake import Lake
    from qts_core.config.settings import Settings
    from qts_core.data.quality.report import QualityReport

__all__ = ["JsonOption", "ZoneOption", "open_lake", "show_report"]

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ZoneOption = Annotated[str | None, typer.Option("--tz", help="IANA time zone of times that carry none.")]


def open_lake() -> tuple[Settings, Lake]:
    """Return the effective settings and their lake."""
    from qts_core.adapters.lake import Lake
    from qts_core.adapters.settings_files import load_settings

    settings = load_settings().settings
    return settings, Lake(settings.lake_dir)


def show_report(report: QualityReport) -> None:
    """Say what was found in bars that come in, worst first, on stderr."""
    from qts_core.cli.data.quality_words import report_text

    note(report_text(report, has_verdict=False))
