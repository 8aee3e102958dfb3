"""Make an environment for each other program, run its script on our bars, and print the table of ratios."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.backtest.market import endless, market, write_market
from benchmarks.backtest.own import signals, sweep_of, weights

__all__ = ["RIVALS", "Rival", "measure"]

SCRIPTS = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Rival:
    """A way to run another program.

    Attributes
    ----------
    environment : str
        Folder of its environment.
    packages : tuple of str
        What is installed there from PyPI.
    script : str
    arguments : tuple of str
    work : str
        Which of our runs it is compared with: ``signals``, ``weights`` or ``sweep``.
    is_same : bool
        Whether it trades by the same rules, so that fills and final equity should agree.
    why : str
        What is different, where something is.
    """

    environment: str
    packages: tuple[str, ...]
    script: str
    arguments: tuple[str, ...] = ()
    work: str = "signals"
    is_same: bool = True
    why: str = ""


VECTORBT = ("vectorbt[rust]",)
RIVALS: Mapping[str, Rival] = {
    "nautilus": Rival("nautilus", ("nautilus_trader", "pandas"), "nautilus_side.py",
                      why="slippage is part of the fee"),
    "backtrader": Rival("backtrader", ("backtrader", "pandas"), "backtrader_side.py"),
    "backtesting": Rival("backtesting", ("backtesting",), "backtesting_side.py",
                         why="slippage is part of the commission: half a hundredth of a basis point"),
    "vectorbt numba": Rival("vectorbt", VECTORBT, "vectorbt_side.py", ("numba", "signals")),
    "vectorbt rust": Rival("vectorbt", VECTORBT, "vectorbt_side.py", ("rust", "signals")),
    "raptorbt": Rival("raptorbt", ("raptorbt", "numpy"), "raptorbt_side.py", is_same=False,
                      why="sizes positions by a share of the capital, an account for each symbol"),
    "bt": Rival("bt", ("bt",), "bt_side.py", is_same=False, why="rebalances every weight whenever one changes"),
    "vectorbt numba weights": Rival("vectorbt", VECTORBT, "vectorbt_side.py", ("numba", "weights"), "weights",
                                    is_same=False, why="values the account at the fill, not at the decision"),
    "vectorbt rust weights": Rival("vectorbt", VECTORBT, "vectorbt_side.py", ("rust", "weights"), "weights",
                                   is_same=False, why="values the account at the fill, not at the decision"),
    "vectorbt numba sweep": Rival("vectorbt", VECTORBT, "vectorbt_side.py", ("numba", "sweep"), "sweep"),
    "vectorbt rust sweep": Rival("vectorbt", VECTORBT, "vectorbt_side.py", ("rust", "sweep"), "sweep"),
}  # fmt: skip
"""Every other program, by the name in the table."""

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
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", *rival.packages]
        subprocess.run(command, check=True, capture_output=True, text=True)
    return python


def run(rival: Rival, options: Namespace, bars: Path) -> dict[str, object]:
    """Return what the script of a rival printed, or under ``problem`` why there is nothing."""
    more = (str(options.pairs),) if rival.work == "sweep" else ()
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    try:
        python = install(rival, options.install)
        done = subprocess.run(
            [str(python), str(SCRIPTS / rival.script), str(bars), *rival.arguments, *more], check=True,
            capture_output=True, text=True, timeout=options.timeout, env=kept,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"problem": f"not finished in {options.timeout} s"}
    except subprocess.CalledProcessError as error:
        return {"problem": (error.stderr or "failed").strip().splitlines()[-1][:200]}
    found: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def agreement(rival: Rival, found: Mapping[str, object], fills: int, equity: float) -> str:
    """Return whether a run came to the same fills and money, or why it cannot."""
    if rival.work == "sweep":
        return "as signals, pair by pair"
    if not rival.is_same:
        return f"not the same: {rival.why}"
    theirs, money = int(str(found["fills"])), float(str(found["final_equity"]))
    away = abs(money - equity)
    if theirs == fills and away <= CENTS_PER_FILL * fills:
        return f"same fills, {away:.2f} USD apart ({away / max(fills, 1):.4f} a fill)"
    return f"{theirs - fills:+,} fills, {money - equity:+,.2f} USD" + (f" ({rival.why})" if rival.why else "")


def measure(options: Namespace) -> dict[str, object]:
    """Run everything and print the table: what it took, and how many times our processor time, which others spare."""
    panel = endless(market(options.bars, options.symbols))
    cells = panel["close"].size
    ours = {"signals": signals(panel), "weights": weights(panel)}
    swept = sweep_of(panel, options.pairs)
    seconds = {name: (found.seconds, found.cpu) for name, found in ours.items()} | {"sweep": swept}
    print(
        f"{'':24} {'wall s':>9} {'CPU s':>9} {'symbol-bars/CPU s':>18} {'of our CPU':>11}  {'fills':>9} "
        f"{'final equity':>15}  agreement"
    )
    for name, taken in seconds.items():
        done = ours.get(name)
        runs = options.pairs if name == "sweep" else 1
        told = f"{done.fills:9,} {done.final_equity:15,.2f}" if done else ""
        print(
            f"{'QTS ' + name:24} {taken[0]:9.4f} {taken[1]:9.4f} {cells * runs / taken[1]:18,.0f} {1.0:10.1f}x  {told}",
            flush=True,
        )
    figures: dict[str, object] = {"QTS": seconds}
    with tempfile.TemporaryDirectory() as folder:
        write_market(panel, Path(folder))
        for name, rival in RIVALS.items():
            if options.only and not any(word in name for word in options.only):
                continue
            found = run(rival, options, Path(folder))
            figures[name] = found
            if "problem" in found:
                print(f"{name:24} {found['problem']}", flush=True)
                continue
            wall, cpu = float(str(found["seconds"])), float(str(found["cpu"]))
            runs = options.pairs if rival.work == "sweep" else 1
            same = ours["weights" if rival.work == "weights" else "signals"]
            note = agreement(rival, found, same.fills, same.final_equity)
            print(
                f"{name:24} {wall:9.3f} {cpu:9.3f} {cells * runs / cpu:18,.0f} {cpu / seconds[rival.work][1]:10.1f}x  "
                f"{int(str(found['fills'])):9,} {float(str(found['final_equity'])):15,.2f}  {note}", flush=True,
            )  # fmt: skip
    return figures
