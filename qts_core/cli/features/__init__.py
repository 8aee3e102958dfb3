"""`qts features`: what features there are and how each is computed (specification 6)."""

from __future__ import annotations

import typer

from qts_core.cli.features.auditing import audit
from qts_core.cli.features.datasets import datasets_app
from qts_core.cli.features.diffing import diff
from qts_core.cli.features.explaining import explain
from qts_core.cli.features.exporting import export
from qts_core.cli.features.listing import list_command

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="List, explain and prove features."
)
app.command("list")(list_command)
app.command("explain")(explain)
app.command("audit")(audit)
app.command("diff")(diff)
app.command("export")(export)
app.add_typer(datasets_app, name="datasets")
