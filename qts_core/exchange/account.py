"""The simulated account: ledger, prices, margin and the figures struck at each close (protocol, section 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from qts_core.exchange.broker import BrokerTerms
from qts_core.exchange.fees import Fees
from qts_core.exchange.ledger import Ledger, Position
from qts_core.exchange.margin import (
    Holding,
    Margin,
    MarginCalls,
    initial_requirement,
    maintenance_requirement,
    margin_of,
)
from qts_core.exchange.marks import Marks
from qts_core.exchange.permissions import AccountConfiguration, held_shares, opening_value
from qts_core.exchange.records import Charge, OrderRecord
from qts_core.exchange.settings import FillSettings
from qts_core.exchange.views import AccountView, PositionView
from qts_core.market.events import Dividend, Split
from qts_core.market.light import light
from qts_core.market.money import ZERO
from qts_core.market.orders import Execution, OrderSide
from qts_core.market.panel import Floats
from qts_core.market.time import trading_day

__all__ = ["Account", "Valuation"]

USUAL = BrokerTerms()
Ask = Callable[[str], Decimal | None]


@light
@dataclass(frozen=True, slots=True)
class Valuation:
    """What the positions are worth at the last prices, USD; `shorts` is at most 0."""

    equity: Decimal
    longs: Decimal
    shorts: Decimal

    @property
    def gross(self) -> Decimal:
        """Long plus absolute short value."""
        return self.longs - self.shorts


class Account:
    """Exact cash and positions with what follows from them.

    Everything that moves money, shares or prices goes through a method here, so that the valuation is computed once
    for all orders of a bar.
    """

    def __init__(self, number: str, cash: Decimal, created_at: datetime, broker: BrokerTerms = USUAL) -> None:
        self.number = number
        self.created_at = created_at
        self.ledger = Ledger(cash)
        self.marks = Marks()
        self.charges: list[Charge] = []
        self.calls = MarginCalls()
        self._broker = broker
        self._day = trading_day(created_at)
        self._valuation: Valuation | None = None
        self._last_equity = cash
        self._last_maintenance = ZERO
        self._last_gross = ZERO

    def price_of(self, symbol: str, position: Position) -> Decimal:
        """Return the last price of a position; its entry price when no bar ever came."""
        price = self.marks.last(symbol)
        return position.average_price if price is None else price

    def holdings(self) -> list[Holding]:
        """Return the positions at their last prices."""
        return [Holding(p.quantity, self.price_of(s, p), s) for s, p in self.ledger.positions.items()]

    def valuation(self) -> Valuation:
        """Return equity and exposure at the last prices."""
        if self._valuation is None:
            longs = shorts = ZERO
            last = self.marks.last
            for symbol, position in self.ledger.positions.items():
                price = last(symbol)
                value = position.quantity * (position.average_price if price is None else price)
                if value > ZERO:
                    longs += value
                elif value < ZERO:
                    shorts += value
            self._valuation = Valuation(self.ledger.cash + longs + shorts, longs, shorts)
        return self._valuation

    def observe(self, symbols: tuple[str, ...], prices: Floats) -> None:
        """Take the prices of a bar."""
        self._valuation = None
        self.marks.observe(symbols, prices)

    def mark(self, prices: Mapping[str, float], *, is_previous_close: bool) -> None:
        """Take single prices; previous closes also strike the day's figures."""
        self._valuation = None
        self.marks.update(prices, is_previous_close=is_previous_close)
        if is_previous_close:
            self.strike()

    def charge(
        self,
        kind: str,
        symbol: str,
        now: datetime,
        amount: Decimal,
        *,
        quantity: Decimal = ZERO,
        per_share: Decimal = ZERO,
    ) -> None:
        """Note a movement that has been booked."""
        self.charges.append(Charge(len(self.charges), kind, symbol, now, amount, quantity, per_share))

    def book(self, execution: Execution, fees: Fees) -> Decimal:
        """Book a fill with its fees and return the signed position after it."""
        self._valuation = None
        position = self.ledger.book(execution)
        if execution.commission:
            for kind, amount in fees.by_kind():
                self.charge(kind, execution.symbol, execution.ts_event, -amount, quantity=execution.quantity)
        return position

    def dividend(self, dividend: Dividend, now: datetime) -> None:
        """Book a dividend on the shares held."""
        self._valuation = None
        held = self.ledger.quantity(dividend.symbol)
        if held:
            amount = self.ledger.dividend(dividend)
            self.charge("DIV", dividend.symbol, now, amount, quantity=held, per_share=dividend.cash_per_share)

    def split(self, split: Split, now: datetime) -> None:
        """Multiply shares and divide prices."""
        self._valuation = None
        self.marks.split(split)
        added = self.ledger.split(split)
        if added:
            self.charge("SPLIT", split.symbol, now, ZERO, quantity=added)

    def end_session(self, now: datetime, settings: FillSettings, nights: int = 1) -> None:
        """Charge borrowing and interest for `nights` and strike the day's figures."""
        self._valuation = None
        self._day = trading_day(now)
        for symbol, position in self.ledger.positions.items():
            if position.quantity < 0:
                value = -position.quantity * self.price_of(symbol, position)
                usual = settings.short_borrow_bps_per_year
                self._carry("BORROW", symbol, now, self._broker.borrow_fee(symbol, value, usual, nights))
        self._carry("INTEREST", "", now, self._broker.interest(self.ledger.cash, nights))
        self.marks.end_session()
        self.strike()
        self.calls.strike(self._day, self._last_maintenance - self._last_equity)
        for symbol, position in self.ledger.positions.items():
            position.day_cost = position.quantity * self.price_of(symbol, position)

    def _carry(self, kind: str, symbol: str, now: datetime, fee: Decimal) -> None:
        if fee:
            self.ledger.cash -= fee
            self.charge(kind, symbol, now, -fee)

    def strike(self) -> None:
        """Make today's figures those of the previous close."""
        valuation = self.valuation()
        self._last_equity = valuation.equity
        self._last_gross = valuation.gross
        self._last_maintenance = self._maintenance()

    def margin(self, open_orders: Sequence[OrderRecord], configuration: AccountConfiguration, ask: Ask) -> Margin:
        """Return what the account may still do, open orders counted."""
        valuation = self.valuation()
        return margin_of(
            equity=valuation.equity,
            cash=self.ledger.cash,
            gross=valuation.gross,
            held=sum((self._held_value(order, ask) for order in open_orders), ZERO),
            last_equity=self._last_equity,
            last_maintenance=self._last_maintenance,
            last_gross=self._last_gross,
            max_multiplier=int(configuration.max_margin_multiplier),
            non_marginable=self._non_marginable(),
            is_liquidation_only=self.calls.is_restricted(self._day) or self._is_concentrated(valuation),
        )

    def view(self, open_orders: Sequence[OrderRecord], configuration: AccountConfiguration, ask: Ask) -> AccountView:
        """Return the account as clients see it."""
        valuation = self.valuation()
        margin = self.margin(open_orders, configuration, ask)
        return AccountView(
            account_number=self.number,
            created_at=self.created_at,
            cash=self.ledger.cash,
            equity=valuation.equity,
            last_equity=self._last_equity,
            long_market_value=valuation.longs,
            short_market_value=valuation.shorts,
            buying_power=margin.buying_power,
            regt_buying_power=margin.regt_buying_power,
            non_marginable_buying_power=margin.non_marginable_buying_power,
            initial_margin=initial_requirement(valuation.gross, self._non_marginable()),
            maintenance_margin=self._maintenance(),
            last_maintenance_margin=self._last_maintenance,
            multiplier=margin.multiplier,
            is_shorting_enabled=margin.is_shorting_enabled and not configuration.no_shorting,
            is_suspended=configuration.suspend_trade,
        )

    def position_views(self, open_orders: Sequence[OrderRecord], ask: Ask) -> tuple[PositionView, ...]:
        """Return every position, by symbol; shares of open closing orders are not available."""
        views = []
        for symbol, position in sorted(self.ledger.positions.items()):
            closing = OrderSide.SELL if position.quantity > 0 else OrderSide.BUY
            orders = [o for o in open_orders if o.request.symbol == symbol]
            held = held_shares(orders, closing, ask(symbol))
            price = self.price_of(symbol, position)
            free = max(ZERO, abs(position.quantity) - held) * (1 if position.quantity > 0 else -1)
            views.append(
                PositionView(
                    symbol,
                    position.quantity,
                    free,
                    position.average_price,
                    position.cost,
                    position.day_cost,
                    price,
                    self.marks.previous_close(symbol) or price,
                )
            )
        return tuple(views)

    def _maintenance(self) -> Decimal:
        return sum((maintenance_requirement(h, self._broker) for h in self.holdings()), ZERO)

    def _is_concentrated(self, valuation: Valuation) -> bool:
        most = self._broker.max_concentration * valuation.equity
        # One position is at most all of them: looked at only where that leaves a question.
        return valuation.gross > most and any(abs(h.value) > most for h in self.holdings())

    def _non_marginable(self) -> Decimal:
        if not self._broker.non_marginable:
            return ZERO
        return sum((abs(h.value) for h in self.holdings() if h.symbol in self._broker.non_marginable), ZERO)

    def _held_value(self, order: OrderRecord, ask: Ask) -> Decimal:
        if order.position_intent.endswith("close"):
            return ZERO
        value = opening_value(order.request, ask(order.request.symbol)) or ZERO
        asked = order.request.quantity
        return value * order.remaining / asked if asked else value
