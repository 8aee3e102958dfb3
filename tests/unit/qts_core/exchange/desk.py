"""A hand-made market of three symbols on one Tuesday, minute by minute."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np

from qts_core.exchange import (
    Accepted,
    ExchangeEvent,
    FillSettings,
    OrderRecord,
    Refused,
    SimulatedExchange,
    fill_settings,
)
from qts_core.market.bars import BarSlice
from qts_core.market.instruments import Instrument
from qts_core.market.orders import OrderRequest, OrderSide, OrderType

OPEN = datetime(2024, 11, 26, 14, 30, tzinfo=UTC)
SYMBOLS = ("AAA", "BBB", "CCC")
INSTRUMENTS = {
    "AAA": Instrument("AAA"),
    "BBB": Instrument("BBB", is_shortable=False, is_fractionable=False),
    "CCC": Instrument("CCC", is_tradable=False),
}
AMOUNTS = (
    "limit_price", "stop_price", "notional", "trail_price", "trail_percent", "take_profit_limit_price",
    "stop_loss_stop_price", "stop_loss_limit_price",
)  # fmt: skip
Prices = tuple[float, float, float, float]


class Desk:
    """An exchange with a clock of its own: `minute` plays one bar, `buy` and `sell` send orders."""

    def __init__(self, settings: FillSettings, cash: str = "100000") -> None:
        self.exchange = SimulatedExchange(settings, INSTRUMENTS, Decimal(cash), start=OPEN - timedelta(days=1))
        self.now = OPEN
        self.count = 0
        self.volume = 1e6
        """Shares in each bar."""

    def bar(self, prices: Mapping[str, Prices]) -> BarSlice:
        """Return the minute that starts now; symbols that are not named have none."""
        columns = np.full((4, len(SYMBOLS)), np.nan)
        for symbol, values in prices.items():
            columns[:, SYMBOLS.index(symbol)] = values
        slot = int((self.now - OPEN) / timedelta(minutes=1))
        volume = np.where(np.isnan(columns[0]), np.nan, self.volume)
        first, high, low, close = columns
        end = self.now + timedelta(minutes=1)
        return BarSlice(self.now, end, slot, 390, SYMBOLS, first, high, low, close, volume, np.ones(len(SYMBOLS)))

    def minute(self, **prices: Prices | float) -> list[ExchangeEvent]:
        """Play a minute: open, high, low, close of each symbol, or one price for all four."""
        whole = {s: (p, p, p, p) if isinstance(p, float) else p for s, p in prices.items()}
        bar = self.bar(whole)
        events = [*self.exchange.open_bar(bar), *self.exchange.close_bar(bar)]
        self.now += timedelta(minutes=1)
        return events

    def request(self, side: OrderSide, quantity: str | None, symbol: str = "AAA", **more: object) -> OrderRequest:
        """Return an order with a client id of its own."""
        self.count += 1
        number = None if quantity is None else Decimal(quantity)
        content: dict[str, object] = {"client_order_id": f"order-{self.count}", "quantity": number, **more}
        for name in AMOUNTS:
            if isinstance(content.get(name), str):
                content[name] = Decimal(str(content[name]))
        if "type" not in content:
            has = (content.get("limit_price") is not None, content.get("stop_price") is not None)
            content["type"] = {
                (False, False): OrderType.MARKET,
                (True, False): OrderType.LIMIT,
                (False, True): OrderType.STOP,
                (True, True): OrderType.STOP_LIMIT,
            }[has]
        return OrderRequest(symbol=symbol, side=side, **content)  # type: ignore[arg-type]

    def send(self, side: OrderSide, quantity: str | None, symbol: str = "AAA", **more: object) -> OrderRecord:
        """Send an order that must be accepted and return the exchange's first copy of it."""
        answer = self.exchange.submit(self.request(side, quantity, symbol, **more), self.now)
        assert isinstance(answer, Accepted), answer
        return answer.order

    def refused(self, side: OrderSide, quantity: str | None, symbol: str = "AAA", **more: object) -> Refused:
        """Send an order that must be refused and return the refusal."""
        answer = self.exchange.submit(self.request(side, quantity, symbol, **more), self.now)
        assert isinstance(answer, Refused), answer
        return answer

    def order(self, order: OrderRecord) -> OrderRecord:
        """Return the latest copy of an order."""
        found = self.exchange.order(order.id)
        assert found is not None
        return found


FREE = fill_settings("alpaca-paper", half_spread_bps=0)
