"""Parent orders at work inside the trading core: a change of target goes out in slices over time (12.3).

A parent is an order of the core as any other: the symbol is busy while it works, and everything that it has not filled
counts as on order in every limit. Its children are ordinary orders with ids that follow from the decision slot. A new
target for the symbol ends it, and what is then wanted beyond what is held becomes a new parent, at the first bar at
which no child of the old one may still fill. Whatever forbids an order ends its parent too: a kill, a mode, the
session's last bar.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from qts_core.market.bars import BarSlice
from qts_core.market.events import BarsClosed, CancelOrder, OrderUpdated, SetTimer, SubmitOrder, TimerFired
from qts_core.market.ids import decision_id
from qts_core.market.money import exact
from qts_core.market.orders import OrderRequest, OrderType, OrderUpdate
from qts_core.market.panel import Floats
from qts_core.orders.algorithms.maker import AlgorithmSettings, MarketFacts, Working, make_schedule, window
from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.algorithms.profiles import ProfileFold
from qts_core.orders.algorithms.routing import Route
from qts_core.orders.algorithms.schedule import Schedule
from qts_core.orders.algorithms.wishes import ChildCancel, ChildWish, Wish
from qts_core.risk.modes import RiskMode
from qts_core.trading.decision import DecidedOrder
from qts_core.trading.exact_json import decode, encode
from qts_core.trading.holdings import Holdings
from qts_core.trading.trade_list import SHARE_STEP, TradeList

__all__ = ["AtBar", "ParentDesk"]

PURPOSE = "a"
"""Letter of children's ids."""
WORKED = frozenset({"r", "x"})
"""Purposes of orders that are worked over time; what a strategy orders itself goes out as it asks."""
USUAL_VOLATILITY = 0.02
"""Of a session, where none is known yet."""
ONE_SHARE = Decimal(1)
SESSIONS_PER_YEAR = 252

Answer = CancelOrder | SubmitOrder | SetTimer


@dataclass(frozen=True, slots=True)
class AtBar:
    """What a bar's decision becomes.

    Attributes
    ----------
    orders : tuple of DecidedOrder
        What leaves now: children, and orders that are not worked.
    parents : tuple of DecidedOrder
        Parents that begin, as one order each; their ids are no orders' at the broker.
    others : tuple of CancelOrder or SetTimer
        Children to cancel, and the next moments of parents.
    """

    orders: tuple[DecidedOrder, ...]
    parents: tuple[DecidedOrder, ...] = ()
    others: tuple[CancelOrder | SetTimer, ...] = ()


@dataclass(slots=True)
class _Job:
    """One parent that may still fill."""

    working: Working
    reduces_risk: bool
    timer: datetime | None = None

    @property
    def schedule(self) -> Schedule:
        return self.working.schedule

    @property
    def parent(self) -> ParentOrder:
        return self.working.schedule.parent

    @property
    def is_working(self) -> bool:
        """Whether more children may be sent."""
        return not self.schedule.outcome.status.is_final


