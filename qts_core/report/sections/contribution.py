"""Where the profit came from: by symbol and by sector."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from qts_core.report.blocks import Figure, Section, figure
from qts_core.report.context import Context
from qts_core.report.formats import dollars, percent
from qts_core.report.svg.bars import row_chart

__all__ = ["contribution_section"]

SHOWN = 12


def contribution_section(context: Context) -> Section | None:
    """Draw profit by symbol, and by sector where sectors are known."""
    profit = dict(context.given.symbol_pnl) or _closed(context)
    if not profit:
        return None
    trades = Counter(t.symbol for t in context.trades)
    blocks = [_symbols(profit, trades)]
    if context.given.sectors:
        blocks.append(_sectors(profit, trades, context))
    return Section("contribution", "Contribution", tuple(blocks))


def _closed(context: Context) -> dict[str, float]:
    totals: dict[str, float] = defaultdict(float)
    for trade in context.trades:
        totals[trade.symbol] += trade.pnl
    return totals


def _symbols(profit: dict[str, float], trades: Counter[str]) -> Figure:
    ranked = sorted(profit, key=lambda s: (-profit[s], s))
    shown = ranked if len(ranked) <= 2 * SHOWN else [*ranked[:SHOWN], *ranked[-SHOWN:]]
    left_out = len(ranked) - len(shown)
    gained = sum(v > 0 for v in profit.values())
    top = sum(sorted(profit.values(), reverse=True)[:5])
    total = sum(profit.values())
    share = f" The five best made {percent(top / total, 0)} of the total." if total > 0 else ""
    return figure(
        f"Net profit by symbol in USD: {gained} of {len(ranked)} gained",
        f"n = {len(ranked):,} symbols, {sum(trades.values()):,} trades",
        lambda width: row_chart(
            shown,
            np.array([profit[s] for s in shown]),
            width=width,
            label="Net profit by symbol",
            value_format=dollars,
            hover=[f"n = {trades[s]} trades" for s in shown],
        ),
        note=(f"{left_out} symbols in the middle are not drawn." if left_out else "") + share,
        is_half=True,
    )


def _sectors(profit: dict[str, float], trades: Counter[str], context: Context) -> Figure:
    totals: dict[str, float] = defaultdict(float)
    members: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for symbol, value in profit.items():
        sector = context.given.sectors.get(symbol, "unknown")
        totals[sector] += value
        members[sector] += 1
        counts[sector] += trades[symbol]
    ranked = sorted(totals, key=lambda s: (-totals[s], s))
    return figure(
        "Net profit by sector in USD",
        f"n = {len(ranked):,} sectors",
        lambda width: row_chart(
            ranked,
            np.array([totals[s] for s in ranked]),
            width=width,
            label="Net profit by sector",
            value_format=dollars,
            hover=[f"n = {members[s]} symbols, {counts[s]} trades" for s in ranked],
        ),
        is_half=True,
    )
