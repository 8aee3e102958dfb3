"""A pure simulated exchange with Alpaca's order rules: the backtest's and the paper exchange's one (specification 9.2).

It has no clock, socket or randomness: time comes with each call, ids are derived. One step of a market is
:meth:`SimulatedExchange.open_bar`, then :meth:`SimulatedExchange.close_bar`; a session ends with
:meth:`SimulatedExchange.end_session`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache

from qts_core.exchange.account import Account
from qts_core.exchange.amend import Amendment, amended
from qts_core.exchange.book import OrderBook, canceled, expired, filled, replaced, working
from qts_core.exchange.executions import execution_of, fill_of
from qts_core.exchange.fills import NO_FILL, Outcome, at_open, taking, within_bar
from qts_core.exchange.margin import Margin
from qts_core.exchange.marks import price_of
from qts_core.exchange.permissions import AccountConfiguration, Standing, intent_of, refuse_not_permitted
from qts_core.exchange.records import Accepted, Charge, ExchangeEvent, Fill, OrderRecord, Refused
from qts_core.exchange.rules import AT_ONCE, MALFORMED, NOT_ACCEPTABLE, NOT_FOUND, refuse_malformed
from qts_core.exchange.settings import FillSettings
from qts_core.exchange.views import AccountView, PositionView
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.events import CorporateActionsApplied
from qts_core.market.instruments import Instrument
from qts_core.market.money import ZERO
from qts_core.market.orders import OrderRequest, OrderStatus, TimeInForce
from qts_core.market.panel import Floats
from qts_core.market.time import trading_day

__all__ = ["SimulatedExchange"]


class SimulatedExchange:
    """One account at one simulated venue.

    Parameters
    ----------
    settings : FillSettings
        Costs and strictness of fills.
    instruments : mapping of str to Instrument
        What can be traded.
    cash : Decimal
        USD at the start.
    account_number : str
        Enters every id.
    start : datetime
        When the account was opened, aware UTC.
    calendar : TradingCalendar, optional
        Sessions; XNYS by default.
    """

    def __init__(
        self,
        settings: FillSettings,
        instruments: Mapping[str, Instrument],
        cash: Decimal,
        *,
        account_number: str = "PA3QTS000001",
        start: datetime,
        calendar: TradingCalendar | None = None,
    ) -> None:
        self.settings = settings
        self.instruments = instruments
        self._quote = replace(settings, slippage_bps=ZERO)
        self.configuration = AccountConfiguration()
        self._calendar = calendar or xnys()
        self._book = OrderBook(account_number, start, self._calendar)
        self._account = Account(account_number, cash, start)
        self._fills: list[Fill] = []

    # -- what a client may ask ---------------------------------------------------------------------------------

    def submit(self, request: OrderRequest, now: datetime, *, position_intent: str | None = None) -> Accepted | Refused:
        """Take or refuse a new order.

        While the session is open the order is `pending_new` and a `new` event follows; while it is closed the order
        is `accepted` and becomes `new` at the next session's first bar.
        """
        refused = self._refuse(request, now)
        if refused is not None:
            return refused
        intent = intent_of(request.side, self.quantity(request.symbol))
        if position_intent is not None and position_intent != intent:
            text = f"position intent mismatch, inferred: {intent}, specified: {position_intent}"
            return Refused(422, NOT_ACCEPTABLE, text)
        return self._take(request, now, intent)

    def cancel(self, order_id: str, now: datetime) -> Accepted | Refused:
        """Cancel an open order; a terminal one is refused with 422, an unknown one with 404."""
        order = self._book.get(order_id)
        if order is None:
            return Refused(404, NOT_FOUND, f"order not found for {order_id}")
        if order.status.is_terminal:
            return Refused(422, NOT_ACCEPTABLE, f'order is already in "{order.status}" state')
        event = self._book.move(canceled(order, now, "canceled by the client"), "canceled", now)
        return Accepted(event.order, (event,))

    def replace(self, order_id: str, now: datetime, amendment: Amendment) -> Accepted | Refused:
        """Replace an open order by a new one; only working orders can be replaced."""
        order = self._book.get(order_id)
        if order is None:
            return Refused(404, NOT_FOUND, f"order not found for {order_id}")
        request = amended(order, amendment)
        if isinstance(request, Refused):
            return request
        refused = self._refuse(request, now, without=order)
        if refused is not None:
            return refused
        accepted = self._take(request, now, order.position_intent, order)
        old = self._book.move(replaced(order, now, accepted.order.id), "replaced", now)
        return Accepted(accepted.order, (old, *accepted.events))

    # -- what the market does ----------------------------------------------------------------------------------

    def open_bar(self, bars: BarSlice) -> list[ExchangeEvent]:
        """Let the opening prices of a bar fill orders; queued orders become `new` first."""
        self._account.observe(bars.symbols, bars.open)
        if not self._book.has_open:
            return []
        events = []
        eligible = self._eligible(bars)
        for order in eligible:
            if order.status is OrderStatus.ACCEPTED:
                events.append(self._book.move(working(order, bars.ts_event), "new", bars.ts_event))
        for order in self._eligible(bars) if events else eligible:
            if order.request.time_in_force is TimeInForce.OPG and bars.slot > 0:
                events.append(
                    self._book.move(expired(order, bars.ts_event, "auction missed"), "expired", bars.ts_event)
                )
                continue
            events += self._try(order, self._at_open(order, bars), bars.ts_event)
            events += self._kill_unfilled(order.id, bars.ts_event)
        return events

    def close_bar(self, bars: BarSlice) -> list[ExchangeEvent]:
        """Let the rest of a bar fill resting orders; afterwards prices are its closes."""
        self._account.observe(bars.symbols, bars.close)
        events: list[ExchangeEvent] = []
        if not self._book.has_open:
            return events
        for order in self._eligible(bars):
            high, low = self._price(bars, bars.high, order), self._price(bars, bars.low, order)
            if high is None or low is None:
                continue
            if order.request.time_in_force is TimeInForce.CLS:
                close = self._price(bars, bars.close, order)
                if bars.is_last_of_session and close is not None:
                    outcome = at_open(order.request, is_triggered=False, price=close, settings=self.settings)
                    events += self._try(order, outcome, bars.ts_known)
                continue
            outcome = within_bar(
                order.request, is_triggered=order.is_triggered, high=high, low=low, settings=self.settings
            )
            events += self._try(order, outcome, bars.ts_known)
        return events

    def end_session(self, now: datetime) -> list[ExchangeEvent]:
        """Close the session: orders at the end of their life expire, borrowing is charged, equity is struck."""
        over = [order for order in self._book.open() if order.expires_at <= now]
        events = [self._book.move(expired(order, now, "time in force ended"), "expired", now) for order in over]
        self._account.end_session(now, self.settings)
        return events

    def apply(self, actions: CorporateActionsApplied) -> list[ExchangeEvent]:
        """Book dividends, then splits, before the first bar of their ex-date.

        Open orders in a symbol that splits are cancelled when they came before the ex-date: their quantity and
        price speak of other shares.
        """
        events = []
        if self.settings.is_dividend_paid:
            for dividend in actions.dividends:
                self._account.dividend(dividend, actions.ts_event)
        for split in actions.splits:
            self._account.split(split, actions.ts_event)
            for order in self._book.open(split.symbol):
                if trading_day(order.arrived_at) < split.ex_date:
                    record = canceled(order, actions.ts_event, "corporate action")
                    events.append(self._book.move(record, "canceled", actions.ts_event))
        return events

    def mark(self, prices: Mapping[str, float], *, is_previous_close: bool = False) -> None:
        """Take last prices from elsewhere, such as history before the first bar."""
        self._account.mark(prices, is_previous_close=is_previous_close)

    # -- what can be read --------------------------------------------------------------------------------------

    @property
    def cash(self) -> Decimal:
        """Cash, USD; negative when borrowing."""
        return self._account.ledger.cash

    @property
    def fills(self) -> Sequence[Fill]:
        """Every fill, oldest first."""
        return self._fills

    @property
    def charges(self) -> Sequence[Charge]:
        """Every charge, dividend and split, oldest first."""
        return self._account.charges

    def equity(self) -> Decimal:
        """Return cash plus the market value of all positions, USD."""
        return self._account.valuation().equity

    def quantity(self, symbol: str) -> Decimal:
        """Return the signed shares held of `symbol`."""
        return self._account.ledger.quantity(symbol)

    def last_price(self, symbol: str) -> Decimal | None:
        """Return the last price seen of `symbol`, USD, or None."""
        return self._account.marks.last(symbol)

    def account(self) -> AccountView:
        """Return the account as it stands."""
        return self._account.view(self._book.open(), self.configuration, self._ask)

    def positions(self) -> tuple[PositionView, ...]:
        """Return every position, by symbol."""
        return self._account.position_views(self._book.open(), self._ask)

    def order(self, order_id: str) -> OrderRecord | None:
        """Return an order by the broker's id, or None."""
        return self._book.get(order_id)

    def find(self, client_order_id: str) -> OrderRecord | None:
        """Return an order by the client's id, or None."""
        return self._book.find(client_order_id)

    def orders(self) -> tuple[OrderRecord, ...]:
        """Return every order, oldest first."""
        return self._book.all()

    def open_orders(self, symbol: str | None = None) -> tuple[OrderRecord, ...]:
        """Return the open orders, oldest first."""
        return self._book.open(symbol)

    # -- within ------------------------------------------------------------------------------------------------

    def _take(self, request: OrderRequest, now: datetime, intent: str, replaces: OrderRecord | None = None) -> Accepted:
        is_open = self._calendar.at(now) is not None
        status = OrderStatus.PENDING_NEW if is_open else OrderStatus.ACCEPTED
        reply = self._book.add(request, now, intent=intent, status=status, replaces=replaces)
        if not is_open:
            return Accepted(reply, (self._book.move(reply, "accepted", now),))
        return Accepted(reply, (self._book.move(working(reply, now), "new", now),))

    def _refuse(self, request: OrderRequest, now: datetime, *, without: OrderRecord | None = None) -> Refused | None:
        refused = refuse_malformed(request, self.instruments, now)
        if refused is None and request.client_order_id and self._book.find(request.client_order_id) is not None:
            refused = Refused(422, MALFORMED, "client_order_id must be unique")
        return refused or refuse_not_permitted(request, self._standing(request, without=without))

    def _standing(self, request: OrderRequest, *, without: OrderRecord | None = None) -> Standing:
        ignored = None if without is None else without.id

        @cache
        def margin() -> Margin:
            others = [o for o in self._book.open() if o.id != ignored]
            return self._account.margin(others, self.configuration, self._ask)

        return Standing(
            instrument=self.instruments[request.symbol],
            configuration=self.configuration,
            position=self.quantity(request.symbol),
            open_orders=[o for o in self._book.open(request.symbol) if o.id != ignored],
            ask=self._ask(request.symbol),
            margin=margin,
        )

    def _ask(self, symbol: str) -> Decimal | None:
        price = self._account.marks.last(symbol)
        return None if price is None else taking(price, 1, self._quote)

    def _eligible(self, bars: BarSlice) -> tuple[OrderRecord, ...]:
        return tuple(o for o in self._book.open() if o.arrived_at <= bars.ts_event)

    def _price(self, bars: BarSlice, prices: Floats, order: OrderRecord) -> Decimal | None:
        column = self._account.marks.column(bars.symbols, order.request.symbol)
        price = float("nan") if column is None else float(prices[column])
        return price_of(price) if price == price else None

    def _at_open(self, order: OrderRecord, bars: BarSlice) -> Outcome:
        price = self._price(bars, bars.open, order)
        if price is None or order.request.time_in_force is TimeInForce.CLS:
            return NO_FILL
        return at_open(order.request, is_triggered=order.is_triggered, price=price, settings=self.settings)

    def _try(self, order: OrderRecord, outcome: Outcome, now: datetime) -> list[ExchangeEvent]:
        if outcome.is_triggered and not order.is_triggered:
            order = replace(order, is_triggered=True)
            if outcome.price is None:
                self._book.move(order, "new", now)
        if outcome.price is None or outcome.reference is None:
            return []
        return self._fill(order, outcome.price, outcome.reference, now)

    def _fill(self, order: OrderRecord, price: Decimal, reference: Decimal, now: datetime) -> list[ExchangeEvent]:
        execution = execution_of(order, price, now, self.settings)
        position = self._account.book(execution, self.settings)
        fill = fill_of(order, execution, reference, position, self.settings)
        self._fills.append(fill)
        return [self._book.move(filled(order, fill), "fill", now, fill)]

    def _kill_unfilled(self, order_id: str, now: datetime) -> list[ExchangeEvent]:
        order = self._book.get(order_id)
        if order is None or order.status.is_terminal:
            return []
        if order.request.time_in_force in AT_ONCE:
            return [self._book.move(canceled(order, now, "not filled at once"), "canceled", now)]
        if order.request.time_in_force is TimeInForce.OPG:
            return [self._book.move(expired(order, now, "not filled in the auction"), "expired", now)]
        return []
