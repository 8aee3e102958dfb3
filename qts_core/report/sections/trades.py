"""Round trips: their distribution, holding times, the best and the worst."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from qts_core.market.time import NEW_YORK
from qts_core.report.blocks import NARROW, Cell, Figure, Section, Table, Words, cell, figure, table
from qts_core.report.context import Context
from qts_core.report.formats import decimals, dollars, percent
from qts_core.report.inputs import Trade
from qts_core.report.svg.spread import histogram, scatter

__all__ = ["trades_section"]

EXTREMES = 5
DOTS_WIDE, DOTS_NARROW = 300, 150


def trades_section(context: Context) -> Section:
    """Draw all trades, and list the best and the worst."""
    trades = context.trades
    if not trades:
        return Section("trades", "Trades", (Words("No position was opened and closed again."),))
    ranked = sorted(trades, key=lambda t: -t.pnl)
    left = context.given.open_trades
    blocks = (
        *(
            (Words(f"{left:,} positions were still open at the end; they count in the equity, not here."),)
            if left
            else ()
        ),
        _distribution(trades),
        _durations(trades),
        _listed(
            "The trades that gained most, USD net of costs", [t for t in ranked if t.pnl > 0][:EXTREMES], len(trades)
        ),
        _listed(
            "The trades that lost most, USD net of costs",
            [t for t in ranked[::-1] if t.pnl < 0][:EXTREMES],
            len(trades),
        ),
    )
    return Section("trades", "Trades", blocks)


def _distribution(trades: tuple[Trade, ...]) -> Figure:
    returns = np.array([t.return_ratio for t in trades])
    wins = sum(t.pnl > 0 for t in trades)
    return figure(
        f"How often a trade ended with which net return, in %: {wins:,} of {len(trades):,} won",
        f"n = {len(trades):,} trades",
        lambda width: histogram(
            returns,
            width=width,
            height=180,
            label="Distribution of net returns by trade",
            unit="Trades",
            value_format=percent,
            axis_format=lambda v: percent(v, 1),
            marks=(("mean", float(np.mean(returns))),),
        ),
        note="The outermost half per cent on each side is drawn at the ends.",
        is_half=True,
    )


def _durations(trades: tuple[Trade, ...]) -> Figure:
    def draw(width: float) -> Markup:
        shown = _thinned(trades, DOTS_NARROW if width == NARROW else DOTS_WIDE)
        return scatter(
            np.array([t.bars_held for t in shown], dtype=np.float64),
            np.array([t.return_ratio for t in shown]),
            ["gain" if t.pnl > 0 else "loss" for t in shown],
            [f"{t.symbol} {t.side}, {_moment(t)}: {dollars(t.pnl)}, {t.bars_held} bars" for t in shown],
            width=width,
            height=180,
            label="Net return of each trade against its holding time",
            unit="Net return, %",
            x_format=lambda v: f"{v:,.0f} bars",
            y_format=lambda v: percent(v, 1),
        )

    is_thinned = len(trades) > DOTS_WIDE
    return figure(
        "Net return of a trade in % against how long it was held, in bars of 15 minutes",
        f"n = {len(trades):,} trades",
        draw,
        note="Drawn are the best, the worst, and of the others an even choice over time." if is_thinned else "",
        is_half=True,
    )


def _thinned(trades: tuple[Trade, ...], dots: int) -> tuple[Trade, ...]:
    """Return at most `dots` trades: the extremes, and of the others every k-th."""
    if len(trades) <= dots:
        return trades
    ranked = sorted(range(len(trades)), key=lambda i: trades[i].return_ratio)
    ends = dots // 8
    kept = {*ranked[:ends], *ranked[-ends:]}
    others = [i for i in range(len(trades)) if i not in kept]
    spaced = np.linspace(0, len(others) - 1, dots - len(kept)).round().astype(int)
    kept.update(others[int(i)] for i in spaced)
    return tuple(trades[i] for i in sorted(kept))


def _moment(trade: Trade) -> str:
    return f"{trade.entered.astimezone(NEW_YORK):%-d %b %Y %H:%M}"


def _listed(title: str, trades: list[Trade], n: int) -> Table:
    rows = [
        (
            Cell(t.symbol),
            Cell(t.side),
            Cell(_moment(t)),
            cell(t.pnl, dollars),
            cell(t.return_ratio, percent),
            cell(t.bars_held, lambda v: f"{v:,.0f}"),
            cell(t.quantity, lambda v: decimals(v, 0 if float(v).is_integer() else 3)),
            cell(t.costs, lambda v: dollars(v, 2)),
        )
        for t in trades
    ]
    heads = ("Symbol", "Side", "Entered, New York", "Profit", "Return", "Bars", "Shares", "Costs")
    return table(title, f"{len(rows)} of n = {n:,} trades", heads, rows, words=(0, 1, 2))
