"""When a trade settles, and which cash is settled (specification 12.4, checklist X-04)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache

from qts_core.exchange.records import Fill
from qts_core.market.calendar import TradingCalendar, xnys
from qts_core.market.money import ZERO
from qts_core.market.time import trading_day

__all__ = ["CYCLES", "Settlement", "pending_settlements", "settlement_cycle", "settlement_day", "unsettled_proceeds"]

CYCLES: tuple[tuple[date, int], ...] = (
    (date.min, 5),
    (date(1995, 6, 7), 3),
    (date(2017, 9, 5), 2),
    (date(2024, 5, 28), 1),
)
"""First trade date and settlement days after it: T+5 until 6 June 1995 (SEC rule 15c6-1), T+3, T+2, T+1."""

LONGEST_DAYS = 14
SATURDAY = 5
OCTOBER, NOVEMBER, ARMISTICE = 10, 11, 11


@dataclass(frozen=True, slots=True)
class Settlement:
    """Cash of one execution that has not moved yet, USD: positive comes in, negative goes out."""

    trade_day: date
    day: date
    symbol: str
    amount: Decimal


def settlement_cycle(trade_day: date) -> int:
    """Return how many settlement days after `trade_day` a US equity trade settles."""
    return next(days for first, days in reversed(CYCLES) if trade_day >= first)


@lru_cache(maxsize=4096)
def settlement_day(trade_day: date, calendar: TradingCalendar | None = None) -> date:
    """Return when a trade of `trade_day` settles.

    Columbus Day and Veterans Day are no settlement days although the exchange trades: the banks are closed.

    Raises
    ------
    ValueError
        If the exchange is closed on `trade_day`.
    """
    sessions = calendar or xnys()
    if sessions.on(trade_day) is None:
        raise ValueError(f"{trade_day} is no trading day")
    day, left = trade_day, settlement_cycle(trade_day)
    while left:
        day += timedelta(days=1)
        left -= sessions.on(day) is not None and not is_bank_holiday(day)
    return day


def is_bank_holiday(day: date) -> bool:
    """Return whether the exchange is open and the banks are closed: Columbus Day, Veterans Day."""
    if day.month == OCTOBER:
        return day.weekday() == 0 and 8 <= day.day <= 14
    is_sunday_before = day.weekday() == 0 and day.day == ARMISTICE + 1
    return day.month == NOVEMBER and (day.day == ARMISTICE or is_sunday_before)


def pending_settlements(
    fills: Sequence[Fill], day: date, calendar: TradingCalendar | None = None
) -> tuple[Settlement, ...]:
    """Return what has been traded and not settled at the start of `day`, oldest first; commission is in the amount.

    Parameters
    ----------
    fills : sequence of Fill
        By time.
    day : date
        New York.
    """
    return tuple(sorted(_pending(fills, day, calendar), key=lambda s: (s.day, s.trade_day)))


def _pending(fills: Sequence[Fill], day: date, calendar: TradingCalendar | None) -> Iterable[Settlement]:
    for fill in reversed(fills):
        execution = fill.execution
        traded = trading_day(execution.ts_event)
        if (day - traded).days > LONGEST_DAYS:
            return
        settles = settlement_day(traded, calendar)
        if traded <= day < settles:
            amount = -execution.side.sign * execution.quantity * execution.price - execution.commission
            yield Settlement(traded, settles, execution.symbol, amount)


def unsettled_proceeds(pending: Iterable[Settlement]) -> Decimal:
    """Return the cash of sales that has not come in, USD; purchases count as paid at once."""
    return sum((s.amount for s in pending if s.amount > ZERO), ZERO)
