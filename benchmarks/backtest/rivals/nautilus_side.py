"""NautilusTrader: one strategy over all symbols; market orders fill at the last price, which is the next open here."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

import nautilus_trader
from common import Given, Watch
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import Bar, BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import Equity
from nautilus_trader.model.objects import Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

given = Given()
VENUE = Venue("SIM")
LAST = int(given.ts[-1]) * 1000
"""It fills at once what is ordered at the last bar; the others wait for the next open."""


class Crossover(Strategy):
    """Long while the short average is above the long one."""

    def prepare(self, types):  # type: ignore[no-untyped-def]
        """Take the symbols."""
        self.types, self.filled = types, 0
        self.closes = {each: deque(maxlen=given.slow) for each in types}
        self.fast_sum, self.slow_sum = dict.fromkeys(types, 0), dict.fromkeys(types, 0)
        self.is_long = dict.fromkeys(types, False)

    def on_start(self) -> None:
        """Ask for the bars."""
        for each in self.types:
            self.subscribe_bars(each)

    def on_bar(self, bar) -> None:  # type: ignore[no-untyped-def]
        """Bring the symbol to its direction."""
        key, close = bar.bar_type, round(float(bar.close) * 100)
        seen = self.closes[key]
        if len(seen) == given.slow:
            self.slow_sum[key] -= seen[0]
        if len(seen) >= given.fast:
            self.fast_sum[key] -= seen[-given.fast]
        seen.append(close)
        self.fast_sum[key] += close
        self.slow_sum[key] += close
        if len(seen) < given.slow or bar.ts_init == LAST:
            return
        is_above = self.fast_sum[key] / given.fast > self.slow_sum[key] / given.slow
        if is_above != self.is_long[key]:
            self.is_long[key] = is_above
            side = OrderSide.BUY if is_above else OrderSide.SELL
            name = bar.bar_type.instrument_id
            self.submit_order(self.order_factory.market(name, side, Quantity.from_int(self.types[key])))

    def on_order_filled(self, event) -> None:  # type: ignore[no-untyped-def]
        """Count fills."""
        self.filled += 1


def main() -> None:
    """Measure from objects that are already there: the bars are made before the watch starts."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(VENUE, OmsType.NETTING, AccountType.CASH, [Money(given.cash, USD)], base_currency=USD)
    rate = Decimal(str(given.fee + given.slippage))
    types, everything = {}, []
    for i, symbol in enumerate(given.symbols):
        name = InstrumentId(Symbol(symbol), VENUE)
        engine.add_instrument(
            Equity(name, Symbol(symbol), USD, 2, Price.from_str("0.01"), Quantity.from_int(1), 0, 0,
                   maker_fee=rate, taker_fee=rate)
        )  # fmt: skip
        kind = BarType.from_str(f"{name}-15-MINUTE-LAST-EXTERNAL")
        types[kind] = given.shares[i]
        rows = zip(given.open[:, i], given.high[:, i], given.low[:, i], given.close[:, i], given.ts * 1000, strict=True)
        size = Quantity.from_int(1_000_000)
        everything += [Bar(kind, *(Price(x, 2) for x in prices), size, int(ts), int(ts)) for *prices, ts in rows]
    everything.sort(key=lambda bar: bar.ts_init)
    engine.add_data(everything)
    strategy = Crossover()
    strategy.prepare(types)
    engine.add_strategy(strategy)
    watch = Watch()
    engine.run()
    account = engine.cache.account_for_venue(VENUE)
    equity = account.balance_total(USD).as_double()
    for i, symbol in enumerate(given.symbols):
        net = engine.portfolio.net_position(InstrumentId(Symbol(symbol), VENUE))
        equity += float(net) * given.close[-1, i]
    watch.tell(nautilus_trader.__version__, equity, strategy.filled, "bars are made before the watch starts")


main()
