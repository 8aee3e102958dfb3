"""`qts data synth`: invent a market (specification 11.1)."""

from __future__ import annotations

from typing import Annotated

import typer

from qts_core.cli.data.shared import JsonOption, open_lake
from qts_core.cli.output import print_json, print_table

__all__ = ["synth"]


def synth(
    symbols: Annotated[int, typer.Option(min=1, max=676, help="How many symbols.")] = 50,
    years: Annotated[int, typer.Option(min=1, max=30, help="Full years up to the end of 2024.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same market.")] = 7,
    signal_strength: Annotated[float, typer.Option(min=0.0, help="Scale of the planted signal; 0 = none.")] = 1.0,
    json: JsonOption = False,
) -> None:
    """Invent a market and write it to the lake; the same arguments give the same bars.

    \b
    Examples:
      qts data synth
      qts data synth --years 5 --signal-strength 0
    """
    from qts_core.data.ingest import clean_all, register_synthetic
    from qts_core.data.market_source import default_source, market_of, record_source
    from qts_core.market.calendar import xnys

    _, lake = open_lake()
    source = default_source(years=years, symbols=symbols, seed=seed, signal_strength=signal_strength)
    record_source(lake, source)
    registration = register_synthetic(lake, market_of(source), calendar=xnys())
    cleaned = clean_all(lake, calendar=xnys())
    counts = {
        "rows": registration.rows,
        "symbols": len(registration.symbols),
        "months": len(registration.months),
        "clean_rows": sum(c.clean.height for c in cleaned.values()),
        "data_hash": lake.data_hash("clean_bars")[:16],
    }
    if json:
        print_json(counts)
    else:
        print_table(tuple(counts), [tuple(counts.values())])
