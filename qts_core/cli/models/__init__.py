"""`qts models`: what is registered and who trades, and the folds by which a model is judged (specification 7.3)."""

from __future__ import annotations

import typer

from qts_core.cli.models.comparing import compare
from qts_core.cli.models.folds import folds
from qts_core.cli.models.listing import list_models
from qts_core.cli.models.registry import promote, rollback, show
from qts_core.cli.models.reproducing import reproduce
from qts_core.cli.models.search import search

__all__ = ["app"]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    help="List, inspect, compare, reproduce, promote and roll back models.",
)
app.command("list")(list_models)
app.command()(show)
app.command()(folds)
app.command()(search)
app.command()(compare)
app.command()(reproduce)
app.command()(promote)
app.command()(rollback)
