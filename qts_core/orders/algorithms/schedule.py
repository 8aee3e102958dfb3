"""A parent order worked over time: a pure fold over events that answers with child orders (specification 12.3).

It has no clock and no randomness. Time comes with bars and timers; what the broker says changes the ledger and, once
the window is over, may release the rest. The same events give the same children with the same ids, so a restart that
hears them again sends nothing twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Self, cast

from qts_core.market.events import BarsClosed, Event, OrderUpdated, TimerFired
from qts_core.market.money import ZERO
from qts_core.orders.algorithms.calendar import SliceCalendar
from qts_core.orders.algorithms.children import allowed, child_request, shares_of
from qts_core.orders.algorithms.codec import (
    child_from,
    child_json,
    parent_from,
    parent_json,
    progress_from,
    progress_json,
    settings_from,
    settings_json,
)
from qts_core.orders.algorithms.ledger import ParentLedger
from qts_core.orders.algorithms.parent import ParentOrder
from qts_core.orders.algorithms.plans import DAY_SECONDS, Plan, SliceView, plan_from
from qts_core.orders.algorithms.volume import VolumeForecast
from qts_core.orders.algorithms.wishes import (
    ChildCancel,
    ChildWish,
    Outcome,
    Progress,
    ScheduleSettings,
    ScheduleStatus,
    Wish,
)

__all__ = ["Schedule"]


class Schedule:
    """One parent, its plan and its ledger.

    Parameters
    ----------
    parent : ParentOrder
    plan : Plan
        Which share is to be out by each slice.
    settings : ScheduleSettings
    forecast : VolumeForecast
        Volume in the parent's window.
    """

    def __init__(self, parent: ParentOrder, plan: Plan, settings: ScheduleSettings, forecast: VolumeForecast) -> None:
        self.parent = parent
        self.plan = plan
        self.settings = settings
        self.forecast = forecast
        self.ledger = ParentLedger(parent)
        self.calendar = SliceCalendar(parent, settings)
        self.progress: list[Progress] = []
        self._now: datetime | None = None
        self._slice = -1
        self._target = ZERO
        self._status = ScheduleStatus.WORKING
        self._reason = ""
        self._asked: set[str] = set()

    @property
    def is_done(self) -> bool:
        """Whether nothing is sent any more and nothing may fill any more."""
        return self._status.is_final and not self.ledger.open()

    @property
    def next_due(self) -> datetime | None:
        """The next moment at which time alone changes something; None once the parent is at its end."""
        if self._status.is_final:
            return None
        return self.calendar.next_after(self._now)

    @property
    def outcome(self) -> Outcome:
        """How the parent stands."""
        ledger = self.ledger
        filled = ledger.filled
        unfilled = max(ZERO, self.parent.quantity - filled)
        return Outcome(self._status, filled, unfilled, ledger.committed - filled, len(ledger.children), self._reason)

    def on_event(self, event: Event) -> list[Wish]:
        """Take an event; return the children to send and to cancel, in this order.

        Bars and timers move time; order updates of its own children move the ledger; anything else is ignored.
        """
        if isinstance(event, OrderUpdated):
            if not self.ledger.hear(event.update):
                return []
        elif isinstance(event, BarsClosed):
            self._hear(event)
        elif isinstance(event, TimerFired):
            self._advance(event.ts_event)
        else:
            return []
        return [] if self._now is None else self._act(self._now)

    def listen(self, event: BarsClosed) -> None:
        """Take a bar of a past that is told again: volumes and prices are heard, nothing is sent."""
        if not self._status.is_final:
            self._hear(event)

    def stop(self, reason: str) -> list[Wish]:
        """End the parent early: nothing more is sent, what is open is cancelled."""
        if self._status.is_final:
            return []
        return self._end(ScheduleStatus.STOPPED, reason)

    def snapshot(self) -> dict[str, object]:
        """Return all of it as JSON values, exactly."""
        return {
            "parent": parent_json(self.parent),
            "plan": self.plan.snapshot(),
            "settings": settings_json(self.settings),
            "forecast": self.forecast.snapshot(),
            "children": [child_json(c) for c in self.ledger.children.values()],
            "progress": [progress_json(p) for p in self.progress],
            "now": None if self._now is None else self._now.isoformat(),
            "slice": self._slice,
            "target": str(self._target),
            "status": self._status.value,
            "reason": self._reason,
            "asked": sorted(self._asked),
        }

    @classmethod
    def restored(cls, state: Mapping[str, object]) -> Self:
        """Return the schedule that :meth:`snapshot` wrote."""
        part = cast(Mapping[str, Mapping[str, object]], state)
        schedule = cls(
            parent_from(part["parent"]),
            plan_from(part["plan"]),
            settings_from(part["settings"]),
            VolumeForecast.restored(part["forecast"]),
        )
        children = [child_from(c, schedule.parent) for c in cast(list[Mapping[str, object]], state["children"])]
        schedule.ledger = ParentLedger(schedule.parent, {c.client_order_id: c for c in children})
        schedule.progress = [progress_from(p) for p in cast(list[Mapping[str, object]], state["progress"])]
        schedule._now = None if state["now"] is None else datetime.fromisoformat(str(state["now"]))
        schedule._slice = cast(int, state["slice"])
        schedule._target = Decimal(str(state["target"]))
        schedule._status = ScheduleStatus(str(state["status"]))
        schedule._reason = str(state["reason"])
        schedule._asked = set(cast(list[str], state["asked"]))
        return schedule

    # -- time --------------------------------------------------------------------------------------------------

    def _hear(self, event: BarsClosed) -> None:
        bars = event.bars
        if self.parent.symbol in bars.symbols:
            column = bars.symbols.index(self.parent.symbol)
            is_new = self.forecast.hear(bars, column)
            if is_new and bars.ts_event >= self.parent.start:
                days = (bars.ts_known - bars.ts_event).total_seconds() / DAY_SECONDS
                self.plan.hear(float(bars.close[column]), days)
        self._advance(bars.ts_known)

    def _advance(self, moment: datetime) -> None:
        self._now = moment if self._now is None else max(self._now, moment)

    def _act(self, now: datetime) -> list[Wish]:
        if self._status.is_final:
            return []
        ledger, parent = self.ledger, self.parent
        if ledger.is_conflicted:
            return self._end(ScheduleStatus.CONFLICT, "the broker's word on a child contradicts itself")
        if ledger.filled >= parent.quantity:
            return self._end(ScheduleStatus.FILLED, "everything is filled")
        if ledger.rejects >= self.settings.max_rejects:
            return self._end(ScheduleStatus.STOPPED, f"{ledger.rejects} children were refused in a row")
        if now >= self.calendar.last:
            left = parent.quantity - ledger.filled
            return self._end(ScheduleStatus.UNFILLED, f"{left} shares are unfilled when the window is over")
        if now >= parent.end:
            return self._clean_up(now)
        number = self.calendar.number(now)
        if number <= self._slice:
            return []
        self._slice = number
        return self._slice_out(number, now)

    # -- slices ------------------------------------------------------------------------------------------------

    def _slice_out(self, number: int, now: datetime) -> list[Wish]:
        behind = self._target - self.ledger.filled
        tolerance = self.parent.quantity / self.calendar.slices * Decimal(repr(1 - self.settings.urgency))
        is_late = number > 0 and behind > tolerance
        wishes: list[Wish] = []
        if is_late:
            wishes += self._cancel_open(f"fills are {behind} shares behind the plan")
        self._target = max(self._target, shares_of(self.parent, self._share(number)))
        wanted = self._target - self.ledger.committed
        committed = self.ledger.committed
        sent, reason = self._send(wishes, wanted, now, number, is_crossing=is_late)
        self._note(number, now, committed, sent, reason)
        return wishes

    def _clean_up(self, now: datetime) -> list[Wish]:
        why = "the window is over"
        self._target = self.parent.quantity
        if not self.settings.is_completed:
            left = self.parent.quantity - self.ledger.filled
            return self._end(ScheduleStatus.UNFILLED, f"{why}, {left} shares are left as they are")
        wishes = self._cancel_open(why)
        committed = self.ledger.committed
        sent, reason = self._send(wishes, self.ledger.free, now, self.calendar.slices, is_crossing=True, why=why)
        if sent:
            self._note(self.calendar.slices, now, committed, sent, reason)
        return wishes

    def _send(
        self, wishes: list[Wish], wanted: Decimal, now: datetime, number: int, *, is_crossing: bool, why: str = ""
    ) -> tuple[Decimal, str]:
        cap, expected = allowed(self.ledger, self.settings, self.forecast, now, self.calendar.length)
        wanted = min(wanted, self.ledger.free)
        quantity = wanted if cap is None else min(wanted, cap)
        reason = why or f"slice {number + 1} of {self.calendar.slices}"
        if cap is not None and quantity < wanted:
            reason += "; no volume is known yet" if expected is None else "; held by the participation cap"
        quantity = self.parent.whole(quantity)
        if quantity <= 0:
            return ZERO, reason
        request = child_request(self.ledger, self.settings, quantity, self.forecast.last_close, is_crossing=is_crossing)
        self.ledger.send(request, now)
        wishes.append(ChildWish(request, number, reason, expected))
        return quantity, reason

    def _share(self, number: int) -> float:
        if number >= self.calendar.slices - 1:
            return 1.0
        parent = self.parent
        view = SliceView(
            number, self.calendar.slices, self.calendar.boundary(number), self.calendar.boundary(number + 1),
            parent.end, float(parent.quantity), float(self.ledger.committed), self.forecast,
        )  # fmt: skip
        return self.plan.share(view)

    # -- the ends ----------------------------------------------------------------------------------------------

    def _cancel_open(self, reason: str) -> list[Wish]:
        """Cancel what rests, once: a child at the market or at the parent's limit cannot be priced better."""
        best = (None, self.parent.limit_price)
        resting = [c for c in self.ledger.open() if c.request is not None and c.request.limit_price not in best]
        names = [c.client_order_id for c in resting if c.client_order_id not in self._asked]
        self._asked.update(names)
        return [ChildCancel(name, reason) for name in names]

    def _end(self, status: ScheduleStatus, reason: str) -> list[Wish]:
        self._status, self._reason = status, reason
        return [ChildCancel(c.client_order_id, reason) for c in self.ledger.open() if not c.status.is_terminal]

    def _note(self, number: int, now: datetime, committed: Decimal, sent: Decimal, reason: str) -> None:
        fills = self.ledger.executions
        shares = sum((e.quantity for e in fills), ZERO)
        achieved = float(sum((e.quantity * e.price for e in fills), ZERO) / shares) if shares else None
        vwap = self.forecast.vwap
        market = None if math.isnan(vwap) else vwap
        self.progress.append(
            Progress(number, now, self._target, committed, self.ledger.filled, sent, market, achieved, reason)
        )
