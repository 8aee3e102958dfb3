"""How much was held: exposure over equity, by sector, and how much of it hung on a few names."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from qts_core.market.panel import Floats
from qts_core.report.blocks import Block, Cell, Figure, Section, Table, cell, figure, on_screen, table
from qts_core.report.context import Context
from qts_core.report.evidence import Holdings
from qts_core.report.formats import count, decimals, percent, short_percent
from qts_core.report.svg.bars import row_chart
from qts_core.report.svg.timeline import Pane, Series, time_chart

__all__ = ["concentration", "exposure_section", "sector_exposure"]

LARGEST = 10


def exposure_section(context: Context) -> Section | None:
    """Draw exposure and positions at every bar, and exposure and concentration by sector and name."""
    if not len(context.given.curves.timeline):
        return None
    blocks: list[Block] = [_exposure(context)]
    holdings = context.given.evidence.holdings
    if holdings is not None and np.any(holdings.weights[context.first_row :] != 0.0):
        blocks.append(on_screen(_concentration(context, holdings)))
        if context.given.sectors:
            blocks.append(on_screen(_sectors(context, holdings)))
        blocks.append(on_screen(_names(context, holdings)))
    return Section("exposure", "Exposure and concentration", tuple(blocks), "backtest")


def sector_exposure(holdings: Holdings, sectors: dict[str, str]) -> dict[str, tuple[Floats, Floats]]:
    """Return gross and net exposure by sector, float64 [T] each, ratios of equity; the largest on average first."""
    found: dict[str, tuple[Floats, Floats]] = {}
    names = np.array([sectors.get(symbol, "unknown") for symbol in holdings.symbols])
    for name in sorted(set(names.tolist())):
        part = holdings.weights[:, names == name]
        found[name] = (np.abs(part).sum(axis=1), part.sum(axis=1))
    return dict(sorted(found.items(), key=lambda item: (-float(item[1][0].mean()), item[0])))


def concentration(weights: Floats) -> tuple[Floats, Floats]:
    """Return the largest position, ratio of equity [T], and to how many equal ones all of them come [T].

    The second is one over the sum of squared shares of the gross exposure (Herfindahl); NaN where nothing is held.
    """
    sizes = np.abs(weights)
    gross = sizes.sum(axis=1)
    squares = (sizes**2).sum(axis=1)
    effective = np.full(len(gross), np.nan)
    np.divide(gross**2, squares, out=effective, where=squares > 0)
    return sizes.max(axis=1, initial=0.0), effective


def _exposure(context: Context) -> Figure:
    curves = context.given.curves

    def draw(width: float) -> Markup:
        panes = (
            Pane(
                "Exposure / equity",
                (
                    Series("Gross", "exposure", curves.gross_exposure),
                    Series("Net", "holding", curves.net_exposure, is_thin=True),
                ),
                110,
                short_percent,
                lambda v: percent(v, 1),
                include=(0.0,),
            ),
            Pane(
                "Positions",
                (Series("Held", "exposure", curves.positions, is_thin=True, is_area=True),),
                54,
                count,
                count,
                include=(0.0,),
            ),
        )
        return time_chart(context.dates, panes, width=width, label="Gross and net exposure and positions held")

    average = context.measures["average_gross_exposure"]
    return figure(
        f"Exposure as % of equity, and positions held: {percent(average.value, 0)} gross on average",
        f"n = {len(curves.timeline):,} bars",
        draw,
        note="Gross sums the sizes of long and short positions; net sets them off against each other.",
    )


def _concentration(context: Context, holdings: Holdings) -> Figure:
    largest, effective = concentration(holdings.weights)
    first = context.first_row

    def draw(width: float) -> Markup:
        panes = (
            Pane(
                "Largest position",
                (Series("Largest", "exposure", largest, is_thin=True),),
                76,
                short_percent,
                lambda v: percent(v, 1),
                include=(0.0,),
            ),
            Pane(
                "Equal positions they come to",
                (Series("Effective", "holding", effective, is_thin=True),),
                76,
                count,
                lambda v: decimals(v, 1),
                include=(0.0,),
            ),
        )
        return time_chart(context.dates, panes, width=width, label="Largest position and effective number of positions")

    typical = float(np.nanmean(effective[first:])) if np.isfinite(effective[first:]).any() else float("nan")
    return figure(
        f"The largest position in % of equity, at most {percent(float(largest[first:].max()), 1)}; all of them come to "
        f"{decimals(typical, 1)} equal ones",
        f"n = {len(largest):,} bars",
        draw,
        note="One over the sum of squared shares of the gross exposure.",
        is_half=bool(context.given.sectors),
    )


def _sectors(context: Context, holdings: Holdings) -> Figure:
    found = sector_exposure(holdings, dict(context.given.sectors))
    first = context.first_row
    mean = np.array([float(gross[first:].mean()) for gross, _ in found.values()])
    said = [
        f"at most {percent(float(gross[first:].max()), 1)}, net {percent(float(net[first:].mean()), 1)} on average"
        for gross, net in found.values()
    ]
    return figure(
        "Average gross exposure by sector in % of equity",
        f"n = {len(found)} sectors, {len(holdings.weights) - first:,} bars",
        lambda width: row_chart(
            list(found), mean, width=width, label="Average gross exposure by sector",
            value_format=lambda v: percent(v, 1), role="exposure", hover=said,
        ),
        is_half=True,
    )  # fmt: skip


def _names(context: Context, holdings: Holdings) -> Table:
    weights = holdings.weights[context.first_row :]
    sizes = np.abs(weights)
    order = np.argsort(-sizes.mean(axis=0), kind="stable")[:LARGEST]
    rows = [
        (
            Cell(holdings.symbols[i]),
            Cell(context.given.sectors.get(holdings.symbols[i], "–")),
            cell(float(sizes[:, i].mean()), _tenth),
            cell(float(weights[:, i].mean()), _tenth),
            cell(float(sizes[:, i].max()), _tenth),
            cell(float((sizes[:, i] > 0).mean()), lambda v: percent(v, 0)),
        )
        for i in order.tolist()
    ]
    heads = ("Symbol", "Sector", "Size, average", "Signed, average", "Largest", "Time held")
    return table(
        "The names held most, in % of equity", f"{len(rows)} of n = {len(holdings.symbols)} symbols", heads, rows,
        words=(0, 1),
    )  # fmt: skip


def _tenth(value: float) -> str:
    return percent(value, 1)
