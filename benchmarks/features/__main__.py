"""Run parts of the feature benchmark: ``python -m benchmarks.features [PART...] [--symbols 50] [--bars 32700]``.

A part is a module of this package with ``measure(market) -> figures``: it prints a table and returns what ``--json``
writes under its name. Without names all of `PARTS` run.
"""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path

from benchmarks.features.market import Market

PARTS = ("talib", "pandas_ta", "polars_expressions", "alpha158", "curve", "batch", "live", "profile")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.features",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or more of {', '.join(PARTS)}")
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--bars", type=int, default=32_700)
    parser.add_argument("--live-bars", type=int, default=2_000)
    parser.add_argument("--qlib", type=Path, metavar="PYTHON", help="an interpreter that has pyqlib")
    parser.add_argument("--json", type=Path)
    return parser


def main(arguments: list[str] | None = None) -> None:
    """Run the parts that were named, in the order of `PARTS`."""
    command = parser()
    options = command.parse_args(arguments)
    if unknown := sorted(set(options.parts) - set(PARTS)):
        command.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    market = Market.drawn(options.symbols, options.bars, live_bars=options.live_bars, qlib=options.qlib)
    print(f"{len(market.panel):,} bars x {options.symbols} symbols")
    figures: dict[str, object] = {"bars": len(market.panel), "symbols": options.symbols}
    for name in PARTS:
        if not options.parts or name in options.parts:
            print(f"\n== {name} ==", flush=True)
            figures[name] = import_module(f"benchmarks.features.{name}").measure(market)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2, default=float), encoding="utf-8")


if __name__ == "__main__":
    main()
