"""`qts data actions`: bring corporate actions into the lake, and look at them (specification 5.2)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qts_core.cli.data.shared import JsonOption, open_lake
from qts_core.cli.output import note, print_json, print_table

if TYPE_CHECKING:
    import polars as pl

__all__ = ["actions_app"]

actions_app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Splits, dividends, renamed symbols."
)
SHOWN = ("symbol", "ex_date", "kind", "new_shares", "old_shares", "cash_per_share", "new_symbol", "source")
LOOKED_AT = 20


@actions_app.command("import")
def import_actions(
    path: Annotated[Path, typer.Argument(help="Table of corporate actions: CSV (also .gz, .zst) or Parquet.")],
    source: Annotated[str | None, typer.Option(help="Where they are from; the file's name by default.")] = None,
    symbols: Annotated[str | None, typer.Option(help="Take only these, with commas between.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but write.")] = False,
    json: JsonOption = False,
) -> None:
    """Check a table of corporate actions and add it to the lake; clean the months again afterwards.

    A later word on the same symbol, day and kind replaces the earlier one.

    \b
    Examples:
      qts data actions import actions.csv --source vendor
      qts data actions import actions.parquet --symbols AAPL,MSFT --dry-run
    """
    from qts_core.adapters.bar_files.actions import read_actions
    from qts_core.data.actions.checks import check_actions, doubtful_actions
    from qts_core.data.ingest import load_actions, register_actions
    from qts_core.market.calendar import xnys

    actions, sha256 = read_actions(path, source=source)
    if symbols:
        import polars as pl

        wanted = [name.strip().upper() for name in symbols.split(",")]
        actions = actions.filter(pl.col("symbol").is_in(wanted))
    check_actions(actions)
    doubts = [*doubtful_actions(actions, xnys()), *_unusual(actions)]
    for doubt in doubts[:LOOKED_AT]:
        note(f"look at: {doubt}")
    _, lake = open_lake()
    before = load_actions(lake).height
    if not dry_run:
        register_actions(lake, actions)
    summary = {
        "actions": actions.height,
        "symbols": actions["symbol"].n_unique(),
        "kinds": ", ".join(f"{count} {kind}" for kind, count in sorted(_kinds(actions).items())),
        "in_lake_before": before,
        "in_lake": load_actions(lake).height,
        "written": not dry_run,
    }
    if json:
        print_json(summary | {"kinds": _kinds(actions), "doubts": doubts, "sha256": sha256})
    else:
        print_table(tuple(summary), [tuple(summary.values())])


@actions_app.command("list")
def list_actions(
    symbol: Annotated[str | None, typer.Option(help="Only this symbol's.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind, such as split.")] = None,
    json: JsonOption = False,
) -> None:
    """List the corporate actions of the lake, the latest last.

    \b
    Examples:
      qts data actions list --symbol AAPL
      qts data actions list --kind split --json
    """
    import polars as pl

    from qts_core.data.ingest import load_actions

    _, lake = open_lake()
    found = load_actions(lake)
    if symbol is not None:
        found = found.filter((pl.col("symbol") == symbol.upper()) | (pl.col("new_symbol") == symbol.upper()))
    if kind is not None:
        found = found.filter(pl.col("kind") == kind.lower())
    if json:
        print_json(found.to_dicts())
    elif found.is_empty():
        note("no such corporate actions: bring some in with `qts data actions import PATH`")
    else:
        print_table(SHOWN, [tuple(row) for row in found.select(SHOWN).iter_rows()])


def _kinds(actions: pl.DataFrame) -> dict[str, int]:
    return dict(actions.group_by("kind").len().iter_rows())


def _unusual(actions: pl.DataFrame) -> list[str]:
    """Return what a symbol's other payments make doubtful: spin-offs booked as dividends, events booked twice."""
    import polars as pl

    from qts_core.data.quality.bookings import lone_actions

    nothing = pl.DataFrame(schema={"symbol": pl.String, "session": pl.Date})
    return [f"{finding.rule}: {finding.detail}" for finding in lone_actions(actions, nothing)]
