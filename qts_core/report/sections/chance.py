"""What chance could have done: intervals of the Sharpe ratio, other orders of the same sessions and trades, signs."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup

from qts_core.analytics.monte_carlo import MonteCarlo, resample_returns, resample_trades
from qts_core.analytics.sharpe_intervals import sharpe_intervals
from qts_core.analytics.sign_test import sign_test
from qts_core.analytics.significance import Interval
from qts_core.report.blocks import Block, Cell, Figure, Table, cell, figure, table, tall
from qts_core.report.context import Context
from qts_core.report.formats import Format, decimals, percent, probability
from qts_core.report.sections.verdict import GOALS
from qts_core.report.svg.whiskers import Whisker, whisker_chart

__all__ = ["chance_blocks"]

FEWEST = 20
DRAWS = 1000


def chance_blocks(context: Context, *, has_neighbour: bool = False) -> list[Block]:
    """Draw four intervals of the Sharpe ratio, and lay out histories drawn anew; nothing of very short runs.

    With a neighbour the table of histories is as high as the intervals and what stands below them.
    """
    if len(context.net) < FEWEST:
        return []
    histories = _histories(context)
    return [_intervals(context), tall(histories) if has_neighbour else histories]


def _generator(context: Context) -> np.random.Generator:
    return np.random.default_rng(context.given.identity.seed or 0)


def _intervals(context: Context) -> Figure:
    found = sharpe_intervals(context.net.returns, _generator(context))
    goal = GOALS[0].threshold
    ways: tuple[tuple[str, Interval, str], ...] = (
        ("independent, normal", found.normal, "Lo 2002, equation 9"),
        ("fat tails", found.moments, "Mertens 2002"),
        ("dependent", found.robust, "Lo 2002, Newey-West"),
        ("resampled", found.resampled, f"stationary bootstrap, blocks of {found.mean_block:.1f} sessions"),
    )
    rows = [Whisker(name, found.sharpe, way.low, way.high, _role(way), said) for name, way, said in ways]

    def draw(width: float) -> Markup:
        return whisker_chart(
            rows, width=width, label="Net Sharpe ratio with four intervals", value_format=decimals,
            marks=[("goal", goal)],
        )  # fmt: skip

    return figure(
        "Net Sharpe ratio, annualised, with its 95 % interval under four assumptions on the sessions",
        f"n = {found.n:,} sessions",
        draw,
        note=f"With the sessions' autocorrelation a year shows {decimals(found.autocorrelated_sharpe)}.",
        is_half=True,
    )


def _role(interval: Interval) -> str:
    return "gain" if interval.low > 0 else "loss" if interval.high < 0 else "net"


def _histories(context: Context) -> Table:
    generator = _generator(context)
    sessions = resample_returns(context.net.returns, generator, draws=DRAWS)
    pnl = np.array([t.pnl for t in context.trades], dtype=np.float64)
    trades = resample_trades(pnl, context.net.initial, generator, draws=DRAWS) if len(pnl) > FEWEST else None
    block = max(1, round(len(context.net) ** (1 / 3)))
    signs = sign_test(context.net.returns, generator, block=block)

    def row(name: str, written: Format, *values: float) -> tuple[Cell, ...]:
        return (Cell(name), *(cell(value, written) for value in values))

    kept = [found for found in (sessions, trades) if found is not None]
    rows = [
        row("Final return, 5 %", percent, *(_at(m, "final", 0.05) for m in kept)),
        row("Final return, median", percent, *(_at(m, "final", 0.5) for m in kept)),
        row("Ends with a loss", probability, *(m.loss_probability for m in kept)),
        row("Drawdown, median", percent, *(-_at(m, "max_drawdown", 0.5) for m in kept)),
        row("Drawdown, 95 %", percent, *(-_at(m, "max_drawdown", 0.95) for m in kept)),
    ]
    for depth in (0.05, 0.10, 0.15):
        chances = (m.drawdown_probability.get(depth, math.nan) for m in kept)
        rows.append(row(f"Loses {percent(depth, 0)} from a peak", probability, *chances))
    heads = ("History", "Sessions, in blocks", "Trades")[: 1 + len(kept)]
    return table(
        "Histories drawn anew from the same sessions and the same trades",
        f"n = {DRAWS:,} histories each",
        heads,
        rows,
        note=f"Random signs of blocks of {block} sessions reach this mean with p = {probability(signs.p_value)}. The "
        "future may hold what no session of the past did.",
        is_half=True,
    )


def _at(found: MonteCarlo, what: str, level: float) -> float:
    spread = found.final if what == "final" else found.max_drawdown
    return spread.quantiles[level]
