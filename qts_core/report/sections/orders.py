"""What orders cost against the market, from the decision to the end of each: shortfall and four benchmarks (12.3)."""

from __future__ import annotations

from typing import Final

from qts_core.analytics.tca import Benchmark, CostGroup, Tca, analyse
from qts_core.report.blocks import Block, Cell, Table, cell, from_line, on_screen, table
from qts_core.report.evidence import Worked
from qts_core.report.formats import bps, count, decimals, dollars, percent

__all__ = ["orders_blocks"]

AGAINST: Final = {
    Benchmark.ARRIVAL: "arrival",
    Benchmark.VWAP: "the market's VWAP meanwhile",
    Benchmark.TWAP: "the mean close meanwhile",
    Benchmark.CLOSE: "the session's close",
    Benchmark.SHORTFALL: "the decision, all told",
}
PARTS: Final = (
    ("Delay, decision to arrival", "delay"),
    ("Trading, arrival to fills", "trading"),
    ("Not filled", "opportunity"),
    ("Fees", "fees"),
    ("All", "total"),
)


def orders_blocks(worked: Worked) -> list[Block]:
    """Lay out what orders cost against each benchmark, and what their shortfall is made of; nothing without orders."""
    found = analyse(worked.trades)
    if not found.orders:
        return []
    blocks = [_benchmarks(found, worked), _parts(found.total, worked)]
    if len(found.by_algorithm) > 1:
        blocks.append(_algorithms(found, worked))
    return [from_line(on_screen(block), "live") if worked.is_live else on_screen(block) for block in blocks]


def _tenths(value: float) -> str:
    return decimals(value, 1)


def _who(worked: Worked) -> str:
    return "Live orders" if worked.is_live else "Simulated orders"


def _counted(group: CostGroup) -> str:
    return f"n = {group.n:,} order{'' if group.n == 1 else 's'}, {percent(group.fill_ratio, 0)} filled"


def _benchmarks(found: Tca, worked: Worked) -> Table:
    rows = []
    for benchmark, words in AGAINST.items():
        cost = found.total.costs[benchmark]
        rows.append(
            (
                Cell(words), cell(cost.n, count), cell(cost.mean_bps, _tenths), cell(cost.interval.low, _tenths),
                cell(cost.interval.high, _tenths), cell(cost.weighted_bps, _tenths),
            )
        )  # fmt: skip
    noted = f" Prices within bars were assumed for {found.total.divided:,}." if found.total.divided else ""
    return table(
        f"{_who(worked)} against the market, basis points, positive = paid",
        _counted(found.total),
        ("Against", "n", "Mean", "95 %, from", "to", "By value"),
        rows,
        note=f"The mean of orders with its interval, and weighted by value. Arrival is {worked.arrival}.{noted}",
        is_half=True,
    )


def _parts(group: CostGroup, worked: Worked) -> Table:
    whole, notional = group.shortfall, float(group.shortfall.notional)
    rows = []
    for words, name in PARTS:
        paid = float(getattr(whole, name))
        rows.append((Cell(words), cell(paid, lambda v: dollars(v, 2)), cell(paid / notional * 10_000, bps)))
    return table(
        f"{_who(worked)}: what the shortfall is made of",
        f"n = {dollars(notional)} decided",
        ("Part", "USD", "Of what was decided"),
        rows,
        note="Perold (1988): the paper's profit less the account's. A gain stands in parentheses.",
        is_half=True,
    )


def _algorithms(found: Tca, worked: Worked) -> Table:
    rows = []
    for name, group in found.by_algorithm.items():
        arrival, short = group.costs[Benchmark.ARRIVAL], group.costs[Benchmark.SHORTFALL]
        rows.append(
            (
                Cell(name), cell(group.n, count), cell(group.notional, dollars), cell(arrival.mean_bps, bps),
                cell(short.mean_bps, bps), cell(group.participation, lambda v: percent(v, 3)),
            )
        )  # fmt: skip
    return table(
        f"{_who(worked)} by algorithm, basis points",
        _counted(found.total),
        ("Algorithm", "n", "Traded", "Against arrival", "Shortfall", "Of the market's volume"),
        rows,
    )