class ParentDesk:
    """Works parents for one core, and mirrors them in its holdings.

    Parameters
    ----------
    settings : AlgorithmSettings
    holdings : Holdings
        Of the core; told of children and of what is not sent yet.
    trades : TradeList
        Says how many shares a target weight is.

    Attributes
    ----------
    ended : list of Working
        Parents that have ended in this session, for whoever measures them.
    """

    def __init__(self, settings: AlgorithmSettings, holdings: Holdings, trades: TradeList) -> None:
        self.settings = settings
        self.ended: list[Working] = []
        self._holdings = holdings
        self._trades = trades
        self._column = {symbol: i for i, symbol in enumerate(holdings.symbols)}
        self._profiles = ProfileFold(len(holdings.symbols), sessions=settings.profile_sessions)
        self._jobs: dict[str, _Job] = {}
        self._of_child: dict[str, str] = {}

    # -- what can be asked -------------------------------------------------------------------------------------

    def timers(self) -> tuple[SetTimer, ...]:
        """Return the timers that are to be set after a restart."""
        return tuple(SetTimer(name, job.timer) for name, job in self._jobs.items() if job.timer is not None)

    def at_work(self) -> tuple[Working, ...]:
        """Return the parents that may still fill, oldest first."""
        return tuple(job.working for job in self._jobs.values())

    # -- a bar, in this order ----------------------------------------------------------------------------------

    def observe(self, event: BarsClosed) -> None:
        """Take a bar's volumes; one of the past moves parents on as well, but they send nothing."""
        if event.bars.slot == 0:
            self.ended.clear()
        self._profiles.update(event.bars)
        if event.is_catch_up:
            for job in self._jobs.values():
                job.schedule.listen(event)

    def restrict(self, mode: RiskMode, *, is_session_over: bool) -> list[CancelOrder]:
        """End the parents that may not go on; return the cancels of their children."""
        if is_session_over:
            return self._stop(self._working(), "the session is over")
        if mode is RiskMode.NORMAL:
            return []
        jobs = [job for job in self._working() if mode is not RiskMode.REDUCE_ONLY or not job.reduces_risk]
        return self._stop(jobs, f"trading is in mode {mode}")

    def supersede(self, bars: BarSlice, target: Floats, current: Floats, equity: float) -> list[CancelOrder]:
        """End the parents whose symbols have another target now, float64 [N], than what they work towards."""
        jobs = []
        for job in self._working():
            column = self._column[job.parent.symbol]
            if target[column] == current[column] or math.isnan(bars.close[column]):
                continue
            held = self._holdings.book.position(job.parent.symbol).quantity
            wanted = self._trades.shares(bars, column, float(target[column]), equity, held)
            if wanted != held + self._left(job):
                jobs.append(job)
        return self._stop(jobs, "the target has changed")

    def work(self, event: BarsClosed, orders: Sequence[DecidedOrder], volatility: Floats, mode: RiskMode) -> AtBar:
        """Move the parents on to this bar and begin those that `orders` ask for.

        Parameters
        ----------
        volatility : float64 [N]
            Annual, ratios; NaN = not known.
        """
        now = event.bars.ts_known
        leaving: list[DecidedOrder] = []
        begun: list[DecidedOrder] = []
        others: list[CancelOrder | SetTimer] = []
        for job in self._working():
            self._at_bar(job, job.schedule.on_event(event), now, leaving, others)
        for order in orders:
            new = None if mode is RiskMode.FLATTEN else self._begun(event.bars, order, volatility)
            if new is None:
                leaving.append(order)
                self._holdings.submitted(order.request, now)
                continue
            self._jobs[new.parent.id] = new
            begun.append(_as_order(order, new.working))
            self._at_bar(new, new.schedule.on_event(TimerFired(now, new.parent.id)), now, leaving, others)
        return AtBar(tuple(leaving), tuple(begun), tuple(others))

    # -- between bars ------------------------------------------------------------------------------------------

    def hear(self, update: OrderUpdate) -> list[Answer]:
        """Take what the broker said of a child."""
        job = self._jobs.get(self._of_child.get(update.client_order_id, ""))
        return [] if job is None else self._moved(job, OrderUpdated(update))

    def fire(self, event: TimerFired) -> list[Answer]:
        """Take a timer of a parent; one that is over says nothing."""
        job = self._jobs.get(event.name)
        return [] if job is None else self._moved(job, event)

    def stop(self, reason: str, *, only_increasing: bool = False) -> list[CancelOrder]:
        """End the parents, or those that add risk; return the cancels of their children."""
        return self._stop([job for job in self._working() if not (only_increasing and job.reduces_risk)], reason)

    # -- state -------------------------------------------------------------------------------------------------

    def snapshot(self) -> dict[str, object]:
        """Return the parents and the volumes that are remembered, exact, as JSON values."""
        jobs = [
            {"reduces_risk": job.reduces_risk, "route": encode(job.working.route), "schedule": job.schedule.snapshot()}
            for job in self._jobs.values()
        ]
        return {"jobs": jobs, "profiles": self._profiles.snapshot()}

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`, after the holdings have taken up theirs."""
        self._profiles.restore(cast(Mapping[str, object], state["profiles"]))
        self._jobs, self._of_child = {}, {}
        self.ended.clear()
        for kept in cast(Iterable[Mapping[str, object]], state["jobs"]):
            schedule = Schedule.restored(cast(Mapping[str, object], kept["schedule"]))
            job = _Job(Working(schedule, decode(Route, kept["route"])), bool(kept["reduces_risk"]), schedule.next_due)
            self._jobs[job.parent.id] = job
            self._of_child.update(dict.fromkeys(schedule.ledger.children, job.parent.id))
            self._mirror(job)

    # -- within ------------------------------------------------------------------------------------------------

    def _working(self) -> list[_Job]:
        return [job for job in self._jobs.values() if job.is_working]

    @staticmethod
    def _left(job: _Job) -> Decimal:
        """Return the signed shares that are not filled yet."""
        return (job.parent.quantity - job.schedule.ledger.filled) * job.parent.side.sign

    def _begun(self, bars: BarSlice, order: DecidedOrder, volatility: Floats) -> _Job | None:
        """Return the parent that an order becomes, or None when it is not worked over time."""
        request = order.request
        opened, closed = _session_of(bars)
        end = window(bars.ts_known, self.settings.duration, closed)
        if order.purpose not in WORKED or end is None or request.quantity is None:
            return None
        column, quantity = self._column[request.symbol], request.quantity
        parent = ParentOrder(
            self._trades.account, self._trades.strategy, request.symbol, request.side, quantity, bars.ts_event,
            bars.ts_known, end, exact(float(bars.close[column])), request.limit_price, PURPOSE,
            step=ONE_SHARE if quantity == quantity.to_integral_value() else SHARE_STEP,
        )  # fmt: skip
        annual, factor = float(volatility[column]), float(bars.factor[column])
        daily = USUAL_VOLATILITY if math.isnan(annual) else annual / math.sqrt(SESSIONS_PER_YEAR)
        facts = MarketFacts(
            opened, closed, self.settings.spread_bps, daily, profile=self._profiles.profile(column, factor)
        )
        working = make_schedule(parent, self.settings, facts)
        traded = self._profiles.traded_today(column, factor)
        working.schedule.forecast.prime(traded, bars.ts_known, float(bars.close[column]))
        return _Job(working, order.reduces_risk)

    def _at_bar(
        self, job: _Job, wishes: Iterable[Wish], now: datetime, leaving: list[DecidedOrder],
        others: list[CancelOrder | SetTimer],
    ) -> None:  # fmt: skip
        """Put what a parent wishes at a bar's close among the decision's orders and commands."""
        for wish in wishes:
            if isinstance(wish, ChildWish):
                self._enter(job, wish.request, now)
                reason = f"{wish.reason} of {job.parent.id}"
                leaving.append(DecidedOrder(wish.request, job.reduces_risk, PURPOSE, reason))
            else:
                others.append(CancelOrder(wish.client_order_id, wish.reason))
        others += self._settled(job)

    def _moved(self, job: _Job, event: OrderUpdated | TimerFired) -> list[Answer]:
        """Let a parent take an event between two bars; return what it asks for."""
        now = event.ts_event if isinstance(event, TimerFired) else event.update.ts_event
        slot = decision_id(job.parent.account, job.parent.strategy, job.parent.decided_at)
        answer: list[Answer] = []
        for wish in job.schedule.on_event(event):
            if isinstance(wish, ChildWish):
                self._enter(job, wish.request, now)
                answer.append(SubmitOrder(wish.request, slot, job.reduces_risk))
            else:
                answer.append(CancelOrder(wish.client_order_id, wish.reason))
        return [*answer, *self._settled(job)]

    def _stop(self, jobs: Iterable[_Job], reason: str) -> list[CancelOrder]:
        cancels = []
        for job in jobs:
            cancels += [CancelOrder(wish.client_order_id, reason) for wish in job.schedule.stop(reason)
                        if isinstance(wish, ChildCancel)]  # fmt: skip
            self._settled(job)
        return cancels

    def _enter(self, job: _Job, request: OrderRequest, now: datetime) -> None:
        self._of_child[request.client_order_id] = job.parent.id
        self._holdings.submitted(request, now)

    def _settled(self, job: _Job) -> list[SetTimer]:
        """Mirror what a parent has become, let it go when it is over; return its next timer where that is new."""
        self._mirror(job)
        if job.schedule.is_done:
            del self._jobs[job.parent.id]
            for name in job.schedule.ledger.children:
                self._of_child.pop(name, None)
            self.ended.append(job.working)
            return []
        due = job.schedule.next_due
        is_new = due is not None and due != job.timer
        job.timer = due
        return [SetTimer(job.parent.id, due)] if is_new and due is not None else []

    def _mirror(self, job: _Job) -> None:
        unsent = job.schedule.ledger.free * job.parent.side.sign
        self._holdings.work(job.parent.symbol, unsent if job.is_working else None)


def _session_of(bars: BarSlice) -> tuple[datetime, datetime]:
    """Return when the session of a bar opens and closes."""
    length = bars.ts_known - bars.ts_event
    opened = bars.ts_event - bars.slot * length
    return opened, opened + bars.slots * length


def _as_order(order: DecidedOrder, working: Working) -> DecidedOrder:
    """Return a parent as the one order that it stands for."""
    parent, route = working.schedule.parent, working.route
    kind = OrderType.MARKET if parent.limit_price is None else OrderType.LIMIT
    request = OrderRequest(
        parent.id, parent.symbol, parent.side, kind, quantity=parent.quantity, limit_price=parent.limit_price
    )
    reason = f"{order.reason}; {route.algorithm}: {route.reason}"
    return DecidedOrder(request, order.reduces_risk, order.purpose, reason)
