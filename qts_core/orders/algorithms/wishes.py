"""What a schedule asks for, what it is told to be like, and how it ended (specification 12.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from qts_core.market.errors import OrderSubmissionError
from qts_core.market.events import CancelOrder, SubmitOrder
from qts_core.market.orders import OrderRequest

__all__ = ["ChildCancel", "ChildWish", "Outcome", "Progress", "ScheduleSettings", "ScheduleStatus", "Wish", "commands"]


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """How a parent is worked, whatever the plan.

    Attributes
    ----------
    interval : timedelta
        Between two slices; the window is divided evenly, into no longer ones.
    urgency : float
        0 to 1: how far fills may be behind the plan before resting children are cancelled and the rest crosses the
        spread: ``(1 - urgency) x one mean slice``.
    jitter_ratio : float
        Largest delay of a slice, ratio of the interval, below 1; drawn from the parent's id.
    max_participation : float, optional
        Largest share of the market's volume, of one interval as expected and of the window so far.
    limit_offset_bps : Decimal, optional
        Children are limits this far on the paying side of the last price (negative = passive); None = market orders.
    is_completed : bool
        Whether what is left at the window's end is sent at once; the participation cap holds even then.
    grace : int
        Intervals after the window in which the clean-up may last.
    max_rejects : int
        Refusals in a row that end the parent.
    """

    interval: timedelta = timedelta(minutes=5)
    urgency: float = 0.5
    jitter_ratio: float = 0.0
    max_participation: float | None = None
    limit_offset_bps: Decimal | None = None
    is_completed: bool = True
    grace: int = 1
    max_rejects: int = 3

    def __post_init__(self) -> None:
        """Refuse settings that no schedule can follow."""
        cap = self.max_participation
        is_sound = (
            self.interval > timedelta(0)
            and 0 <= self.urgency <= 1
            and 0 <= self.jitter_ratio < 1
            and (cap is None or 0 < cap <= 1)
            and self.grace >= 0
            and self.max_rejects >= 1
        )
        if not is_sound:
            raise OrderSubmissionError(
                "QTS-EXEC-058", "a schedule's settings contradict themselves", found=str(self),
                expected="interval > 0, urgency in [0, 1], jitter in [0, 1), participation in (0, 1]",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ChildWish:
    """A child order to send now; it is in the parent's ledger already.

    Attributes
    ----------
    request : OrderRequest
    slice : int
        The slice it belongs to, from 0; the number of slices for the clean-up.
    reason : str
    expected_volume : float or None
        Shares that the market is expected to trade in the interval; what the participation cap was taken of.
    """

    request: OrderRequest
    slice: int
    reason: str
    expected_volume: float | None = None


@dataclass(frozen=True, slots=True)
class ChildCancel:
    """A child to cancel; its shares stay committed until the broker confirms."""

    client_order_id: str
    reason: str


Wish = ChildWish | ChildCancel


class ScheduleStatus(StrEnum):
    """Where a parent stands."""

    WORKING = "working"
    FILLED = "filled"
    UNFILLED = "unfilled"
    """The window is over and not everything was filled."""
    STOPPED = "stopped"
    """Refusals in a row, or a person or rule asked for the end."""
    CONFLICT = "conflict"
    """The broker contradicts itself: a person must look."""

    @property
    def is_final(self) -> bool:
        """Whether no child will be sent any more."""
        return self is not ScheduleStatus.WORKING


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a parent stands or ended, shares."""

    status: ScheduleStatus
    filled: Decimal
    unfilled: Decimal
    open: Decimal
    children: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Plan and fact when a slice was due.

    Attributes
    ----------
    slice : int
    at : datetime
    target, committed, filled, sent : Decimal
        Shares planned to be out by now, out before this slice, filled, and sent with it.
    market_vwap, achieved : float or None
        USD: the market's since the window's start, and the fills' mean price.
    reason : str
    """

    slice: int
    at: datetime
    target: Decimal
    committed: Decimal
    filled: Decimal
    sent: Decimal
    market_vwap: float | None
    achieved: float | None
    reason: str


def commands(
    wishes: Iterable[Wish], decision_id: str, *, reduces_risk: bool = False
) -> list[SubmitOrder | CancelOrder]:
    """Return `wishes` as the core's commands."""
    return [
        SubmitOrder(w.request, decision_id, reduces_risk)
        if isinstance(w, ChildWish)
        else CancelOrder(w.client_order_id, w.reason)
        for w in wishes
    ]
