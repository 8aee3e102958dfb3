"""What the limits did, and the live session if there was one."""

from __future__ import annotations

from qts_core.market.time import NEW_YORK
from qts_core.report.blocks import Cell, Section, Words, cell, table
from qts_core.report.context import Context
from qts_core.report.formats import count, decimals, dollars
from qts_core.report.inputs import LimitEvent

__all__ = ["limits_section", "live_section"]

SHOWN = 40


def limits_section(context: Context) -> Section:
    """List the limits that refused or cut orders."""
    events = context.given.limits
    if not events:
        return Section("limits", "Limits", (Words("No limit refused or cut anything."),))
    has_details = any(e.reason or e.ts or e.value == e.value for e in events)
    rows = [_detailed(e) if has_details else (Cell(e.name), cell(e.count, count)) for e in events[:SHOWN]]
    left_out = len(events) - len(rows)
    block = table(
        "What the limits refused or cut, and how often",
        f"n = {sum(e.count for e in events):,} refusals",
        ("Limit", "When, New York", "Symbol", "Times", "Value", "Limit", "Reason")
        if has_details
        else ("Limit", "Times"),
        rows,
        words=(0, 1, 2, 6) if has_details else (0,),
        note=f"{left_out} further lines are left out." if left_out else "",
    )
    return Section("limits", "Limits", (block,))


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


def live_section(context: Context) -> Section | None:
    """Lay out the live session and its parity with the backtest."""
    live = context.given.live
    if live is None:
        return None
    parity = (
        "No decision was compared with the backtest."
        if not live.compared
        else f"All {live.compared:,} compared decisions equal those of the backtest bit for bit."
        if not live.differences
        else f"{live.differences:,} of {live.compared:,} compared decisions differ from the backtest."
    )
    row = (
        Cell(f"{live.session:%-d %b %Y}"),
        Cell(live.mode),
        cell(live.decisions, count),
        cell(live.orders, count),
        cell(live.fills, count),
        cell(float("nan") if live.pnl is None else live.pnl, lambda v: dollars(v, 2)),
        cell(live.compared, count),
        cell(live.differences, count),
    )
    heads = ("Session", "Mode", "Decisions", "Orders", "Fills", "Profit", "Compared", "Different")
    block = table(parity, f"n = {live.decisions:,} decisions", heads, [row], words=(0, 1))
    return Section("live", "Live session", (block, *(Words(note) for note in live.notes)))
