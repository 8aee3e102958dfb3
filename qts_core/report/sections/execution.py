"""What orders cost against their reference price, and how much money the strategy bears."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from qts_core.analytics.capacity import Capacity
from qts_core.report.blocks import Cell, Figure, Table, cell, figure, table
from qts_core.report.context import Context
from qts_core.report.evidence import Executions
from qts_core.report.formats import bps, count, decimals, short_decimals, short_dollars
from qts_core.report.svg.bars import column_chart

__all__ = ["capacity_figure", "executions_table"]

SPANS = (("first half hour", 0.0, 10.0), ("middle of the day", 10.0, 15.5), ("last half hour", 15.5, 24.0))


def executions_table(found: Executions) -> Table:
    """Lay out the shortfall of executions by time of day and by size, basis points of what was traded."""
    rows = [_row("all", found, np.ones(len(found.notional), dtype=bool))]
    for name, first, last in SPANS:
        rows.append(_row(name, found, (found.hours >= first) & (found.hours < last)))
    edges = np.quantile(found.notional, [1 / 3, 2 / 3])
    third = np.searchsorted(edges, found.notional)
    for place, name in enumerate(("smallest third", "middle third", "largest third")):
        rows.append(_row(name, found, third == place))
    who = "Live executions" if found.is_live else "Simulated executions"
    has_volume = found.participation is not None
    heads = ("Executions", "n", "Average, USD", "Shortfall", "Median", "Worst twentieth")
    return table(
        f"{who} against {found.basis}, in basis points of what was traded, positive = paid",
        f"n = {len(found.notional):,} executions",
        (*heads, "Of the bar's volume") if has_volume else heads,
        [row if has_volume else row[:-1] for row in rows],
        note="Shortfall is weighted by value and holds spread, slippage and fees.",
    )


def capacity_figure(context: Context) -> Figure | None:
    """Draw the net Sharpe ratio against the money managed; None where volumes are not known."""
    found: Capacity | None = context.given.evidence.capacity
    if found is None or not found.lines:
        return None
    # Far below zero the size of the loss says nothing more.
    shown = [line for line in found.lines if line.sharpe > -max(abs(found.small), 1.0)] or [found.lines[0]]
    labels = [short_dollars(line.equity) for line in shown]
    values = np.array([line.sharpe for line in shown])
    size = float(f"{found.half:.2g}")
    half = (
        f"half of it is left at {short_dollars(size)}"
        if np.isfinite(found.half)
        else "impact never takes half of it"
        if found.half > 0
        else "there is none to lose"
    )

    def draw(width: float) -> Markup:
        return column_chart(
            labels, {"Net": ("sign", values)}, width=width, height=150, label="Net Sharpe ratio by money managed",
            unit="Sharpe ratio", value_format=decimals, axis_format=short_decimals,
        )  # fmt: skip

    return figure(
        f"Net Sharpe ratio if more money were managed: {half}",
        f"n = {found.n:,} sessions",
        draw,
        note="Square-root impact (Almgren et al. 2005) of the same orders in proportion, on the volume of their day.",
        is_half=True,
    )


def _row(name: str, found: Executions, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[Cell, ...]:
    notional, paid = found.notional[chosen], found.shortfall[chosen]
    nan, n = float("nan"), len(notional)
    per_order = paid / notional * 10_000 if n else np.array([])
    share = nan if found.participation is None or not n else float(np.nanmean(found.participation[chosen]))
    return (
        Cell(name),
        cell(n, count),
        cell(float(notional.mean()) if n else nan, count),
        cell(float(paid.sum() / notional.sum()) * 10_000 if n else nan, bps),
        cell(float(np.median(per_order)) if n else nan, bps),
        cell(float(np.quantile(per_order, 0.95)) if n else nan, bps),
        cell(share, lambda v: f"{v * 100:.3f} %"),
    )
