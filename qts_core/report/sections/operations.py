"""What the limits refused or cut, and when the kill switch fired."""

from __future__ import annotations

from typing import Final

from qts_core.market.time import NEW_YORK
from qts_core.report.blocks import Block, Cell, Section, Table, Words, cell, table
from qts_core.report.context import Context
from qts_core.report.evidence import Firing
from qts_core.report.formats import count, decimals
from qts_core.report.inputs import LimitEvent

__all__ = ["limits_section"]

SHOWN = 24
MEANING: Final = {
    "limit.position": "one position above its share of equity",
    "limit.count": "more positions than allowed",
    "limit.sector": "a sector above its cap",
    "limit.correlated": "what moves together above its cap",
    "limit.gross": "gross exposure above its cap",
    "limit.net": "net exposure above its cap",
    "limit.concentration": "the book hangs on too few names",
    "limit.turnover": "more turnover than allowed",
    "limit.buying_power": "more than the broker lends",
    "limit.restricted": "a symbol that may only be reduced",
    "limit.hours": "too near to the open or the close",
    "limit.var": "value at risk above its limit",
    "loss.daily": "the day's loss limit",
    "loss.weekly": "the week's loss limit",
    "loss.monthly": "the month's loss limit",
    "loss.trade": "a position's loss limit",
    "market.volatility": "a market that moves too much",
    "market.cash": "cash kept back in a market that moves too much",
    "session.closed": "the session's last bar: nothing is decided for after the close",
    "optimise.fallback": "the optimiser fell back to a simpler method",
    "order.refused": "an order that the desk refused",
}
"""What the verdicts that a backtest counts mean (docs/concepts/risk.md)."""


def limits_section(context: Context) -> Section:
    """List the limits that refused or cut orders, and every firing of the kill switch."""
    events = context.given.limits
    blocks: list[Block] = [_limits(events) if events else Words("No limit refused or cut anything.")]
    firings = context.given.evidence.firings
    blocks.append(_firings(firings) if firings else Words("The kill switch did not fire.", is_printed=False))
    return Section("limits", "Limits and kill switch", tuple(blocks), "backtest")


def _limits(events: tuple[LimitEvent, ...]) -> Table:
    has_details = any(e.reason or e.ts or e.value == e.value for e in events)
    rows = [
        _detailed(e) if has_details else (Cell(e.name), cell(e.count, count), Cell(_meaning(e.name)))
        for e in events[:SHOWN]
    ]
    left_out = len(events) - len(rows)
    return table(
        "What the limits refused or cut, and how often",
        f"n = {sum(e.count for e in events):,} refusals",
        ("Limit", "When, New York", "Symbol", "Times", "Value", "Limit", "Reason")
        if has_details
        else ("Limit", "Times", "What it says"),
        rows,
        words=(0, 1, 2, 6) if has_details else (0, 2),
        note=f"{left_out} further lines are left out." if left_out else "",
    )


def _meaning(name: str) -> str:
    return MEANING.get(name, "the model kept silent" if name.startswith("abstain.") else "")


def _firings(firings: tuple[Firing, ...]) -> Table:
    rows = [
        (
            Cell("not recorded" if f.ts is None else f"{f.ts.astimezone(NEW_YORK):%-d %b %Y %H:%M}"),
            Cell(f.trigger), Cell(f.action, role="bad"), Cell(f.reason),
        )
        for f in firings[:SHOWN]
    ]  # fmt: skip
    left_out = len(firings) - len(rows)
    return table(
        "When the kill switch fired, and what it did", f"n = {len(firings):,} firings",
        ("When, New York", "Trigger", "Action", "Reason"), rows, words=(0, 1, 2, 3),
        note=f"{left_out} further firings are left out." if left_out else "",
    )  # fmt: skip


def _detailed(event: LimitEvent) -> tuple[Cell, ...]:
    return (
        Cell(event.name),
        Cell("any time" if event.ts is None else f"{event.ts.astimezone(NEW_YORK):%-d %b %Y %H:%M}"),
        Cell(event.symbol or "portfolio"),
        cell(event.count, count),
        cell(event.value, lambda v: decimals(v, 4)),
        cell(event.limit, lambda v: decimals(v, 4)),
        Cell(event.reason),
    )
