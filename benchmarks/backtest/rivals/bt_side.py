"""bt: target weights at the bars where they change, filled at the bar's own price."""

from __future__ import annotations

import bt
import numpy as np
from common import Given, Watch

given = Given()


def main() -> None:
    """Measure."""
    watch = Watch()
    above = (given.mean(given.fast) > given.mean(given.slow)).astype(float)
    above = np.vstack([np.zeros((1, above.shape[1])), above[:-1]])
    prices, weights = given.frames("open"), given.frames("close")
    weights[:] = above * 0.5 / above.shape[1]
    is_changed = np.r_[True, (np.diff(above, axis=0) != 0).any(axis=1)]
    rate = given.fee + given.slippage
    strategy = bt.Strategy("crossover", [bt.algos.WeighTarget(weights[is_changed]), bt.algos.Rebalance()])
    test = bt.Backtest(
        strategy, prices, initial_capital=given.cash, commissions=lambda q, p: abs(q) * p * rate, progress_bar=False
    )
    bt.run(test)
    watch.tell(bt.__version__, strategy.value, len(strategy.get_transactions()), "rebalances all weights at a change")


main()
