"""raptorbt: one symbol at a time, by signals or by a strategy class; ``raptorbt_side.py FOLDER signals|class``."""

from __future__ import annotations

import sys

import numpy as np
import raptorbt
from common import Given, Watch
from raptorbt.strategy.orders import Market

given = Given()
config = raptorbt.BacktestConfig(
    initial_capital=given.cash, fees=given.fee, slippage=given.slippage, apply_slippage=True,
    fill_timing="next_bar_open",
)  # fmt: skip


class Crossover(raptorbt.Strategy):
    """Long while the short average is above the long one, a fixed number of shares."""

    def __init__(self, above: list[bool], shares: int) -> None:
        super().__init__()
        self.above, self.shares, self.bar, self.is_long, self.fills = above, shares, -1, False, 0

    def on_bar(self, ctx) -> None:  # type: ignore[no-untyped-def]
        """Bring the symbol to its direction."""
        self.bar += 1
        wanted = self.above[self.bar]
        if wanted != self.is_long:
            self.is_long = wanted
            self.submit_order(Market(side="buy" if wanted else "sell", units=self.shares))

    def on_order_filled(self, ctx, event) -> None:  # type: ignore[no-untyped-def]
        """Count fills."""
        self.fills += 1


def by_class(columns: list[np.ndarray], above: np.ndarray, shares: int) -> tuple[float, int]:
    """Run a symbol by the class; return its part of the account and its fills."""
    strategy = Crossover(above.tolist(), shares)
    told = raptorbt.run_strategy_backtest(strategy, given.ts * 1000, *columns, config=config)
    return told.equity_curve()[-1], strategy.fills


def by_signals(columns: list[np.ndarray], above: np.ndarray, _: int) -> tuple[float, int]:
    """Run a symbol by its signals, with a part of its account that is half of an equal share at the start; the same."""
    before = np.r_[False, above[:-1]]
    told = raptorbt.run_single_backtest(
        given.ts * 1000, *columns, above & ~before, ~above & before, config=config,
        position_sizes=np.full(len(above), 0.5 / len(given.symbols)),
    )  # fmt: skip
    return told.equity_curve()[-1], 2 * told.metrics.total_trades


def main() -> None:
    """Measure."""
    run = {"class": by_class, "signals": by_signals}[sys.argv[2]]
    given.mean(given.fast), given.mean(given.slow)
    watch = Watch()
    above = given.mean(given.fast) > given.mean(given.slow)
    # Each symbol has an account that could buy everything, so that none runs out of cash; its start is no gain.
    equity, fills = given.cash * (1 - len(given.symbols)), 0
    for i, shares in enumerate(given.shares):
        columns = [np.ascontiguousarray(each[:, i]) for each in
                   (given.open, given.high, given.low, given.close, given.volume)]  # fmt: skip
        worth, count = run(columns, above[:, i], shares)
        equity, fills = equity + worth, fills + count
    watch.tell(raptorbt.__version__, equity, fills, "an account per symbol")


main()
