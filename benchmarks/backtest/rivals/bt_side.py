"""bt: shares traded where a direction changes, at the bar's own price, here the open; slippage as commission."""

from __future__ import annotations

import bt
import numpy as np
from common import Given, Watch

given = Given()


class Trade(bt.Algo):
    """Buy and sell what is due at each bar."""

    def __init__(self, due: np.ndarray) -> None:
        super().__init__()
        self.due, self.row = due, 0

    def __call__(self, target) -> bool:  # type: ignore[no-untyped-def]
        """Trade one bar."""
        for i in np.flatnonzero(self.due[self.row]):
            target.transact(self.due[self.row, i], child=given.symbols[i])
        self.row += 1
        return True


def main() -> None:
    """Measure."""
    given.mean(given.fast), given.mean(given.slow)
    watch = Watch()
    above = given.mean(given.fast) > given.mean(given.slow)
    before = np.vstack([np.zeros((1, above.shape[1]), bool), above[:-1]])
    due = np.diff(before * np.array(given.shares, dtype=float), axis=0, prepend=0.0)
    rate = given.fee + given.slippage
    test = bt.Backtest(
        bt.Strategy("crossover", [Trade(due)], children=list(given.symbols)), given.frames("open"),
        initial_capital=given.cash, commissions=lambda q, p: abs(q) * p * rate, progress_bar=False,
    )  # fmt: skip
    bt.run(test)
    held = before[-1] * np.array(given.shares)
    # It ends at the last open; the others at the last close.
    equity = test.strategy.value + float((held * (given.close[-1] - given.open[-1])).sum())
    watch.tell(bt.__version__, equity, len(test.strategy.get_transactions()), "slippage as commission")


main()
