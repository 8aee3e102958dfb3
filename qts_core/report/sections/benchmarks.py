"""The strategy against what anyone could have held: return, alpha with its error, and whether it is better by luck."""

from __future__ import annotations

import numpy as np

from qts_core.analytics.benchmark import compare
from qts_core.analytics.ratios import sharpe_ratio
from qts_core.analytics.regression import regress
from qts_core.analytics.returns import total_return
from qts_core.analytics.sharpe_difference import sharpe_difference
from qts_core.market.panel import Floats
from qts_core.report.blocks import Cell, Table, cell, table
from qts_core.report.context import Context
from qts_core.report.formats import decimals, percent, probability

__all__ = ["benchmarks_table"]

SEED = 7


def benchmarks_table(context: Context) -> Table | None:
    """Lay out a row for each benchmark with a return for every session of the page; None where there is none."""
    returns, given = context.net.returns, context.given.evidence.benchmarks
    known = {name: values for name, values in given.items() if len(values) == len(returns)}
    if not known or len(returns) < 2:
        return None
    return table(
        "Against what anyone could have held",
        context.sessions,
        ("Benchmark", "Return", "Sharpe ratio", "Beta", "Alpha, a year", "t of alpha", "Active return",
         "Sharpe ratio above it", "p"),
        [_row(name, returns, values) for name, values in known.items()],
        words=(0,),
        note="The benchmarks bear no costs, the strategy all of its own. Alpha and its t: least squares, Newey-West "
        "errors. p: Ledoit and Wolf (2008), two-sided, that both Sharpe ratios are equal.",
    )  # fmt: skip


def _row(name: str, returns: Floats, other: Floats) -> tuple[Cell, ...]:
    beside, line = compare(returns, other), regress(returns, other)
    apart = sharpe_difference(returns, other, np.random.default_rng(SEED))
    return (
        Cell(name),
        cell(total_return(other), percent),
        cell(sharpe_ratio(other), decimals),
        cell(beside.beta, decimals),
        cell(line.alpha, percent),
        cell(line.alpha_t, decimals),
        cell(beside.active_return, percent),
        cell(apart.difference, decimals),
        cell(apart.bootstrap_p, probability),
    )
