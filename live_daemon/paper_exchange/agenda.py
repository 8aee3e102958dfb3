"""What happens when, in a replay: actions before the open, each minute's open and close, the session's end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import IntEnum

from qts_core.market.calendar import Session
from qts_core.market.panel import Panel
from qts_core.market.time import NEW_YORK, UTC, from_micros

__all__ = ["Agenda", "Entry", "Kind"]

PRE_MARKET = time(4, 0)

MinutesOf = Callable[[Session], Panel]


class Kind(IntEnum):
    """What an entry stands for."""

    ACTIONS = 0
    OPEN = 1
    CLOSE = 2
    END = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing at one time; `row` is the minute's row in the session."""

    at: datetime
    kind: Kind
    session: Session
    row: int = -1


class Agenda:
    """The entries of some sessions in order, taken one at a time."""

    def __init__(self, sessions: Sequence[Session], minutes_of: MinutesOf) -> None:
        self._entries = _entries(sessions, minutes_of)
        self._next = next(self._entries, None)

    @property
    def next(self) -> Entry | None:
        """The entry that comes next, or None at the end."""
        return self._next

    def take(self, until: datetime, *, is_lockstep: bool) -> Entry | None:
        """Return and remove the next entry that is due at `until`, or None.

        In lockstep a minute opens only when the clock moves beyond its start: orders sent while the clock stood
        there are in time for its opening price.
        """
        entry = self._next
        if entry is None or entry.at > until or (is_lockstep and entry.kind is Kind.OPEN and entry.at == until):
            return None
        self._next = next(self._entries, None)
        return entry


def _entries(sessions: Sequence[Session], minutes_of: MinutesOf) -> Iterator[Entry]:
    for session in sessions:
        dawn = datetime.combine(session.date, PRE_MARKET, NEW_YORK).astimezone(UTC)
        yield Entry(dawn, Kind.ACTIONS, session)
        line = minutes_of(session).timeline
        for row in range(len(line)):
            yield Entry(from_micros(int(line.ts_event[row])), Kind.OPEN, session, row)
            yield Entry(from_micros(int(line.ts_known[row])), Kind.CLOSE, session, row)
        yield Entry(session.close, Kind.END, session)
