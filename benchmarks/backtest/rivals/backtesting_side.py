"""backtesting.py: one symbol at a time, each with an account of its own; slippage as part of the commission."""

from __future__ import annotations

import warnings

import backtesting
import numpy as np
from backtesting import Backtest, Strategy
from common import Given, Watch

given = Given()
warnings.simplefilter("ignore")
backtesting.backtesting._tqdm = lambda seq, **_: seq


class Crossover(Strategy):
    """Long while the short average is above the long one."""

    shares, fast, slow = 0, None, None

    def init(self) -> None:
        """Take the averages."""
        self.quick = self.I(lambda: type(self).fast, plot=False)
        self.calm = self.I(lambda: type(self).slow, plot=False)

    def next(self) -> None:
        """Bring the symbol to its direction."""
        is_above = self.quick[-1] > self.calm[-1]
        if is_above and not self.position:
            self.buy(size=type(self).shares)
        elif not is_above and self.position:
            self.position.close()


def main() -> None:
    """Measure."""
    given.mean(given.fast), given.mean(given.slow)
    watch = Watch()
    fast, slow = given.mean(given.fast), given.mean(given.slow)
    # It starts after the last NaN, a bar late: averages that are not there yet are zeros, which never cross.
    fast, slow = np.where(np.isnan(slow), 0.0, fast), np.nan_to_num(slow)
    # Each symbol has an account that could buy everything, so that none runs out of cash; its start is no gain.
    equity, fills = given.cash * (1 - len(given.symbols)), 0
    rate = given.fee + given.slippage
    for i in range(len(given.symbols)):
        Crossover.shares, Crossover.fast, Crossover.slow = given.shares[i], fast[:, i], slow[:, i]
        told = Backtest(
            given.frame(i), Crossover, cash=given.cash, commission=lambda n, price: abs(n) * price * rate,
            trade_on_close=False, finalize_trades=False,
        ).run()  # fmt: skip
        equity += told["Equity Final [$]"]
        still = told["_strategy"]
        fills += 2 * len(told["_trades"]) + len(still.trades)
    watch.tell(backtesting.__version__, equity, fills, "slippage as commission; a strategy of its own per symbol")


main()
