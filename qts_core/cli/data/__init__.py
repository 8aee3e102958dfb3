"""`qts data`: bring bars into the lake, invent a market, look at what is there (specification 5.1)."""

from __future__ import annotations

import typer

from qts_core.cli.data.actions import actions_app
from qts_core.cli.data.check import check
from qts_core.cli.data.download import download
from qts_core.cli.data.importing import import_command
from qts_core.cli.data.listing import list_command
from qts_core.cli.data.storage import compact, gc, verify
from qts_core.cli.data.synth import synth

__all__ = ["app"]

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Bring bars into the lake and look at them."
)
app.command("import")(import_command)
app.command("download")(download)
app.command("synth")(synth)
app.command("check")(check)
app.command("list")(list_command)
app.add_typer(actions_app, name="actions")
app.command("verify")(verify)
app.command("compact")(compact)
app.command("gc")(gc)
