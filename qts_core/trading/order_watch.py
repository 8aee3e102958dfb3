"""The core's eye on its orders: what is remarkable about those at work, and how good the finished ones were (10.4).

Orders are looked at when a bar closes. What is found becomes verdicts of the bar's decision, alerts when it begins and
ends, and a cancel where fills slip more than allowed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from qts_core.market.bars import BarSlice
from qts_core.market.events import Alert, CancelOrder
from qts_core.market.money import dollars
from qts_core.market.orders import OrderRequest
from qts_core.orders.state import NEVER, OrderState
from qts_core.risk.after_trade import CostTally, FilledOrder, quality
from qts_core.risk.alerts import BreachAlerts
from qts_core.risk.in_flight import NextStep, WorkingOrder, inspect
from qts_core.risk.order_checks import OrderChecks
from qts_core.risk.verdict import Verdict
from qts_core.trading.exact_json import decode, encode
from qts_core.trading.holdings import Holdings

__all__ = ["NOTHING_SEEN", "OrderWatch", "Seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at all orders found."""

    verdicts: tuple[Verdict, ...] = ()
    cancels: tuple[CancelOrder, ...] = ()
    alerts: tuple[Alert, ...] = ()


NOTHING_SEEN = Seen()


@dataclass(frozen=True, slots=True)
class _Sent:
    """What was known when an order left."""

    arrival_price: float
    sent: datetime
    session_close: datetime
    is_asked: bool = False
    """Whether a cancel has been asked for."""


class OrderWatch:
    """A fold over orders that leave, what the broker says of them, and bars.

    Parameters
    ----------
    checks : OrderChecks
    """

    def __init__(self, checks: OrderChecks) -> None:
        self.checks = checks
        self._sent: dict[str, _Sent] = {}
        self._after: list[Verdict] = []
        self._tally = CostTally()
        self._alerts = BreachAlerts()
        self._close = NEVER

    def sent(self, requests: Iterable[OrderRequest], holdings: Holdings, now: datetime) -> None:
        """Take orders that leave, and their symbols' last prices."""
        for request in requests:
            mark = float(holdings.mark[holdings.symbols.index(request.symbol)])
            self._sent[request.client_order_id] = _Sent(mark, now, self._close)

    def heard(self, order: OrderState | None) -> None:
        """Take an order of which something was said; one that is over is judged."""
        if order is None or order.is_open or order.client_order_id not in self._sent:
            return
        known = self._sent.pop(order.client_order_id)
        shares = float(order.filled_quantity)
        if shares <= 0.0 or order.side is None or not known.arrival_price > 0.0:
            return
        paid = math.fsum(dollars(fill.commission) for fill in order.executions.values())
        done = FilledOrder(
            order.client_order_id, order.symbol, order.side, shares, _average(order), known.arrival_price, math.nan,
            paid, self.checks.estimate_bps,
        )  # fmt: skip
        found = quality(done, self.checks.quality)
        self._tally.add(done, found)
        self._after += found.verdicts

    def look(self, orders: Mapping[str, OrderState], bars: BarSlice) -> Seen:
        """Return what is remarkable at a bar's close about orders at work, and about those that have ended."""
        now = bars.ts_known
        self._close = bars.ts_event + (bars.slots - bars.slot) * (now - bars.ts_event)
        verdicts, cancels = self._after, []
        self._after = []
        for name, known in tuple(self._sent.items()):
            order = orders.get(name)
            if order is None or order.side is None or order.request is None:
                continue
            for finding in inspect(_working(order, known), now, self.checks.flight):
                verdicts.append(finding.verdict)
                if finding.step is NextStep.CANCEL and not known.is_asked:
                    cancels.append(CancelOrder(name, finding.verdict.reason))
                    self._sent[name] = _Sent(known.arrival_price, known.sent, known.session_close, is_asked=True)
        wrong = self._tally.judge()
        if wrong is not None:
            verdicts.append(wrong)
        return Seen(tuple(verdicts), tuple(cancels), tuple(self._alerts.update(verdicts)))

    def snapshot(self) -> dict[str, object]:
        """Return the state, exact, as JSON values."""
        return {
            "after": [encode(verdict) for verdict in self._after],
            "alerts": self._alerts.snapshot(),
            "close": encode(self._close),
            "sent": {name: encode(known) for name, known in self._sent.items()},
            "tally": self._tally.snapshot(),
        }

    def restore(self, state: Mapping[str, object]) -> None:
        """Take up the state of :meth:`snapshot`."""
        self._after = [decode(Verdict, verdict) for verdict in cast(list[object], state["after"])]
        self._close = decode(datetime, state["close"])
        self._alerts.restore(cast(list[list[str]], state["alerts"]))
        self._sent = {name: decode(_Sent, known) for name, known in cast(Mapping[str, object], state["sent"]).items()}
        self._tally.restore(cast(Mapping[str, object], state["tally"]))


def _working(order: OrderState, known: _Sent) -> WorkingOrder:
    request, side = order.request, order.side
    assert request is not None
    assert side is not None
    return WorkingOrder(
        order.client_order_id, order.symbol, side, order.status, request.time_in_force,
        float(request.quantity or 0), float(order.filled_quantity), _average(order), known.arrival_price, known.sent,
        max(order.reported_at, known.sent), known.session_close,
    )  # fmt: skip


def _average(order: OrderState) -> float:
    """Return the mean price of the fills, USD; NaN before the first."""
    shares = order.filled_quantity
    value = sum((fill.quantity * fill.price for fill in order.executions.values()), start=shares * 0)
    return float(value / shares) if shares else math.nan
