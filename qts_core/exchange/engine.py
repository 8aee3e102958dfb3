"""A pure simulated exchange with Alpaca's order rules: the backtest's and the paper exchange's one (specification 9.2).

It has no clock, socket or randomness: time comes with each call, ids are derived. One step of a market is
:meth:`SimulatedExchange.open_bar`, then :meth:`SimulatedExchange.close_bar`; a session ends with
:meth:`SimulatedExchange.end_session`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from qts_core.exchange.account import Account
from qts_core.exchange.amend import Amendment, amended
from qts_core.exchange.book import OrderBook, canceled, expired, replaced, working
from qts_core.exchange.capabilities import ALPACA, Capabilities
from qts_core.exchange.fills import taking
from qts_core.exchange.halts import Halt, Halts
from qts_core.exchange.intrabar import Ambiguity, pnl_interval
from qts_core.exchange.linked import LinkedOrders
from qts_core.exchange.linked_rules import normal_form
from qts_core.exchange.margin import Margin, MarginCalls
from qts_core.exchange.matching import Matcher
from qts_core.exchange.permissions import AccountConfiguration, Standing, intent_of, refuse_not_permitted
from qts_core.exchange.records import Accepted, Charge, ExchangeEvent, Fill, Leg, OrderRecord, Refused
from qts_core.exchange.rules import MALFORMED, NOT_ACCEPTABLE, NOT_FOUND, refuse_malformed
from qts_core.exchange.settings import FillSettings
from qts_core.exchange.settlement import Settlement, pending_settlements, unsettled_proceeds
from qts_core.exchange.views import AccountView, PositionView
from qts_core.market.bars import BarSlice
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.events import CorporateActionsApplied
from qts_core.market.instruments import Instrument
from qts_core.market.light import changed
from qts_core.market.money import ZERO
from qts_core.market.orders import OrderClass, OrderRequest, OrderSide, OrderStatus, OrderType
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
    capabilities : mapping, optional
        Which orders are taken; Alpaca's table by default.
    halts : iterable of Halt
        Known beforehand; others with :meth:`halt` and :meth:`resume`.
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
        capabilities: Capabilities = ALPACA,
        halts: Iterable[Halt] = (),
    ) -> None:
        self.settings = settings
        self.instruments = instruments
        self._quote = replace(settings, slippage_bps=ZERO)
        self.configuration = AccountConfiguration()
        self._unlendable = settings.broker.hard_to_borrow
        self._calendar = calendar or xnys()
        self._book = OrderBook(account_number, start, self._calendar)
        self._account = Account(account_number, cash, start, settings.broker)
        self._capabilities = capabilities
        self._halts = Halts(halts)
        self._links = LinkedOrders(self._book)
        self._matcher = Matcher(settings, self._book, self._account, self._links, self._halts)

    # -- what a client may ask ---------------------------------------------------------------------------------

    def submit(self, request: OrderRequest, now: datetime, *, position_intent: str | None = None) -> Accepted | Refused:
        """Take or refuse a new order.

        While the session is open the order is `pending_new` and a `new` event follows; while it is closed the order
        is `accepted` and becomes `new` at the next session's first bar.
        """
        request = normal_form(request)
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
        return Accepted(event.order, (event, *self._links.follow(event.order, now)))

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
        self._links.succeed(order, accepted.order)
        return Accepted(accepted.order, (old, *accepted.events))

    # -- what the market does ----------------------------------------------------------------------------------

    def open_bar(self, bars: BarSlice) -> list[ExchangeEvent]:
        """Let the opening prices of a bar fill orders; queued orders become `new` first."""
        self._account.observe(bars.symbols, bars.open)
        return self._matcher.open_bar(bars) if self._book.has_open else []

    def close_bar(self, bars: BarSlice) -> list[ExchangeEvent]:
        """Let the rest of a bar fill resting orders; afterwards prices are its closes."""
        self._account.observe(bars.symbols, bars.close)
        events = self._matcher.close_bar(bars) if self._book.has_open else []
        self._matcher.offers.observe(bars)
        return events

    def end_session(self, now: datetime) -> list[ExchangeEvent]:
        """Close the session: orders at the end of their life expire, carrying is charged, equity is struck."""
        events: list[ExchangeEvent] = []
        for order in self._book.open():
            current = self._book.get(order.id) or order
            if order.expires_at <= now and not current.status.is_terminal:
                event = self._book.move(expired(current, now, "time in force ended"), "expired", now)
                events += [event, *self._links.follow(event.order, now)]
        self._matcher.offers.end_session()
        self._account.end_session(now, self.settings, self._nights(now))
        return events

    def halt(self, symbol: str) -> None:
        """Stop trading in a symbol: its orders wait, new ones are taken."""
        self._halts.stop(symbol)

    def resume(self, symbol: str) -> None:
        """Let a halted symbol trade again."""
        self._halts.go(symbol)

    def delist(self, symbol: str, now: datetime, price: Decimal | None = None) -> list[ExchangeEvent]:
        """End a symbol: its orders are cancelled, its position is paid out at `price`, USD a share.

        Parameters
        ----------
        price : Decimal, optional
            What holders get; the last price by default, and a bankruptcy's is near zero.
        """
        events = self._cancel_all(symbol, now, "delisted")
        held = self.quantity(symbol)
        paid = self.last_price(symbol) if price is None else price
        if held and paid is not None:
            side = OrderSide.SELL if held > 0 else OrderSide.BUY
            request = OrderRequest("", symbol, side, quantity=abs(held))
            order = self._book.add(request, now, intent=intent_of(side, held), status=OrderStatus.NEW)
            events += self._matcher.close_out(order, paid, now)
        return events

    def hard_to_borrow(self, symbols: Iterable[str], now: datetime) -> list[ExchangeEvent]:
        """Take which symbols cannot be borrowed from now on; open orders to short them are cancelled."""
        self._unlendable = frozenset(symbols)
        events: list[ExchangeEvent] = []
        for order in self._book.open():
            if order.position_intent == "sell_to_open" and order.request.symbol in self._unlendable:
                event = self._book.move(canceled(order, now, "hard to borrow"), "canceled", now)
                events += [event, *self._links.follow(event.order, now)]
        return events

    def apply(self, actions: CorporateActionsApplied) -> list[ExchangeEvent]:
        """Book dividends, then splits, before the first bar of their ex-date.

        Open orders in a symbol that splits are cancelled when they came before the ex-date: their quantity and
        price speak of other shares.
        """
        events: list[ExchangeEvent] = []
        if self.settings.is_dividend_paid:
            for dividend in actions.dividends:
                self._account.dividend(dividend, actions.ts_event)
        for split in actions.splits:
            self._account.split(split, actions.ts_event)
            events += self._cancel_all(split.symbol, actions.ts_event, "corporate action", before=split.ex_date)
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
        return self._matcher.fills

    @property
    def ambiguities(self) -> Sequence[Ambiguity]:
        """Every bar that could have gone either way, oldest first."""
        return self._matcher.ambiguities

    def pnl_interval(self) -> tuple[Decimal, Decimal]:
        """Return what all worst and all best paths inside bars would have added to the profit, USD."""
        return pnl_interval(self._matcher.ambiguities)

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

    @property
    def margin_calls(self) -> MarginCalls:
        """Whether the account is under a margin call."""
        return self._account.calls

    def settlements(self, day: date) -> tuple[Settlement, ...]:
        """Return what is traded and not settled at the start of `day`, New York."""
        return pending_settlements(self._matcher.fills, day, self._calendar)

    def settled_cash(self, day: date) -> Decimal:
        """Return the cash without the proceeds of sales that settle after `day`, USD."""
        return self.cash - unsettled_proceeds(self.settlements(day))

    def legs(self, order_id: str) -> tuple[OrderRecord, ...]:
        """Return the exits that were sent with an order."""
        return self._links.legs(order_id)

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
        is_open = self._book.session_at(now) is not None
        status = OrderStatus.PENDING_NEW if is_open else OrderStatus.ACCEPTED
        order = reply = self._equipped(self._book.add(request, now, intent=intent, status=status, replaces=replaces))
        if replaces is not None and replaces.status is OrderStatus.HELD:
            return Accepted(reply, (self._book.move(changed(order, status=OrderStatus.HELD), "held", now),))
        exits: list[ExchangeEvent] = []
        if request.order_class is not OrderClass.SIMPLE and replaces is None:
            order, exits = self._links.begin(order, now)
        if not is_open:
            return Accepted(reply, (self._book.move(order, "accepted", now), *exits))
        return Accepted(reply, (self._book.move(working(order, now), "new", now), *exits))

    def _equipped(self, order: OrderRecord) -> OrderRecord:
        """Return a new order with what it starts from: when it is at the venue, the price that it trails."""
        latency, is_trailing = self.settings.latency, order.request.type is OrderType.TRAILING_STOP
        if latency is not None:
            order = changed(order, live_at=order.arrived_at + latency.inbound(order.id))
        if is_trailing and order.best_price is None:
            order = changed(order, best_price=self.last_price(order.request.symbol))
        if latency is not None or is_trailing:
            self._book.keep(order)
        return order

    def _cancel_all(
        self, symbol: str, now: datetime, reason: str, *, before: date | None = None
    ) -> list[ExchangeEvent]:
        events = []
        for order in self._book.open(symbol):
            if before is None or trading_day(order.arrived_at) < before:
                events.append(self._book.move(canceled(order, now, reason), "canceled", now))
        return events

    def _nights(self, now: datetime) -> int:
        """Return the calendar nights from a session's end to the next session; asked only where they cost."""
        broker = self.settings.broker
        if not (broker.interest_bps_per_year or broker.is_borrow_nightly):
            return 1
        return (self._calendar.next_after(now).date - trading_day(now)).days

    def _refuse(self, request: OrderRequest, now: datetime, *, without: OrderRecord | None = None) -> Refused | None:
        is_exit = without is not None and without.link is not None and without.link.leg is not Leg.ENTRY
        checked = changed(request, order_class=OrderClass.SIMPLE) if is_exit and not has_exits(request) else request
        refused = refuse_malformed(checked, self.instruments, now, self._capabilities)
        if refused is None and request.client_order_id and self._book.find(request.client_order_id) is not None:
            refused = Refused(422, MALFORMED, "client_order_id must be unique")
        # An exit closes what its entry opened: the account was asked when the group was sent.
        return refused if refused is not None or is_exit else self._forbid(request, without)

    def _forbid(self, request: OrderRequest, without: OrderRecord | None) -> Refused | None:
        return refuse_not_permitted(request, self._standing(request, without=without))

    def _standing(self, request: OrderRequest, *, without: OrderRecord | None = None) -> Standing:
        symbol, ignored = request.symbol, None if without is None else without.id

        known: list[Margin] = []

        def margin() -> Margin:
            if not known:
                others = [o for o in self._book.open() if o.id != ignored]
                known.append(self._account.margin(others, self.configuration, self._ask))
            return known[0]

        last = self.last_price(symbol)
        return Standing(
            self.instruments[symbol], self.configuration, self.quantity(symbol),
            [o for o in self._book.open(symbol) if o.id != ignored],
            None if last is None else taking(last, 1, self._quote), margin, last, symbol not in self._unlendable,
        )  # fmt: skip

    def _ask(self, symbol: str) -> Decimal | None:
        price = self._account.marks.last(symbol)
        return None if price is None else taking(price, 1, self._quote)


def has_exits(request: OrderRequest) -> bool:
    """Return whether an order brings its own exits."""
    return request.take_profit_limit_price is not None or request.stop_loss_stop_price is not None
