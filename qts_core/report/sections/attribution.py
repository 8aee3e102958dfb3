"""Where the profit came from: by alpha, model, strategy, symbol, sector and hour of the day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np

from qts_core.market.panel import Floats
from qts_core.market.time import NEW_YORK, from_micros
from qts_core.market.timeline import Timeline
from qts_core.report.blocks import Block, Figure, Section, Words, figure, on_screen, tall
from qts_core.report.context import Context
from qts_core.report.formats import dollars, percent, short_dollars
from qts_core.report.svg.bars import column_chart, row_chart

__all__ = ["attribution_section", "profit_by_hour"]

SHOWN = 11
KINDS = ("alpha", "model", "strategy")


def attribution_section(context: Context) -> Section | None:
    """Draw net profit by what made it, by symbol, by sector and by the hour in which it came."""
    profit = dict(context.given.symbol_pnl) or _closed(context)
    blocks: list[Block] = []
    known = {kind: context.given.evidence.attribution.get(kind, {}) for kind in KINDS}
    blocks += [_makers(kind, made) for kind, made in known.items() if len(made) > 1]
    alone = [f"{kind} {name}" for kind, made in known.items() if len(made) == 1 for name in made]
    if alone:
        blocks.insert(0, Words(f"All of it was made by {' and '.join(alone)}.", is_printed=False))
    trades = Counter(t.symbol for t in context.trades)
    if profit:
        blocks.append(on_screen(tall(_symbols(profit, trades))))
        if context.given.sectors:
            blocks.append(_sectors(profit, trades, context))
    if len(context.net):
        blocks.append(_hours(context))
    return Section("attribution", "Attribution", tuple(blocks), "backtest") if blocks else None


def profit_by_hour(timeline: Timeline, equity: Floats, initial: float) -> dict[str, tuple[float, int]]:
    """Return the change of equity by when it came: overnight, then each hour of the session; USD and number of bars.

    The first bar of a session holds the gap since the last close: it is what the night brought, and its own minutes.
    """
    change = np.diff(np.r_[initial, equity])
    first = np.r_[True, np.diff(timeline.session) != 0]
    found: dict[str, list[float]] = {"night and first bar": []}
    hours = {int(ts): f"{from_micros(int(ts)).astimezone(NEW_YORK).hour:02d} h" for ts in np.unique(timeline.ts_event)}
    for value, is_first, ts in zip(change.tolist(), first.tolist(), timeline.ts_event.tolist(), strict=True):
        found.setdefault("night and first bar" if is_first else hours[ts], []).append(value)
    head = {"night and first bar": found.pop("night and first bar")}
    return {name: (sum(values), len(values)) for name, values in {**head, **dict(sorted(found.items()))}.items()}


def _closed(context: Context) -> dict[str, float]:
    totals: dict[str, float] = defaultdict(float)
    for trade in context.trades:
        totals[trade.symbol] += trade.pnl
    return totals


def _makers(kind: str, made: Mapping[str, float]) -> Figure:
    ranked = sorted(made, key=lambda name: (-made[name], name))
    return figure(
        f"Net profit by {kind} in USD",
        f"n = {len(ranked)} {kind}{'' if len(ranked) == 1 else 's'}",
        lambda width: row_chart(
            ranked, np.array([made[name] for name in ranked]), width=width, label=f"Net profit by {kind}",
            value_format=dollars,
        ),
        is_half=True,
    )  # fmt: skip


def _symbols(profit: Mapping[str, float], trades: Counter[str]) -> Figure:
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


def _sectors(profit: Mapping[str, float], trades: Counter[str], context: Context) -> Figure:
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


def _hours(context: Context) -> Figure:
    curves, first = context.given.curves, context.first_row
    before = curves.initial if first == 0 else float(curves.net[first - 1])
    found = profit_by_hour(curves.timeline[first:], curves.net[first:], before)
    parts = {"Net": ("sign", np.array([profit for profit, _ in found.values()]))}
    return figure(
        "Net profit in USD by when it came: over night and in the first bar, then by hour in New York",
        f"n = {sum(n for _, n in found.values()):,} bars",
        lambda width: column_chart(
            ["night", *list(found)[1:]],
            parts,
            width=width,
            height=150,
            label="Net profit by hour of the day",
            unit="USD",
            value_format=dollars,
            axis_format=short_dollars,
            hover=[f"n = {n:,} bars" for _, n in found.values()],
        ),
        is_half=True,
    )
