"""Run parts of the backtest benchmark: ``python -m benchmarks.backtest [PART...] [--symbols 50] [--bars 32700]``.

``own`` times both engines and the sweep, ``curve`` shows what more bars cost, ``rivals`` runs other programs on the
same bars, each in an environment of its own under ``--install DIR``, made there when absent. Figures are printed,
never asserted.
"""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path

PARTS = ("own", "curve", "rivals")


def main(arguments: list[str] | None = None) -> None:
    """Run the parts that were named; without names those that need no other program."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.backtest", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"one or more of {', '.join(PARTS)}")
    parser.add_argument("--bars", type=int, default=32_700)
    parser.add_argument("--symbols", type=int, default=50)
    parser.add_argument("--pairs", type=int, default=100, help="pairs of averages in the sweep")
    parser.add_argument("--install", type=Path, metavar="DIR", help="folder of the other programs' environments")
    parser.add_argument("--only", nargs="*", default=(), metavar="NAME", help="only these other programs")
    parser.add_argument("--slow-bars", type=int, metavar="N", help="only so many bars for programs that take minutes")
    parser.add_argument("--timeout", type=int, default=3_600, help="seconds for one other program")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.parts) - set(PARTS)):
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if "rivals" in options.parts and options.install is None:
        parser.error("rivals need --install DIR, the folder of their environments")
    print(f"{options.bars:,} bars x {options.symbols} symbols")
    figures: dict[str, object] = {"bars": options.bars, "symbols": options.symbols}
    for name in options.parts or PARTS[:2]:
        print(f"\n== {name} ==", flush=True)
        figures[name] = import_module(f"benchmarks.backtest.{name}").measure(options)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
