"""Crises and regimes: what happened in the spans that markets remember, and in the market's own worst ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from qts_core.analytics.regimes import regimes
from qts_core.analytics.returns import total_return
from qts_core.analytics.stress import StressLine, stress
from qts_core.market.panel import Floats
from qts_core.report.blocks import Block, Cell, Section, Table, Words, cell, table
from qts_core.report.context import Context
from qts_core.report.formats import count, decimals, percent, probability

__all__ = ["WorstSpan", "stress_section", "worst_spans"]

LENGTHS = (1, 5, 21)
EACH = 2


@dataclass(frozen=True, slots=True)
class WorstSpan:
    """One of the market's worst spans: `n` sessions, what the market and what the strategy did, ratios."""

    first: date
    last: date
    n: int
    market: float
    own: float


def stress_section(context: Context) -> Section | None:
    """Lay out crises inside the data, the market's worst spans, and results by regime."""
    if not len(context.net):
        return None
    blocks: list[Block] = [_crises(context)]
    if context.benchmark is not None:
        market = context.benchmark.returns
        spans = worst_spans(context.net.returns, market, context.net.dates)
        if spans:
            blocks.append(_spans(spans, context))
        if found := regimes(context.net.returns, market):
            rows = [
                (
                    Cell(line.kind), Cell(line.name), cell(line.n, count), cell(line.total, percent),
                    cell(line.sharpe, decimals), cell(line.share, lambda v: percent(v, 0)),
                    cell(line.p_value, probability),
                )
                for line in found
            ]  # fmt: skip
            blocks.append(
                table(
                    "Net return by what the market did over the 20 sessions before",
                    f"n = {sum(line.n for line in found) // 2:,} sessions, each once by volatility and once by trend",
                    ("By", "Market", "n", "Return", "Sharpe", "Of all", "p, mean is 0"),
                    rows,
                    words=(0, 1),
                    note="Terciles over the whole run: a description after the fact, not something to trade by.",
                    is_half=True,
                )
            )
    return Section("stress", "Stress windows", tuple(blocks), "backtest")


def worst_spans(
    returns: Floats, market: Floats, days: tuple[date, ...], *, lengths: tuple[int, ...] = LENGTHS, each: int = EACH
) -> tuple[WorstSpan, ...]:
    """Return the market's worst spans of each length that do not overlap, the worst first within a length."""
    found: list[WorstSpan] = []
    growth = np.r_[0.0, np.cumsum(np.log1p(market))]
    for length in lengths:
        if len(market) < 2 * length:
            continue
        moved = growth[length:] - growth[:-length]
        taken: list[int] = []
        for start in np.argsort(moved, kind="stable").tolist():
            if len(taken) == each or moved[start] >= 0:
                break
            if all(abs(start - other) >= length for other in taken):
                taken.append(start)
                part = slice(start, start + length)
                found.append(
                    WorstSpan(
                        days[start], days[start + length - 1], length, total_return(market[part]),
                        total_return(returns[part]),
                    )
                )  # fmt: skip
    return tuple(found)


def _crises(context: Context) -> Table | Words:
    if context.given.identity.is_synthetic:
        return Words(
            "The market is made up, so no date in it was a crisis; below are its own worst spans.", is_printed=False
        )
    benchmark = None if context.benchmark is None else context.benchmark.returns
    lines = stress(context.net, benchmark)
    if not lines:
        first, last = context.net.dates[0], context.net.dates[-1]
        return Words(
            f"None of the crises that are kept lies within {first:%-d %b %Y} to {last:%-d %b %Y}: how the strategy "
            "would have come through one is not known."
        )
    return table(
        "Crises within the data: net return in %",
        f"n = {len(lines)} windows, {sum(line.n for line in lines):,} sessions",
        ("Window", "What", "From", "To", "n, sessions", "Strategy", "Benchmark", "Worst session", "Drawdown"),
        [_crisis(line) for line in lines],
        words=(0, 1, 2, 3),
    )


def _crisis(line: StressLine) -> tuple[Cell, ...]:
    return (
        Cell(line.window.name),
        Cell(line.window.what),
        Cell(f"{line.window.first:%-d %b %Y}"),
        Cell(f"{line.window.last:%-d %b %Y}"),
        cell(line.n, count),
        cell(line.total, percent),
        cell(line.benchmark, percent),
        cell(line.worst, percent),
        cell(-line.max_drawdown, percent),
    )


def _spans(spans: tuple[WorstSpan, ...], context: Context) -> Table:
    rows = [
        (
            Cell(f"{span.first:%-d %b %Y}" + ("" if span.n == 1 else f" – {span.last:%-d %b %Y}")),
            cell(span.n, count),
            cell(span.market, percent),
            cell(span.own, percent),
        )
        for span in spans
    ]
    held = sum(span.own > span.market for span in spans)
    return table(
        f"When the market fell most: the strategy lost less, or gained, in {held} of {len(spans)} spans; in %",
        f"n = {len(spans)} spans",
        ("Span", "n, sessions", "Market", "Strategy"),
        rows,
        note=f"Market: {context.given.curves.benchmark_name.lower()}. The worst spans of 1, 5 and 21 sessions.",
        is_half=True,
    )
