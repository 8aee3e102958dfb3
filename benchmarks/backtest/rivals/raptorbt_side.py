"""raptorbt: its compiled single-instrument runner, one symbol at a time."""

from __future__ import annotations

import numpy as np
import raptorbt
from common import Given, Watch

given = Given()


def main() -> None:
    """Measure."""
    watch = Watch()
    fast, slow = given.mean(given.fast), given.mean(given.slow)
    above = fast > slow
    above[: given.slow - 1] = False
    before = np.vstack([np.zeros((1, above.shape[1]), bool), above[:-1]])
    entries, exits = above & ~before, ~above & before
    equity, fills, part = 0.0, 0, given.cash / len(given.symbols)
    nanoseconds = given.ts * 1000
    config = raptorbt.BacktestConfig(
        initial_capital=part, fees=given.fee, slippage=given.slippage, apply_slippage=True, upon_bar_close=False
    )
    for i, symbol in enumerate(given.symbols):
        columns = [np.ascontiguousarray(each[:, i]) for each in
                   (given.open, given.high, given.low, given.close, given.volume, entries, exits)]  # fmt: skip
        size = np.full(len(fast), 0.5)
        told = raptorbt.run_single_backtest(nanoseconds, *columns, symbol=symbol, config=config, position_sizes=size)
        equity += told.equity_curve()[-1]
        fills += 2 * told.metrics.total_trades
    watch.tell(raptorbt.__version__, equity, fills, "an account per symbol")


main()
