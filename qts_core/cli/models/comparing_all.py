"""`qts models compare --all`: every trained model beside the others, net of costs (specification 7.3, 11.4)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qts_core.cli.output import print_json, print_table, write_page

if TYPE_CHECKING:
    from qts_core.config.settings import Settings
    from qts_core.report.comparison_inputs import ModelComparison

__all__ = ["compare_all"]

COLUMNS = (
    "model", "version", "Sharpe", "95 %", "deflated", "gross", "net", "drawdown", "trades", "rank IC, 95 %", "gates",
)  # fmt: skip


def compare_all(settings: Settings, *, page: Path | None, json: bool) -> None:
    """Print the comparison, and write its page if one is asked for."""
    from qts_core.cli.compose import open_lake, research_tools
    from qts_core.market.calendar import xnys
    from qts_core.research.comparison import compare_models

    with research_tools(settings) as tools:
        found = compare_models(open_lake(settings), settings, tools, calendar=xnys())
    if page is not None:
        _write(page, found, settings)
    if json:
        print_json(found.to_json())
        return
    _show(found)


def _show(found: ModelComparison) -> None:
    from qts_core.report.comparison_words import basis, caveats, headline, reasons
    from qts_core.report.formats import count, percent, probability

    def row(place: int) -> tuple[object, ...]:
        m = found.models[place]
        low, high = m.sharpe.interval.low, m.sharpe.interval.high
        gates = "not judged" if m.is_passed is None else "passed" if m.is_passed else f"{len(m.refused)} refused"
        return (
            m.key, m.version, f"{m.sharpe.value:.2f}", f"{low:.2f} to {high:.2f}", probability(m.deflated),
            percent(m.gross_return, 1), percent(m.net_return, 1), percent(m.max_drawdown, 1), count(m.trades),
            m.rank_ic.text, gates,
        )  # fmt: skip

    typer.echo(f"{headline(found)}.\n{basis(found)}.\n")
    print_table(COLUMNS, [row(place) for place in range(len(found.models))])
    typer.echo("")
    for sentence in (*reasons(found), *caveats(found)):
        typer.echo(f"- {sentence}")
    for key, reason in found.left_out.items():
        typer.echo(f"not compared: {key}: {reason}")


def _write(page: Path, found: ModelComparison, settings: Settings) -> None:
    from qts_core.adapters.code_version import code_version
    from qts_core.cli.compose import open_lake
    from qts_core.data.market_record import recorded_source
    from qts_core.report.comparison_page import comparison_page

    source = recorded_source(open_lake(settings))
    words = source.origin if source is not None else "bars of the lake"
    write_page(page, comparison_page(found, source=words, code=code_version()))
