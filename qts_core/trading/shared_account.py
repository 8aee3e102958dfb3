"""Several strategies in one account: a trading core each, one order per symbol, ledgers that add up (checklist X-39).

Each strategy is a :class:`TradingCore` of its own with its part of the cash: its book is its sub-ledger, its limits are
ratios of its own equity. Limits on |weight|, gross, net and sectors that hold for every part hold for the whole, since
the parts' equities add up to it. At a bar all strategies decide first; then, symbol by symbol,

- what some buy and others sell is crossed between their ledgers at the bar's close, without cost;
- the rest is one market order of the account, cut where its position would go through zero (the rest of it is
  cancelled and decided again at the next bar);
- a fill is divided in proportion to what each strategy still wants of it.

Orders that are not market orders go out as they are, unless another strategy trades the symbol at the same bar or has
an order in it: then they are rejected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import cast

from qts_core.market.bars import BarSlice
from qts_core.market.errors import ExecutionError
from qts_core.market.events import (
    Alert,
    BarsClosed,
    BuyingPowerTold,
    CancelOrder,
    CashMoved,
    CorporateActionsApplied,
    Event,
    Flatten,
    OrderUpdated,
    SubmitOrder,
)
from qts_core.market.ids import client_order_id
from qts_core.market.money import ZERO, exact
from qts_core.market.orders import Execution, OrderRequest, OrderSide, OrderStatus, OrderType, OrderUpdate
from qts_core.orders.book import Book
from qts_core.trading.core import TradingCore
from qts_core.trading.decision import Hashes, Output, RecordDecision
from qts_core.trading.holdings import Holdings
from qts_core.trading.netting import OrderShares, divide, divide_money, net

__all__ = ["NET", "Residual", "SharedAccount"]

NET = "net"
"""Stands for the strategy in the ids of the account's own orders."""


@dataclass(frozen=True, slots=True)
class Residual:
    """What the account holds and no strategy does: cash nobody was given, and what rounding of splits left over."""

    cash: Decimal
    positions: Mapping[str, Decimal]


