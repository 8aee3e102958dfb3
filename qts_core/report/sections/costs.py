"""What trading cost: by kind, by month, per dollar traded, and under other cost models."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from qts_core.market.panel import Floats
from qts_core.report.blocks import Block, Cell, Figure, Section, Table, cell, figure, table
from qts_core.report.context import Context
from qts_core.report.formats import bps, decimals, dollars, percent, short_dollars
from qts_core.report.svg.bars import column_chart
from qts_core.report.theme import COST_ROLES

__all__ = ["costs_section"]


def costs_section(context: Context) -> Section | None:
    """Lay out costs by kind, by month and by cost model."""
    if not context.given.costs.by_kind or not len(context.net):
        return None
    blocks: list[Block] = [_months(context), _kinds(context)]
    if context.given.scenarios:
        blocks.append(_scenarios(context))
    return Section("costs", "Costs", tuple(blocks))


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
            height=180,
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
    rows = [
        (
            Cell(s.name),
            cell(s.total_return, percent),
            cell(s.sharpe, decimals),
            cell(-s.max_drawdown, percent),
            cell(s.costs, dollars),
        )
        for s in context.given.scenarios
    ]
    return table(
        "The same predictions under other cost models, net",
        context.sessions,
        ("Cost model", "Total return", "Sharpe ratio", "Maximum drawdown", "Costs, USD"),
        rows,
    )
