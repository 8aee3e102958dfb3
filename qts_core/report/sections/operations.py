"""What the limits refused or cut, and when the kill switch fired."""

from __future__ import annotations

from qts_core.market.time import NEW_YORK
from qts_core.report.blocks import Block, Cell, Section, Table, Words, cell, table
from qts_core.report.context import Context
from qts_core.report.evidence import Firing
from qts_core.report.formats import count, decimals
from qts_core.report.inputs import LimitEvent

__all__ = ["limits_section"]

SHOWN = 24


def limits_section(context: Context) -> Section:
    """List the limits that refused or cut orders, and every firing of the kill switch."""
    events = context.given.limits
    blocks: list[Block] = [_limits(events) if events else Words("No limit refused or cut anything.")]
    firings = context.given.evidence.firings
    blocks.append(_firings(firings) if firings else Words("The kill switch did not fire."))
    return Section("limits", "Limits and kill switch", tuple(blocks), "backtest")


def _limits(events: tuple[LimitEvent, ...]) -> Table:
    has_details = any(e.reason or e.ts or e.value == e.value for e in events)
    rows = [_detailed(e) if has_details else (Cell(e.name), cell(e.count, count)) for e in events[:SHOWN]]
    left_out = len(events) - len(rows)
    return table(
        "What the limits refused or cut, and how often",
        f"n = {sum(e.count for e in events):,} refusals",
        ("Limit", "When, New York", "Symbol", "Times", "Value", "Limit", "Reason")
        if has_details
        else ("Limit", "Times"),
        rows,
        words=(0, 1, 2, 6) if has_details else (0,),
        note=f"{left_out} further lines are left out." if left_out else "",
    )


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