class SharedAccount:
    """Handles an account's events for several cores, as one core would for itself.

    Parameters
    ----------
    cores : sequence of TradingCore
        Of different strategies on the same account and symbols; each with the cash it was given.
    cash : Decimal
        USD of the account at the start, at least the sum of theirs.

    Raises
    ------
    ExecutionError
        If they do not fit together.
    """

    def __init__(self, cores: Sequence[TradingCore], *, cash: Decimal) -> None:
        _check(cores, cash)
        self.cores = tuple(cores)
        self.account = cores[0].account
        self.strategy = "+".join(core.strategy for core in cores)
        self.holdings = Holdings(cores[0].holdings.symbols, cash)
        self._shares: dict[str, OrderShares] = {}
        self._owner: dict[str, TradingCore] = {}

    @property
    def book(self) -> Book:
        """The account's exact cash and positions."""
        return self.holdings.book

    @property
    def hashes(self) -> Hashes:
        """What enters the next decision of the first strategy."""
        return self.cores[0].hashes

    @property
    def residual(self) -> Residual:
        """What the sub-ledgers lack to be the account."""
        held = self.book.holdings()
        cash = self.book.cash
        for core in self.cores:
            cash -= core.book.cash
            for symbol, quantity in core.book.holdings().items():
                held[symbol] = held.get(symbol, ZERO) - quantity
        return Residual(cash, {symbol: quantity for symbol, quantity in sorted(held.items()) if quantity})

    def owners(self, client_order_id: str) -> str:
        """Return the strategies behind an order, joined by ``+``; empty for an unknown one."""
        if client_order_id in self._owner:
            return self._owner[client_order_id].strategy
        shares = self._shares.get(client_order_id)
        if shares is None:
            return ""
        return "+".join(c.strategy for c, wanted in zip(self.cores, shares.wanted, strict=True) if wanted)

    def handle(self, event: Event) -> list[Output]:
        """Take one event and return what is to be done, in order."""
        match event:
            case BarsClosed():
                return self._on_bars(event)
            case OrderUpdated():
                return self._on_update(event.update)
            case CorporateActionsApplied():
                self.holdings.act(event)
                return self._all(event)
            case CashMoved():
                self.holdings.move_cash(event)
                return self._moved(event)
            case BuyingPowerTold():
                self._lend(event)
                return []
            case _:
                return self._all(event)

    # -- state -------------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, object]:
        """Return the account and every core but the predictors, exact, as JSON values."""
        return {
            "cores": [core.snapshot() for core in self.cores],
            "holdings": self.holdings.snapshot(),
            "owners": {name: core.strategy for name, core in self._owner.items()},
            "shares": {name: shares.to_json() for name, shares in self._shares.items()},
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`; strategies must be the same, in the same order."""
        for core, kept in zip(self.cores, cast(Sequence[Mapping[str, object]], state["cores"]), strict=True):
            core.restore(kept)
        self.holdings.restore(cast(Mapping[str, object], state["holdings"]))
        by_name = {core.strategy: core for core in self.cores}
        owners = cast(Mapping[str, str], state["owners"])
        self._owner = {name: by_name[strategy] for name, strategy in owners.items()}
        shares = cast(Mapping[str, object], state["shares"])
        self._shares = {name: OrderShares.from_json(kept) for name, kept in shares.items()}

    # -- within ------------------------------------------------------------------------------------------------

    def _all(self, event: Event) -> list[Output]:
        """Tell every core; the account's own orders are cancelled in place of the strategies'."""
        outputs = [output for core in self.cores for output in core.handle(event)]
        kept: list[Output] = []
        if any(isinstance(output, CancelOrder) for output in outputs):
            reason = next(o.reason for o in outputs if isinstance(o, CancelOrder))
            kept += [CancelOrder(order.client_order_id, reason) for order in self.holdings.open_orders()]
        for output in outputs:
            is_again = isinstance(output, (Flatten, Alert)) and output in kept
            if not isinstance(output, CancelOrder) and not is_again:
                kept.append(output)
        return kept

    def _lend(self, event: BuyingPowerTold) -> None:
        """Give each strategy its part of what the broker lends, by equity."""
        parts = [max(core.equity, 0.0) for core in self.cores]
        for core, part in zip(self.cores, parts, strict=True):
            share = exact(part / sum(parts)) if sum(parts) > 0.0 else ZERO
            core.handle(replace(event, amount=event.amount * share))

    def _on_bars(self, event: BarsClosed) -> list[Output]:
        self.holdings.mark_to(event.bars)
        records: list[Output] = []
        others: list[Output] = []
        asked: dict[str, list[tuple[int, SubmitOrder]]] = {}
        for place, core in enumerate(self.cores):
            for output in core.handle(event):
                if isinstance(output, RecordDecision):
                    records.append(output)
                elif isinstance(output, SubmitOrder):
                    asked.setdefault(output.request.symbol, []).append((place, output))
                elif not isinstance(output, CancelOrder) or output.client_order_id in self._owner:
                    # What was netted with others' orders is no longer one strategy's to cancel.
                    others.append(output)
        sent: list[SubmitOrder] = []
        for symbol in asked:
            sent += self._ask(event.bars, symbol, asked[symbol])
        # What reduces the account's risk goes first, while there is room.
        sent.sort(key=lambda order: not order.reduces_risk)
        return [*records, *sent, *others]

    def _ask(self, bars: BarSlice, symbol: str, asked: list[tuple[int, SubmitOrder]]) -> list[SubmitOrder]:
        """Return the account's orders in a symbol, after crossing what strategies can trade with each other."""
        is_busy = any(order.symbol == symbol for order in self.holdings.open_orders())
        plain = [each for each in asked if each[1].request.type is OrderType.MARKET]
        if len(plain) < len(asked):
            if len(asked) == 1 and not is_busy:
                return [self._alone(*asked[0], bars.ts_known)]
            self._reject(asked, bars.ts_known, "another strategy trades the symbol")
            return []
        if is_busy or len({place for place, _ in asked}) < len(asked):
            self._reject(asked, bars.ts_known, "the account has an order in the symbol")
            return []
        return self._netted(bars, symbol, asked)

    def _alone(self, place: int, command: SubmitOrder, now: datetime) -> SubmitOrder:
        self._owner[command.request.client_order_id] = self.cores[place]
        self.holdings.submitted(command.request, now)
        return command

    def _reject(self, asked: list[tuple[int, SubmitOrder]], now: datetime, reason: str) -> None:
        for place, command in asked:
            r = command.request
            update = OrderUpdate(r.client_order_id, r.symbol, OrderStatus.REJECTED, ZERO, now, reason=reason)
            self.cores[place].handle(OrderUpdated(update))

    def _netted(self, bars: BarSlice, symbol: str, asked: list[tuple[int, SubmitOrder]]) -> list[SubmitOrder]:
        wanted, names = [ZERO] * len(self.cores), [""] * len(self.cores)
        for place, command in asked:
            request = command.request
            wanted[place] = (request.quantity or ZERO) * request.side.sign
            names[place] = request.client_order_id
        position = self.book.position(symbol).quantity
        found = net(wanted, position)
        price = exact(float(bars.close[bars.symbols.index(symbol)]))
        for place, crossed in enumerate(found.crossed):
            if crossed:
                self._cross(place, names[place], symbol, crossed, abs(wanted[place]), price, bars.ts_known)
        for place, (sent, dropped) in enumerate(zip(found.sent, found.dropped, strict=True)):
            if dropped and not sent:
                filled = abs(found.crossed[place])
                reason = "the account's position would go through zero"
                update = OrderUpdate(names[place], symbol, OrderStatus.CANCELED, filled, bars.ts_known, reason=reason)
                self.cores[place].handle(OrderUpdated(update))
        if not found.quantity:
            return []
        side = OrderSide.BUY if found.quantity > 0 else OrderSide.SELL
        is_close = abs(position + found.quantity) < abs(position)
        life = asked[0][1].request.time_in_force
        name = client_order_id(account=self.account, strategy=NET, symbol=symbol, ts_event=bars.ts_event, purpose="n")
        request = OrderRequest(name, symbol, side, OrderType.MARKET, life, abs(found.quantity))
        self._shares[name] = OrderShares(side, names, [abs(s) for s in found.sent], [ZERO] * len(self.cores))
        self.holdings.submitted(request, bars.ts_known)
        return [SubmitOrder(request, asked[0][1].decision_id, is_close)]

    def _cross(
        self, place: int, name: str, symbol: str, crossed: Decimal, wanted: Decimal, price: Decimal, now: datetime
    ) -> None:
        side, quantity = (OrderSide.BUY if crossed > 0 else OrderSide.SELL), abs(crossed)
        status = OrderStatus.FILLED if quantity == wanted else OrderStatus.PARTIALLY_FILLED
        execution = Execution(f"cross-{name}", name, symbol, side, quantity, price, now)
        update = OrderUpdate(name, symbol, status, quantity, now, execution=execution)
        self.cores[place].handle(OrderUpdated(update))

    def _on_update(self, update: OrderUpdate) -> list[Output]:
        problem = self.holdings.update(update)
        owner = self._owner.get(update.client_order_id)
        if owner is not None:
            return owner.handle(OrderUpdated(update))
        shares = self._shares.get(update.client_order_id)
        if shares is None:
            return self._give_foreign(update) if problem else []
        return self._give(shares, update)

    def _give_foreign(self, update: OrderUpdate) -> list[Output]:
        """Tell who holds the symbol of an order that nobody here made: the issuer's, the broker's or a person's."""
        fill = update.execution
        held = [core.book.position(update.symbol).quantity for core in self.cores]
        closed = [max(ZERO, -quantity * fill.side.sign) for quantity in held] if fill is not None else []
        if fill is None or sum(closed, ZERO) < fill.quantity:
            return self.cores[0].handle(OrderUpdated(update))
        parts = divide(fill.quantity, closed)
        fees = divide_money(fill.commission, parts)
        outputs: list[Output] = []
        for core, part, fee in zip(self.cores, parts, fees, strict=True):
            if part:
                name = f"{fill.execution_id}-{core.strategy}"
                mine = replace(fill, execution_id=name, quantity=part, commission=fee)
                outputs += core.handle(OrderUpdated(replace(update, filled_quantity=part, execution=mine)))
        return outputs

    def _give(self, shares: OrderShares, update: OrderUpdate) -> list[Output]:
        """Tell each strategy of its part of an update of the account's order."""
        execution = update.execution
        parts: Sequence[Decimal] = [ZERO] * len(self.cores)
        fees = parts
        if execution is not None:
            parts = divide(execution.quantity, shares.left())
            fees = divide_money(execution.commission, parts)
            shares.done = [done + part for done, part in zip(shares.done, parts, strict=True)]
        outputs: list[Output] = []
        for place, core in enumerate(self.cores):
            if not shares.wanted[place]:
                continue
            name = shares.names[place]
            part = None
            if execution is not None and parts[place]:
                part = replace(
                    execution, execution_id=f"{execution.execution_id}-{core.strategy}", client_order_id=name,
                    quantity=parts[place], commission=fees[place],
                )  # fmt: skip
            told = self._told(core, name, shares, place, update, part)
            outputs += core.handle(OrderUpdated(told))
        return outputs

    @staticmethod
    def _told(
        core: TradingCore, name: str, shares: OrderShares, place: int, update: OrderUpdate, part: Execution | None
    ) -> OrderUpdate:
        order = core.orders[name]
        filled = order.filled_quantity + (part.quantity if part is not None else ZERO)
        asked = order.request.quantity if order.request is not None else None
        status = update.status
        if status in (OrderStatus.FILLED, OrderStatus.PARTIALLY_FILLED):
            is_done = shares.done[place] == shares.wanted[place]
            status = OrderStatus.PARTIALLY_FILLED
            if is_done:
                # What was cut at zero is cancelled with the last of its fills.
                status = OrderStatus.FILLED if filled == asked else OrderStatus.CANCELED
        return replace(
            update, client_order_id=name, status=status, filled_quantity=filled, execution=part,
            broker_order_id=update.broker_order_id,
        )  # fmt: skip

    def _moved(self, event: CashMoved) -> list[Output]:
        """Give a charge on shorts to who is short, by value; other cash belongs to nobody until a person assigns it."""
        shorts = [_short_value(core.holdings) for core in self.cores]
        if event.amount >= 0 or not sum(shorts, ZERO):
            return []
        parts = divide_money(-event.amount, shorts)
        outputs: list[Output] = []
        for core, part in zip(self.cores, parts, strict=True):
            if part:
                outputs += core.handle(replace(event, amount=-part))
        return outputs


def _short_value(holdings: Holdings) -> Decimal:
    value = ZERO
    for symbol, quantity in holdings.positions:
        mark = float(holdings.mark[holdings.symbols.index(symbol)]) if symbol in holdings.symbols else float("nan")
        if quantity < 0 and mark == mark:
            value -= quantity * exact(mark)
    return value


def _check(cores: Sequence[TradingCore], cash: Decimal) -> None:
    def refused(found: str, expected: str) -> ExecutionError:
        return ExecutionError(
            "QTS-EXEC-032", "strategies cannot share an account", found=found, expected=expected,
            fix="give each its own name and its part of the cash",
        )  # fmt: skip

    if not cores:
        raise refused("no strategy", "at least one")
    names = [core.strategy for core in cores]
    if len(set(names)) < len(names) or NET in names:
        raise refused(", ".join(names), f"different names, none of them {NET}")
    if len({(core.account, core.holdings.symbols) for core in cores}) > 1:
        raise refused("other accounts or symbols", "one account and the same symbols in the same order")
    if any(core.desk is not None for core in cores):
        raise refused("trading.execution.algorithm is on", "none: orders are netted and go out whole")
    given = sum((core.book.cash for core in cores), ZERO)
    if given > cash:
        raise refused(f"{given} USD given out of {cash}", "parts that are not more than the whole")
