"""Equity and drawdown on one time axis with what was traded live, and the deepest drawdowns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from markupsafe import Markup

from qts_core.analytics.drawdown import drawdown_curve, drawdowns
from qts_core.market.panel import Floats
from qts_core.report.blocks import (
    NARROW,
    Block,
    Cell,
    Figure,
    Section,
    Table,
    Words,
    cell,
    figure,
    from_line,
    on_screen,
    table,
)
from qts_core.report.context import Context
from qts_core.report.evidence import LiveCurve
from qts_core.report.formats import count, dollars, percent, short_dollars, short_percent
from qts_core.report.sections.benchmarks import benchmarks_table
from qts_core.report.svg.timeline import Pane, Series, time_chart

__all__ = ["equity_section", "overlaid"]

DEEPEST = 5
BEFORE_LIVE = 30
"""Sessions of the backtest that are shown before the first live one."""


def equity_section(context: Context) -> Section:
    """Draw equity net, gross and of the benchmark, and how far net equity is under water."""
    curves = context.given.curves
    days, live = overlaid(context.dates, curves.net, context.given.evidence.live)
    added = len(days) - len(context.dates)

    def longer(values: Floats) -> Floats:
        padded: Floats = np.r_[values, np.full(added, np.nan)]
        return padded

    lines = [Series("Net", "net", longer(curves.net)), Series("Gross", "gross", longer(curves.gross), is_thin=True)]
    if curves.benchmark is not None:
        lines.append(Series("Benchmark", "benchmark", longer(curves.benchmark), is_thin=True))
    if live is not None:
        lines.append(Series("Live", "live", live))
    under = longer(drawdown_curve(np.r_[curves.initial, curves.net])[1:])

    def draw(width: float) -> Markup:
        panes = (
            Pane(
                "USD" if width == NARROW else "Equity, USD",
                tuple(lines),
                width**0.5 * 9,
                short_dollars,
                dollars,
                is_log=True,
            ),
            Pane(
                "Drawdown",
                (Series("Net", "loss", under, is_thin=True, is_area=True),),
                width**0.5 * 3.4,
                short_percent,
                percent,
                include=(0.0,),
            ),
        )
        label = "Equity after and before costs against the benchmark, log scale, with the drawdown below"
        return time_chart(days, panes, width=width, label=label, tint_from=context.first_row)

    names = f"; the benchmark is {curves.benchmark_name.lower()}" if curves.benchmark is not None else ""
    where = "everything shown is" if context.first_row == 0 else "the tinted part is"
    blocks: list[Block] = [
        figure(
            "What became of the account: equity in USD on a log scale, and its loss from the peak in %",
            f"n = {len(curves.timeline):,} bars, {len(np.unique(curves.timeline.session)):,} sessions",
            draw,
            note=f"Gross adds back every cost paid so far{names}; {where} out of sample.{_of_live(context)}",
        )
    ]
    worst = _worst(context)
    if worst.rows:
        blocks.append(worst)
    against = benchmarks_table(context)
    if against is not None:
        blocks.append(on_screen(against))
    live_account = context.given.evidence.live
    if live_account is not None and live is not None:
        blocks.append(from_line(on_screen(_close_up(context, live_account)), "live"))
    blocks += _live(context)
    return Section("equity", "Equity", tuple(blocks), "backtest")


def overlaid(days: Sequence[date], net: Floats, live: LiveCurve | None) -> tuple[tuple[date, ...], Floats | None]:
    """Lay the live account over the backtest: the days with those live ones that come after, and live equity [rows].

    Both start from the same point: live equity is scaled to the backtest's at the close before the first live session.
    """
    shown = tuple(days)
    if live is None or not len(live.days) or not len(net):
        return shown, None
    after = [day for day in live.days if day > shown[-1]]
    shown = (*shown, *after)
    last = {day: row for row, day in enumerate(shown)}
    rows = [last[day] for day in live.days if day in last]
    values = [equity for day, equity in zip(live.days, live.equity.tolist(), strict=True) if day in last]
    if not rows:
        return shown, None
    start = next(row for row, day in enumerate(shown) if day >= live.days[0]) - 1
    base = float(net[min(max(start, 0), len(net) - 1)])
    scaled = np.array([live.initial, *values]) * base / live.initial
    drawn = np.full(len(shown), np.nan)
    span = np.arange(max(start, 0), rows[-1] + 1)
    drawn[span] = np.interp(span, [start, *rows], scaled)
    return shown, drawn


def _close_up(context: Context, live: LiveCurve) -> Figure:
    """Draw the live sessions large, with those of the backtest before and beside them."""
    days, closes = overlaid(context.net.dates, context.net.equity, live)
    first = max(0, days.index(live.days[0]) - BEFORE_LIVE) if live.days[0] in days else 0
    base = float(context.net.equity[min(first, len(context.net) - 1)])
    tested = np.r_[context.net.equity, np.full(len(days) - len(context.net), np.nan)][first:] / base - 1.0
    drawn = np.full(len(tested), np.nan) if closes is None else closes[first:] / base - 1.0

    def draw(width: float) -> Markup:
        lines = (Series("Live", "live", drawn), Series("Backtest, net", "net", tested))
        pane = Pane("Net return", lines, 110, short_percent, percent, include=(0.0,))
        return time_chart(days[first:], (pane,), width=width, label="Live account over the backtest, the last weeks")

    return figure(
        f"The live account, {live.mode}, where the backtest ends: net return since {days[first]:%-d %b %Y}",
        f"n = {len(live.days):,} live session{'' if len(live.days) == 1 else 's'}",
        draw,
    )


def _of_live(context: Context) -> str:
    live = context.given.evidence.live
    if live is None or not len(live.days):
        return ""
    earned = float(live.equity[-1]) / live.initial - 1.0
    noun = "session" if len(live.days) == 1 else "sessions"
    return f" Live: {len(live.days):,} {noun} on {live.mode}, {percent(earned)}, scaled to meet the backtest before it."


def _worst(context: Context) -> Table:
    equity = np.r_[context.net.initial, context.net.equity]
    days = ("start", *(f"{d:%-d %b %Y}" for d in context.net.dates))
    episodes = sorted(drawdowns(equity), key=lambda d: -d.depth)
    rows = [
        (
            Cell(days[d.peak]),
            Cell(days[d.trough]),
            Cell("not yet" if d.end is None else days[d.end]),
            cell(-d.depth, percent),
            cell((len(equity) - 1 if d.end is None else d.end) - d.peak, count),
            Cell("–") if d.recovery is None else cell(d.recovery, count),
        )
        for d in episodes[:DEEPEST]
    ]
    heads = ("Peak", "Trough", "Recovered", "Depth", "Sessions under water", "Sessions to recover")
    return table(
        "The deepest drawdowns of net equity, at session closes, in %",
        f"n = {len(episodes):,} drawdowns",
        heads,
        rows,
        words=(0, 1, 2),
    )


def _live(context: Context) -> list[Block]:
    """Lay out the live session and its parity with the backtest."""
    live = context.given.live
    if live is None:
        return []
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
    block = table(f"The last live session. {parity}", f"n = {live.decisions:,} decisions", heads, [row], words=(0, 1))
    return [from_line(block, "live"), *(Words(note) for note in live.notes)]
