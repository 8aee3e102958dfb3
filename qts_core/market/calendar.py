"""The XNYS trading calendar: sessions, half-days and daylight-saving changes (specification 15.2, X-33)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from qts_core.market.time import MICROS_PER_MINUTE, to_micros, trading_day

__all__ = ["FIRST_DAY", "LAST_DAY", "Session", "TradingCalendar", "xnys"]

FIRST_DAY = date(1990, 1, 2)
LAST_DAY = date(2027, 12, 31)
REGULAR_MINUTES = 390


@dataclass(frozen=True, slots=True)
class Session:
    """One regular trading session; `open` and `close` are aware UTC instants."""

    date: date
    open: datetime
    close: datetime

    @property
    def minutes(self) -> int:
        """Length of the session in minutes: 390, or 210 on a half-day."""
        return (to_micros(self.close) - to_micros(self.open)) // MICROS_PER_MINUTE

    @property
    def is_half_day(self) -> bool:
        """Whether the session closes early."""
        return self.minutes < REGULAR_MINUTES

    def bars(self, bar_minutes: int) -> int:
        """Return how many bars of `bar_minutes` start in the session (26, or 14 on a half-day, for 15)."""
        return -(-self.minutes // bar_minutes)


class TradingCalendar:
    """An ordered, immutable table of sessions."""

    def __init__(self, sessions: tuple[Session, ...]) -> None:
        self._sessions = sessions
        self._dates = [s.date for s in sessions]
        self._opens = [s.open for s in sessions]

    def between(self, first: date, last: date) -> tuple[Session, ...]:
        """Return the sessions from `first` to `last`, both included."""
        return self._sessions[bisect_left(self._dates, first) : bisect_right(self._dates, last)]

    def on(self, day: date) -> Session | None:
        """Return the session of `day`, or None when the exchange is closed."""
        i = bisect_left(self._dates, day)
        return self._sessions[i] if i < len(self._dates) and self._dates[i] == day else None

    def at(self, moment: datetime) -> Session | None:
        """Return the session that contains `moment` (open included, close excluded), or None."""
        session = self.on(trading_day(moment))
        return session if session is not None and session.open <= moment < session.close else None

    def next_after(self, moment: datetime) -> Session:
        """Return the first session that opens strictly after `moment`.

        Raises
        ------
        LookupError
            If the table ends before that.
        """
        i = bisect_right(self._opens, moment)
        if i >= len(self._sessions):
            raise LookupError(f"no session after {moment.isoformat()}: the calendar ends on {self._dates[-1]}")
        return self._sessions[i]

    def last_closed(self, moment: datetime) -> Session:
        """Return the last session whose close is at or before `moment`."""
        i = bisect_right(self._opens, moment) - 1
        while i >= 0 and self._sessions[i].close > moment:
            i -= 1
        if i < 0:
            raise LookupError(f"no session closed before {moment.isoformat()}")
        return self._sessions[i]

    def shift(self, day: date, sessions: int) -> date:
        """Return the date `sessions` sessions after (or before, if negative) the first session on or after `day`."""
        return self._dates[bisect_left(self._dates, day) + sessions]


@lru_cache(maxsize=1)
def xnys() -> TradingCalendar:
    """Return the New York Stock Exchange calendar, 1990 to 2027 (about 0.5 s the first time)."""
    import exchange_calendars

    # A window beyond the library's default of twenty years back and one ahead.
    calendar = exchange_calendars.get_calendar("XNYS", start=FIRST_DAY.isoformat(), end=LAST_DAY.isoformat())
    schedule = calendar.schedule
    opens = schedule["open"].dt.to_pydatetime() if hasattr(schedule["open"], "dt") else schedule["open"]
    closes = schedule["close"].dt.to_pydatetime() if hasattr(schedule["close"], "dt") else schedule["close"]
    return TradingCalendar(
        tuple(
            Session(day.date(), o.astimezone(UTC), c.astimezone(UTC))
            for day, o, c in zip(schedule.index.to_pydatetime(), opens, closes, strict=True)
        )
    )


def month_of(day: date) -> tuple[date, date]:
    """Return the first and last calendar day of the month of `day`."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(days=1)
