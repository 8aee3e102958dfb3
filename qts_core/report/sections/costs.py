"""What trading cost: by kind, by month, under other cost modes and multiples, order by order, and at other sizes."""

from __future__ import annotations

from itertools import groupby

import numpy as np
from markupsafe import Markup

from qts_core.analytics.cost_sweep import cost_sweep
from qts_core.market.panel import Floats
from qts_core.report.blocks import Block, Cell, Figure, Section, Table, Words, cell, figure, on_screen, table
from qts_core.report.context import Context
from qts_core.report.formats import bps, decimals, dollars, percent, short_dollars, short_percent
from qts_core.report.sections.execution import capacity_figure, executions_table
from qts_core.report.sections.orders import orders_blocks
from qts_core.report.svg.bars import column_chart
from qts_core.report.theme import COST_ROLES

__all__ = ["costs_section"]

SAME = 1e-9


def costs_section(context: Context) -> Section | None:
    """Lay out costs by kind, month, mode, multiple and order, what they leave at other sizes, and what bars hide."""
    if not context.given.costs.by_kind or not len(context.net):
        return None
    blocks: list[Block] = []
    if context.given.scenarios:
        blocks.append(_scenarios(context))
    blocks += [_kinds(context), _months(context), _sweep(context)]
    size = capacity_figure(context)
    if size is not None:
        blocks.append(size)
    blocks += [on_screen(executions_table(found)) for found in context.given.evidence.executions if len(found.notional)]
    for worked in context.given.evidence.worked:
        blocks += orders_blocks(worked)
    if context.given.evidence.ambiguity is not None:
        blocks.append(_ambiguity(context))
    return Section("costs", "Costs and capacity", tuple(blocks), "backtest")


def _months(context: Context) -> Figure:
    first, costs = context.first_row, context.given.costs
    keys = [(d.year, d.month) for d in context.dates[first:]]
    groups = [(key, len(list(rows))) for key, rows in groupby(keys)]
    starts = np.cumsum([0, *(n for _, n in groups[:-1])])
    labels = [f"{month:02d}/{year % 100:02d}" for (year, month), _ in groups]

    def monthly(values: Floats) -> Floats:
        sums: Floats = np.add.reduceat(values[first:], starts)
        return sums

    parts = {
        kind: (COST_ROLES[i % len(COST_ROLES)], monthly(values))
        for i, (kind, values) in enumerate(costs.by_kind.items())
    }
    traded = monthly(costs.traded)
    return figure(
        "Costs paid in each month by kind, in USD",
        f"n = {len(groups):,} months",
        lambda width: column_chart(
            labels,
            parts,
            width=width,
            height=150,
            label="Costs of each month by kind",
            unit="USD",
            value_format=dollars,
            axis_format=short_dollars,
            hover=[f"{short_dollars(float(v))} traded" for v in traded],
        ),
        is_half=True,
    )


def _kinds(context: Context) -> Table:
    first, costs = context.first_row, context.given.costs
    traded = float(costs.traded[first:].sum())
    total = context.value("total_costs")
    gained = float(context.gross.equity[-1] - context.gross.initial)
    rows = [_kind(kind, float(values[first:].sum()), traded, total, gained) for kind, values in costs.by_kind.items()]
    rows.append(_kind("All", total, traded, total, gained))
    return table(
        f"Costs by kind in USD: {bps(context.value('cost_per_turnover'))} of what was traded",
        f"n = {dollars(traded)} traded",
        ("Kind", "USD", "Per dollar traded", "Of all costs", "Of gross profit"),
        rows,
        note=f"Cost model: {context.given.identity.cost_model or 'not stated'}. Turnover per year "
        f"{decimals(context.value('annual_turnover'), 1)} times equity; costs take "
        f"{percent(context.value('cost_drag'))} of equity per year.",
        is_half=True,
    )


def _kind(kind: str, paid: float, traded: float, total: float, gained: float) -> tuple[Cell, ...]:
    nan = float("nan")
    return (
        Cell(kind),
        cell(paid, dollars),
        cell(paid / traded * 10_000 if traded > 0 else nan, bps),
        cell(paid / total if total else nan, lambda v: percent(v, 0)),
        # Without a gross profit the share says nothing.
        cell(paid / gained if gained > 0 else nan, lambda v: percent(v, 0)),
    )


def _scenarios(context: Context) -> Table:
    """Lay the cost modes side by side, and say which one that the verdict stands on."""
    own = context.value("total_return")
    judged = context.given.identity.cost_model
    rows, stands_on = [], ""
    for s in context.given.scenarios:
        if s.name == judged or (not judged and abs(s.total_return - own) < SAME):
            stands_on = f"The verdict stands on {s.name.split(':')[0]}."
        rows.append(
            (
                Cell(s.name),
                cell(s.total_return, percent),
                cell(s.sharpe, decimals),
                cell(-s.max_drawdown, percent),
                cell(s.costs, dollars),
            )
        )
    returns = [s.total_return for s in context.given.scenarios]
    spread = f": costs decide {percent(max(returns) - min(returns))} of the initial cash" if len(returns) > 1 else ""
    return table(
        f"The same predictions under each cost mode, net{spread}",
        context.sessions,
        ("Cost mode", "Total return", "Sharpe ratio", "Maximum drawdown", "Costs, USD"),
        rows,
        note=stands_on,
    )


def daily_costs(context: Context) -> Floats:
    """Return what each session paid over the equity at the close before, ratio [D]."""
    first, session = context.first_row, context.given.curves.timeline.session[context.first_row :]
    paid = np.sum([values[first:] for values in context.given.costs.by_kind.values()], axis=0)
    starts = np.flatnonzero(np.r_[True, np.diff(session) != 0])
    before: Floats = np.r_[context.net.initial, context.net.equity[:-1]]
    sums: Floats = np.add.reduceat(paid, starts)
    return sums / before


def _sweep(context: Context) -> Figure:
    found = cost_sweep(context.net.returns, daily_costs(context))
    labels = [f"×{line.multiple:g}" for line in found.lines]
    totals = np.array([line.annualised for line in found.lines])
    end = (
        f"nothing is left at ×{decimals(found.break_even, 1)}"
        if np.isfinite(found.break_even)
        else "no multiple of the costs takes it all"
        if found.break_even > 0
        else "nothing is earned even without costs"
    )

    def draw(width: float) -> Markup:
        return column_chart(
            labels, {"Net": ("sign", totals)}, width=width, height=150, label="Net return per year by costs",
            unit="Return per year, %", value_format=percent, axis_format=short_percent,
            hover=[f"Sharpe ratio {decimals(line.sharpe)}" for line in found.lines],
        )  # fmt: skip

    return figure(
        f"Net return per year if costs were 0 to 3 times as high: {end}",
        f"n = {found.n:,} sessions",
        draw,
        note="×1 is the cost mode of the verdict; positions are not sized anew.",
        is_half=True,
    )


def _ambiguity(context: Context) -> Words:
    found = context.given.evidence.ambiguity
    if found is None or not found.bars:
        return Words(
            "No bar touched both a stop and its target: nothing within a bar had to be guessed.", is_printed=False
        )
    last = float(context.given.curves.net[-1])
    return Words(
        f"{found.bars:,} bars touched both a stop and its target. Which came first the bars do not say: final equity "
        f"lies between {dollars(last + found.low)} (each the worse way) and {dollars(last + found.high)} (the better)."
    )
