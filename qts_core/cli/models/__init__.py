"""`qts models`: what is registered and who trades, and the folds by which a model is judged (specification 7.3)."""

from __future__ import annotations

import typer

from qts_core.cli.models.folds import folds
from qts_core.cli.models.registry import list_models, promote, rollback, show

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="List, inspect, promote and roll back models.",
)
app.command("list")(list_models)
app.command()(show)
app.command()(folds)
app.command()(promote)
app.command()(rollback)
