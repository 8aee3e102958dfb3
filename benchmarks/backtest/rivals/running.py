"""Make an environment for each other program, run its script on our bars, and print the table of ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

from benchmarks.backtest.event import crossover
from benchmarks.backtest.market import endless, market, write_market
from benchmarks.backtest.own import signals, sweep_of, weights
from benchmarks.backtest.rivals.catalogue import RIVALS, Rival
from benchmarks.backtest.timing import Timed
from qts_core.market.panel import Panel

__all__ = ["agreement", "install", "measure"]

SCRIPTS = Path(__file__).parent
KEPT = ("PATH", "HOME", "TMPDIR")
CENTS_PER_FILL = 0.011
"""USD: we round each fee up to a whole cent and each price to 0.0001 USD, as the broker does."""


def install(rival: Rival, folder: Path) -> Path:
    """Return the interpreter of the environment, made when it is not there.

    Raises
    ------
    subprocess.CalledProcessError
        If a package cannot be installed.
    """
    place = folder / rival.environment
    python, done = place / "bin" / "python", place / "installed"
    if not done.exists():
        print(f"installing {', '.join(rival.packages)}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *rival.packages]
        subprocess.run(command, check=True, capture_output=True, text=True)
        done.touch()
    return python


def run(rival: Rival, options: Namespace, bars: Path) -> dict[str, object]:
    """Return what the script of a rival printed, or under ``problem`` why there is nothing."""
    more = (str(options.pairs),) if rival.work == "sweep" else ()
    try:
        python = install(rival, options.install)
        done = subprocess.run(
            [str(python), str(SCRIPTS / rival.script), str(bars), *rival.arguments, *more], check=True,
            capture_output=True, text=True, timeout=options.timeout,
            env={key: os.environ[key] for key in KEPT if key in os.environ},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"problem": f"not finished in {options.timeout} s"}
    except subprocess.CalledProcessError as error:
        return {"problem": (error.stderr or "failed").strip().splitlines()[-1][:200]}
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def agreement(rival: Rival, found: Mapping[str, object], ours: Timed) -> str:
    """Return whether a run came to the same fills and money, or why it cannot."""
    if rival.work == "sweep":
        return "as its signals, pair by pair"
    if not rival.is_same:
        return f"not the same: {rival.why}"
    theirs, money = int(str(found["fills"])), float(str(found["final_equity"]))
    away = money - ours.final_equity
    note = f" ({rival.why})" if rival.why else ""
    if theirs == ours.fills and abs(away) <= CENTS_PER_FILL * ours.fills:
        return f"same fills, {away:+,.2f} USD: {away / max(ours.fills, 1):+.4f} a fill{note}"
    return f"{theirs - ours.fills:+,} fills, {away:+,.2f} USD{note}"


class _Table:
    """The table, a line as soon as there is one."""

    def __init__(self) -> None:
        print(f"{'':30} {'wall s':>9} {'CPU s':>9} {'symbol-bars/CPU s':>18} {'times ours':>11} {'fills':>8} "
              f"{'final equity':>15}  agreement")  # fmt: skip

    def line(self, name: str, took: Timed, cells: int, ours: float, note: str = "") -> None:
        """Print a run over so many symbol-bars; `ours` is our processor time for one."""
        each = took.cpu / cells
        told = f"{took.fills:8,} {took.final_equity:15,.2f}" if took.fills else " " * 24
        print(f"{name:30} {took.seconds:9.4f} {took.cpu:9.4f} {1 / each:18,.0f} {each / ours:10.1f}x {told}  {note}",
              flush=True)  # fmt: skip


def measure(options: Namespace) -> dict[str, object]:
    """Run everything and print the table: what it took, and how many times our processor time a symbol-bar."""
    wanted = {name: rival for name, rival in RIVALS.items()
              if not options.only or any(word in name for word in options.only)}  # fmt: skip
    whole = endless(market(options.bars, options.symbols))

    @cache
    def panel(bars: int) -> Panel:
        return whole.rows(slice(0, bars))

    @cache
    def ours(work: str, bars: int) -> Timed:
        run = {"event": crossover, "signals": signals, "weights": weights}
        return run[work](panel(bars)) if work in run else sweep_of(panel(bars), options.pairs)

    def cells(work: str, bars: int) -> int:
        return panel(bars)["close"].size * (options.pairs if work == "sweep" else 1)

    def each(work: str) -> float:
        return ours(work, options.bars).cpu / cells(work, options.bars)

    table, figures = _Table(), {}
    for work in dict.fromkeys(rival.work for rival in wanted.values()):
        took = ours(work, options.bars)
        figures[f"QTS {work}"] = asdict(took)
        table.line(f"QTS {work}", took, cells(work, options.bars), each(work))
    for name, rival in wanted.items():
        bars = min(options.bars, options.slow_bars or options.bars) if rival.is_slow else options.bars
        with tempfile.TemporaryDirectory() as folder:
            write_market(panel(bars), Path(folder))
            found = run(rival, options, Path(folder))
        figures[name] = {**found, "bars": bars}
        if "problem" in found:
            print(f"{name:30} {found['problem']}", flush=True)
            continue
        took = Timed(*(float(str(found[key])) for key in ("seconds", "cpu", "final_equity")), int(str(found["fills"])))
        note = agreement(rival, found, ours(rival.work, bars))
        if bars < options.bars:
            note += f"; {bars:,} bars"
        table.line(f"{name} {found['version']}", took, cells(rival.work, bars), each(rival.work), note)
    return figures
