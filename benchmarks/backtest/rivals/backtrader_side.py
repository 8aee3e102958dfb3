"""backtrader: one strategy over all symbols, market orders at the next open."""

from __future__ import annotations

import backtrader as bt
from common import Given, Watch

given = Given()


class Crossover(bt.Strategy):
    """Long while the short average is above the long one."""

    def __init__(self) -> None:
        self.lines_of = [
            (bt.indicators.SMA(d.close, period=given.fast), bt.indicators.SMA(d.close, period=given.slow))
            for d in self.datas
        ]
        self.filled = 0

    def next(self) -> None:
        """Bring every symbol to its direction."""
        for i, data in enumerate(self.datas):
            fast, slow = self.lines_of[i]
            held = self.getposition(data).size
            wanted = given.shares[i] if fast[0] > slow[0] else 0
            if wanted > held:
                self.buy(data=data, size=wanted)
            elif wanted < held:
                self.sell(data=data, size=held)

    def notify_order(self, order) -> None:  # type: ignore[no-untyped-def]
        """Count fills."""
        self.filled += order.status == order.Completed


def main() -> None:
    """Measure."""
    watch = Watch()
    cerebro = bt.Cerebro(stdstats=False)
    for i, symbol in enumerate(given.symbols):
        cerebro.adddata(bt.feeds.PandasData(dataname=given.frame(i)), name=symbol)
    cerebro.addstrategy(Crossover)
    cerebro.broker.setcash(given.cash)
    cerebro.broker.setcommission(commission=given.fee)
    cerebro.broker.set_slippage_perc(given.slippage, slip_open=True, slip_limit=False, slip_match=True, slip_out=True)
    strategy = cerebro.run()[0]
    watch.tell(bt.__version__, cerebro.broker.getvalue(), strategy.filled)


main()
