"""`python -m live_daemon.paper_exchange`: the exchange without the rest of the daemon's command line."""

from __future__ import annotations

import sys

import typer

from live_daemon.paper_exchange.command import exchange
from qts_core.cli.errors import run_command

app = typer.Typer(add_completion=False)
app.command()(exchange)

if __name__ == "__main__":
    sys.exit(run_command(app, "live-daemon exchange"))
