"""Round trips: their distribution, holding times, streaks, hours, the best and the worst."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from markupsafe import Markup

from qts_core.analytics.trade_distribution import StreakLength, TradeDistribution
from qts_core.market.panel import Floats
from qts_core.market.time import NEW_YORK
from qts_core.report.blocks import NARROW, Cell, Figure, Section, Table, Words, cell, figure, on_screen, table
from qts_core.report.context import Context
from qts_core.report.formats import count, decimals, dollars, percent, probability, short_dollars, short_percent
from qts_core.report.inputs import Trade
from qts_core.report.svg.bars import column_chart
from qts_core.report.svg.spread import histogram, scatter

__all__ = ["trades_section"]

EXTREMES = 5
LONGEST_STREAK = 12
DOTS_WIDE, DOTS_NARROW = 300, 150


def trades_section(context: Context) -> Section:
    """Draw all trades, and list the best and the worst."""
    trades = context.trades
    if not trades:
        return Section("trades", "Trades", (Words("No position was opened and closed again."),))
    ranked = sorted(trades, key=lambda t: -t.pnl)
    left = context.given.open_trades
    still = f"{left:,} positions were still open at the end; they count in the equity, not here."
    blocks = (
        *((Words(still, is_printed=False),) if left else ()),
        _distribution(trades),
        _durations(trades),
        on_screen(_streaks(trades)),
        on_screen(_hours(trades)),
        on_screen(_listed("The trades that gained most", [t for t in ranked if t.pnl > 0][:EXTREMES], len(trades))),
        on_screen(_listed("The trades that lost most", [t for t in ranked[::-1] if t.pnl < 0][:EXTREMES], len(trades))),
    )
    return Section("trades", "Trades", blocks, "backtest")


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
            axis_format=short_percent,
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
            y_format=short_percent,
        )

    is_thinned = len(trades) > DOTS_WIDE
    return figure(
        "Net return of a trade in % against how long it was held, in bars of 15 minutes",
        f"n = {len(trades):,} trades",
        draw,
        note="Drawn are the best, the worst, and of the others an even choice over time." if is_thinned else "",
        is_half=True,
    )


def _streaks(trades: tuple[Trade, ...]) -> Figure:
    found = TradeDistribution.of(
        np.array([t.pnl for t in trades], dtype=np.float64), np.array([t.bars_held for t in trades], dtype=np.int64)
    )
    lengths = range(1, max(len(found.winning_streaks), len(found.losing_streaks)) + 1)
    shown = list(lengths)[:LONGEST_STREAK]
    parts = {
        "won in a row": ("gain", _seen(found.winning_streaks, lengths)),
        "lost in a row": ("loss", _seen(found.losing_streaks, lengths)),
    }
    said = [
        f"by chance {decimals(_by_chance(found.winning_streaks, i) + _by_chance(found.losing_streaks, i), 1)}"
        for i in lengths
    ]
    runs = found.runs
    chance = (
        f"Runs of wins and losses: {runs.runs:,}, by chance {decimals(runs.expected, 0)} "
        f"(p = {probability(runs.p_value)})."
        if math.isfinite(runs.p_value)
        else ""
    )
    labels = [str(i) if i < LONGEST_STREAK or len(lengths) <= LONGEST_STREAK else f"{i}+" for i in shown]
    return figure(
        f"How many trades were won and lost in a row: at most {len(found.winning_streaks)} and "
        f"{len(found.losing_streaks)}",
        f"n = {len(trades):,} trades",
        lambda width: column_chart(
            labels,
            {name: (role, _folded(values)) for name, (role, values) in parts.items()},
            width=width,
            height=150,
            label="Number of streaks by length",
            unit="Streaks",
            value_format=count,
            hover=said[: len(shown)],
        ),
        note=chance,
        is_half=True,
    )


def _seen(streaks: tuple[StreakLength, ...], lengths: range) -> Floats:
    seen = {streak.length: streak.seen for streak in streaks}
    return np.array([seen.get(i, 0) for i in lengths], dtype=np.float64)


def _by_chance(streaks: tuple[StreakLength, ...], length: int) -> float:
    return sum(streak.expected for streak in streaks if streak.length == length)


def _folded(values: Floats) -> Floats:
    """Put what is longer than the longest column into it."""
    kept = values[:LONGEST_STREAK].copy()
    if len(values) > LONGEST_STREAK:
        kept[-1] += values[LONGEST_STREAK:].sum()
    return kept


def _hours(trades: tuple[Trade, ...]) -> Figure:
    groups: dict[int, list[float]] = defaultdict(list)
    for trade in trades:
        groups[trade.entered.astimezone(NEW_YORK).hour].append(trade.pnl)
    hours = sorted(groups)
    means = np.array([float(np.mean(groups[hour])) for hour in hours])
    return figure(
        "Net profit of a trade by the hour in which it was entered, New York, USD on average",
        f"n = {len(trades):,} trades",
        lambda width: column_chart(
            [f"{hour:02d} h" for hour in hours],
            {"Net": ("sign", means)},
            width=width,
            height=150,
            label="Average net profit of a trade by hour of entry",
            unit="USD",
            value_format=lambda v: dollars(v, 2),
            axis_format=short_dollars,
            hover=[f"n = {len(groups[h]):,} trades, {_share(groups[h])} won" for h in hours],
        ),
        is_half=True,
    )


def _share(profits: list[float]) -> str:
    return percent(sum(value > 0 for value in profits) / len(profits), 0)


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
