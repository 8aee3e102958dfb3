"""Command line of the demo: `python -m qts_dagster.demo [--years N | --bars PATH]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from qts_core.cli.errors import run_command

__all__ = ["main"]

app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})


@app.command()
def demo(
    years: Annotated[int, typer.Option(min=2, max=20, help="Full years of the synthetic market, up to 2024.")] = 2,
    bars: Annotated[Path | None, typer.Option(help="Your own bars, CSV or Parquet, instead.")] = None,
    tz: Annotated[str | None, typer.Option("--tz", help="IANA time zone of bars whose times carry none.")] = None,
    signal: Annotated[float, typer.Option(min=0.0, max=10.0, help="Strength of the planted signal; 0 = none.")] = 1.0,
    symbols: Annotated[int, typer.Option(min=10, max=200, help="Symbols of the synthetic market.")] = 50,
) -> None:
    """Go from bars to a model, a judged backtest, a report, and a session traded on the paper exchange.

    Examples: `python -m qts_dagster.demo`, `python -m qts_dagster.demo --bars prices.parquet`
    """
    from qts_dagster.demo.run import DemoPlan, run_demo

    run_demo(DemoPlan(years=years, bars=bars, timezone=tz, signal_strength=signal, symbols=symbols))


def main() -> None:
    """Run the demo and exit with the code of what happened."""
    sys.exit(run_command(app, "demo"))


if __name__ == "__main__":
    main()
