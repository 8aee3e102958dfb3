"""Equity and drawdown on one time axis, and the deepest drawdowns."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from qts_core.analytics.drawdown import drawdown_curve, drawdowns
from qts_core.report.blocks import Cell, Section, Table, cell, figure, table
from qts_core.report.context import Context
from qts_core.report.formats import count, dollars, percent, short_dollars
from qts_core.report.svg.timeline import Pane, Series, time_chart

__all__ = ["equity_section"]

DEEPEST = 5


def equity_section(context: Context) -> Section:
    """Draw equity net, gross and of the benchmark, and how far net equity is under water."""
    curves = context.given.curves
    lines = [Series("Net", "net", curves.net), Series("Gross", "gross", curves.gross, is_thin=True)]
    if curves.benchmark is not None:
        lines.append(Series("Benchmark", "benchmark", curves.benchmark, is_thin=True))
    under = drawdown_curve(np.r_[curves.initial, curves.net])[1:]
    deepest = float(np.min(under, initial=0.0))

    def draw(width: float) -> Markup:
        panes = (
            Pane("Equity, USD", tuple(lines), width**0.5 * 9, short_dollars, dollars, is_log=True),
            Pane(
                "Drawdown",
                (Series("Net", "loss", under, is_thin=True, is_area=True),),
                width**0.5 * 3.4,
                lambda v: percent(v, 0 if deepest < -0.04 else 1),
                percent,
                include=(0.0,),
            ),
        )
        label = "Equity after and before costs against the benchmark, log scale, with the drawdown below"
        return time_chart(context.dates, panes, width=width, label=label, tint_from=context.first_row)

    names = f"; the benchmark is {curves.benchmark_name.lower()}" if curves.benchmark is not None else ""
    where = "everything shown is" if context.first_row == 0 else "the tinted part is"
    blocks = [
        figure(
            "What became of the account: equity in USD on a log scale, and its loss from the peak in %",
            f"n = {len(curves.timeline):,} bars, {len(np.unique(curves.timeline.session)):,} sessions",
            draw,
            note=f"Gross adds back every cost paid so far{names}; {where} out of sample.",
        )
    ]
    worst = _worst(context)
    return Section("equity", "Equity", (*blocks, worst) if worst.rows else tuple(blocks))


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
