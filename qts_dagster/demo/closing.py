"""The demo's last words: the stages, a few honest figures, where the report is, and what to type next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from qts_core.data.market_source import MarketSource
from qts_dagster.demo.stages import Stages

__all__ = ["print_closing"]

NEXT = (
    ("make dev", "Dagster UI on http://127.0.0.1:3000, MLflow UI on http://127.0.0.1:5000"),
    ("make daemon", "trade on the paper exchange; its page is on http://127.0.0.1:8000"),
    (".venv/bin/qts replay all", "make every live decision again, bit for bit"),
)


def print_closing(
    console: Console,
    stages: Stages,
    source: MarketSource,
    *,
    verdict: Mapping[str, object],
    page: Mapping[str, object],
    live: Mapping[str, object],
    is_promoted: bool,
    home: Path,
) -> None:
    """Print everything a newcomer should read."""
    console.print()
    console.print(stages.table())
    console.print()
    console.print("[bold]What it found[/bold] (out of sample, net of pessimistic costs)")
    for line in _findings(source, verdict, page, live, is_promoted=is_promoted):
        console.print(f"  {line}", soft_wrap=True, highlight=False)
    console.print()
    console.print(f"[bold]Report[/bold]  {page['path']}", soft_wrap=True)
    console.print()
    prefix = "" if home == Path(".qts").resolve() else f"QTS_HOME={_short(home)} "
    console.print("[bold]Next[/bold]")
    for command, purpose in NEXT:
        console.print(f"  {prefix}{command:<26}{purpose}", soft_wrap=True, highlight=False)


def _findings(
    source: MarketSource, verdict: Mapping[str, object], page: Mapping[str, object], live: Mapping[str, object],
    *, is_promoted: bool,
) -> list[str]:  # fmt: skip
    parity = live.get("parity")
    lines = [
        f"market      {source.origin}, {source.first} to {source.last}",
        f"return      {_number(page['net_return']):+.2%} over {page['sessions']} sessions, {page['trades']} trades",
        f"Sharpe      {_number(page['net_sharpe']):.2f} a year; largest drawdown {_number(page['max_drawdown']):.2%}",
        f"gates       {verdict['verdict']} (trials in the ledger: {verdict['trials']})",
        f"live        session {live['session']}: {live['decisions']} decisions, {live['orders']} orders, "
        f"{live['fills']} fills" + ("" if is_promoted else "; the model is not promoted and may not trade live"),
    ]
    if isinstance(parity, Mapping):
        lines.append(f"parity      {parity['compared']} live decisions compared with the backtest, "
                     f"{parity['differences']} differ")  # fmt: skip
    if source.is_synthetic and source.signal_strength > 0:
        lines.append(
            f"note        this market is generated with a signal of strength {source.signal_strength:g} planted in "
            "it: the figures show that the pipeline finds what is there, nothing about real markets"
        )
    return lines


def _number(value: object) -> float:
    return float(str(value))


def _short(home: Path) -> str:
    """Return `home` as one would type it here."""
    here = Path().resolve()
    return str(home.relative_to(here)) if home.is_relative_to(here) else str(home)
