"""`qts`: the research and administration command line (specification 3.1; the daemon has its own, `live-daemon`)."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from qts_core.cli.errors import run_command
from qts_core.cli.lazy import LazyCommand, LazyGroup

__all__ = ["app", "main"]

COMMANDS = {
    "data": LazyCommand("qts_core.cli.data", "Import, synthesise, check and list bars."),
    "features": LazyCommand("qts_core.cli.features", "List, explain, prove and compare features."),
    "train": LazyCommand("qts_core.cli.train", "Train a model and put it before the gates."),
    "calibrate": LazyCommand("qts_core.cli.calibrate", "Rehearse the pipeline on markets whose truth is known."),
    "models": LazyCommand("qts_core.cli.models", "List, show and promote models."),
    "backtest": LazyCommand("qts_core.cli.backtest", "Test a strategy on history."),
    "report": LazyCommand("qts_core.cli.report", "List, show, open and compare finished reports."),
    "walk-forward": LazyCommand("qts_core.cli.walk_forward", "Tune on the past, test on what came next, step on."),
    "ledger": LazyCommand("qts_core.cli.ledger", "List and count every trial, and check that none was changed."),
    "db": LazyCommand("qts_core.cli.db", "Upgrade, inspect and fill the database."),
    "replay": LazyCommand("qts_core.cli.replay", "Derive journalled decisions again, bit for bit."),
    "parity": LazyCommand("qts_core.cli.parity", "Compare a live session with its backtest, decision by decision."),
    "config": LazyCommand("qts_core.cli.config", "Show and check settings."),
    "doctor": LazyCommand("qts_core.cli.doctor", "Look whether everything QTS needs is there."),
}


class _Commands(LazyGroup):
    lazy_commands = COMMANDS


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        from qts_core.adapters.code_version import code_version

        typer.echo(f"qts {code_version()}")
        raise typer.Exit


@app.callback()
def qts(
    version: Annotated[
        bool, typer.Option("--version", help="Print version and commit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """QTS: from market bars to tested models to live orders.

    \b
    Examples:
      qts data import bars.parquet
      qts config show --sources

    Every command has --help; those that print a table have --json.
    """


def main() -> None:
    """Run `qts` and leave with its exit code."""
    sys.exit(run_command(app, "qts"))


if __name__ == "__main__":
    main()
