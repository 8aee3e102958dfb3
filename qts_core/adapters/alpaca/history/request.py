"""What to download, cut into chunks of a month and some symbols each (specification 5.1; protocol reference, 11.1)."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

from qts_core.market.calendar import Session, TradingCalendar, month_of
from qts_core.market.errors import DataNotFoundError
from qts_core.market.ids import digest

__all__ = ["PAGE_BARS", "Chunk", "Estimate", "Feed", "HistoryRequest", "estimate", "plan_chunks"]

Feed = Literal["iex", "sip"]

PAGE_BARS = 10_000
"""The most bars that one answer of the server holds."""
CHUNK_BARS = 150_000
"""Bars of a chunk at most: about fifteen answers, so little is lost when a download is interrupted."""
CHUNK_SYMBOLS = 100
"""Symbols of a chunk at most; more make the address of a request too long."""
TRADED_MINUTES = 16 * 60
"""Minutes of a day, 04:00 to 20:00 New York, in which a symbol may have bars."""
LONGEST_MONTH_SESSIONS = 23
SETTLED_AFTER = timedelta(minutes=20)
"""A session's bars are final this long after its close: free plans see the whole market 15 minutes late."""


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """Bars of some symbols over some days.

    Attributes
    ----------
    symbols : tuple of str
        Canonical symbols, ascending.
    first, last : date
        First and last session day, New York, both included.
    feed : "iex" or "sip"
        One exchange, or the whole market.
    bar_minutes : int
        15, or 1 to build the 15-minute bars here.
    """

    symbols: tuple[str, ...]
    first: date
    last: date
    feed: Feed = "iex"
    bar_minutes: int = 15

    def __post_init__(self) -> None:
        if list(self.symbols) != sorted(set(self.symbols)) or not self.symbols:
            raise ValueError("symbols must be ascending, distinct and at least one")
        if self.last < self.first:
            raise ValueError(f"last {self.last} lies before first {self.first}")
        if self.bar_minutes not in (1, 15):
            raise ValueError(f"bars of {self.bar_minutes} minutes; expected 1 or 15")

    @property
    def source(self) -> str:
        """Provenance that each bar carries: ``alpaca iex`` or ``alpaca sip``."""
        return f"alpaca {self.feed}"

    @property
    def key(self) -> str:
        """Name of this request's folder of staged chunks: the same request goes on where it stopped."""
        return digest({name: str(value) for name, value in asdict(self).items()})[:16]


@dataclass(frozen=True, slots=True)
class Chunk:
    """One unit of downloading: some symbols from the first bar's start to the last bar's start, both included.

    `is_final` says that nothing more can come: such a chunk is kept when a download is interrupted.
    """

    name: str
    month: str
    symbols: tuple[str, ...]
    start: datetime
    end: datetime
    sessions: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a download will take at least: every minute is not traded, so there are fewer bars than this."""

    chunks: int
    requests: int
    bars: int
    seconds: float


def plan_chunks(request: HistoryRequest, calendar: TradingCalendar, now: datetime) -> tuple[Chunk, ...]:
    """Cut a request into chunks, month by month, each small enough to be lost without regret.

    Raises
    ------
    DataNotFoundError
        If the days hold no session that has begun.
    """
    size = max(1, min(CHUNK_SYMBOLS, CHUNK_BARS // _bars_of(LONGEST_MONTH_SESSIONS, request.bar_minutes)))
    chunks: list[Chunk] = []
    month = request.first.replace(day=1)
    while month <= request.last:
        ends = month_of(month)
        sessions = calendar.between(max(ends[0], request.first), min(ends[1], request.last))
        begun = [s for s in sessions if s.open + SETTLED_AFTER <= now]
        if begun:
            chunks += _chunks_of(begun, request, size, now - SETTLED_AFTER)
        month = ends[1] + timedelta(days=1)
    if not chunks:
        raise DataNotFoundError(
            "QTS-DATA-045", "there is no session to download", where=f"{request.first} to {request.last}",
            expected="days with at least one session of XNYS that has begun", fix="give other days",
        )  # fmt: skip
    return tuple(chunks)


def _chunks_of(sessions: list[Session], request: HistoryRequest, size: int, settled: datetime) -> list[Chunk]:
    """Cut one month's sessions into chunks of at most `size` symbols."""
    month = f"{sessions[0].date:%Y-%m}"
    end = sessions[-1].close - timedelta(minutes=request.bar_minutes)
    is_final = sessions[-1].close <= settled
    until = end if is_final else min(end, settled)
    count = math.ceil(len(request.symbols) / size)
    edges = [i * len(request.symbols) // count for i in range(count + 1)]
    batches = [request.symbols[a:b] for a, b in pairwise(edges)]
    return [
        Chunk(f"{month}-{i:03d}", month, batch, sessions[0].open, until, len(sessions), is_final)
        for i, batch in enumerate(batches)
    ]


def estimate(chunks: tuple[Chunk, ...], bar_minutes: int, requests_per_minute: int) -> Estimate:
    """Return how much is to be asked for at most, and how long the rate limit alone makes it last."""
    counts = [_bars_of(c.sessions, bar_minutes) * len(c.symbols) for c in chunks]
    requests = sum(math.ceil(count / PAGE_BARS) for count in counts)
    minutes = max(0, requests - requests_per_minute) / requests_per_minute
    return Estimate(len(chunks), requests, sum(counts), minutes * 60.0)


def _bars_of(sessions: int, bar_minutes: int) -> int:
    return sessions * TRADED_MINUTES // bar_minutes
