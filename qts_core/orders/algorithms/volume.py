"""How much the market trades and will trade: past sessions' profile, adjusted by the volume of today (12.3)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from qts_core.market.bars import BarSlice

__all__ = ["VolumeForecast", "VolumeProfile"]

PRIOR_RATIO = 0.1
"""Share of a usual session's volume that today's must weigh against before it counts half."""

THIRD = 1 / 3


@dataclass(frozen=True, slots=True)
class VolumeProfile:
    """How a session's volume spreads over its slots.

    Attributes
    ----------
    shares : tuple of float
        Share of the session's volume by slot, sum 1; a half-day's shares are stretched or squeezed in time.
    session_volume : float
        Shares that a usual session trades.
    sessions : int
        Past sessions it was made of; 0 = given, not measured.
    """

    shares: tuple[float, ...]
    session_volume: float
    sessions: int = 0

    def cumulative(self, elapsed: float) -> float:
        """Return the share of the volume traded once `elapsed`, a ratio of the session's length, has passed."""
        place = min(max(elapsed, 0.0), 1.0) * len(self.shares)
        whole = min(int(place), len(self.shares) - 1)
        before = sum(self.shares[:whole])
        return float(before + self.shares[whole] * (place - whole))


@dataclass(frozen=True, slots=True)
class _Session:
    open: datetime
    close: datetime

    def elapsed(self, moment: datetime) -> float:
        return (moment - self.open) / (self.close - self.open)


class VolumeForecast:
    """Volume of one symbol in a window: heard so far, expected from here; a fold over closed bars.

    With a profile, what is expected is ``usual volume x profile x today's ratio``; the ratio is
    ``(heard + prior) / (expected of the heard bars + prior)`` with a tenth of a session as prior. Without a profile, it
    is the mean rate of the bars heard in the window, and None before the first.

    Parameters
    ----------
    start, end : datetime
        The window.
    session_open, session_close : datetime
        The session that it lies in.
    profile : VolumeProfile, optional
    """

    def __init__(
        self,
        start: datetime,
        end: datetime,
        session_open: datetime,
        session_close: datetime,
        profile: VolumeProfile | None = None,
    ) -> None:
        self.start = start
        self.end = end
        self.profile = profile
        self._session = _Session(session_open, session_close)
        self._until = start
        self._newest: datetime | None = None
        self._heard = 0.0
        self._expected = 0.0
        self._window = 0.0
        self._value = 0.0
        self._last_close = math.nan

    @property
    def until(self) -> datetime:
        """End of the newest bar heard, or the window's start."""
        return self._until

    @property
    def observed(self) -> float:
        """Shares traded since the window's start."""
        return self._window

    @property
    def last_close(self) -> float:
        """USD at the newest bar's close; NaN before the first."""
        return self._last_close

    @property
    def vwap(self) -> float:
        """Mean of the bars' (high + low + close) / 3 since the window's start, by volume, USD; NaN without."""
        return self._value / self._window if self._window > 0 else math.nan

    @property
    def ratio(self) -> float:
        """Return today's volume over the usual one, 1 without a profile."""
        if self.profile is None:
            return 1.0
        prior = PRIOR_RATIO * self.profile.session_volume
        return (self._heard + prior) / (self._expected + prior) if prior > 0 else 1.0

    def hear(self, bars: BarSlice, column: int) -> bool:
        """Take a closed bar; False for one that was heard before or is of another session."""
        is_known = self._newest is not None and bars.ts_event < self._newest
        if is_known or bars.ts_event < self._session.open or bars.ts_known > self._session.close:
            return False
        self._newest = bars.ts_known
        close, volume = float(bars.close[column]), float(bars.volume[column])
        if not math.isnan(close):
            self._last_close = close
        volume = 0.0 if math.isnan(volume) else volume
        self._heard += volume
        if self.profile is not None:
            self._expected += self._usual(bars.ts_event, bars.ts_known)
        if bars.ts_event >= self.start:
            self._window += volume
            if volume:
                typical = THIRD * (float(bars.high[column]) + float(bars.low[column]) + close)
                self._value += volume * typical
        self._until = max(self._until, bars.ts_known)
        return True

    def prime(self, volume: float, last: datetime, close: float) -> None:
        """Take what the session has traded up to `last`, shares, and its price there, in place of its bars."""
        self._newest = last
        self._heard = volume
        if self.profile is not None:
            self._expected = self._usual(self._session.open, last)
        if not math.isnan(close):
            self._last_close = close

    def expect(self, first: datetime, last: datetime) -> float | None:
        """Return the shares expected from `first` to `last`; None while nothing tells."""
        if last <= first:
            return 0.0
        if self.profile is not None:
            return self._usual(first, last) * self.ratio
        seconds = (self._until - self.start).total_seconds()
        if seconds <= 0:
            return None
        return self._window / seconds * (last - first).total_seconds()

    def _usual(self, first: datetime, last: datetime) -> float:
        assert self.profile is not None
        elapsed = self._session.elapsed
        ratio = self.profile.cumulative(elapsed(last)) - self.profile.cumulative(elapsed(first))
        return self.profile.session_volume * ratio

    def snapshot(self) -> dict[str, object]:
        """Return all of it as JSON values."""
        profile = self.profile
        return {
            "window": [self.start.isoformat(), self.end.isoformat()],
            "session": [self._session.open.isoformat(), self._session.close.isoformat()],
            "profile": None if profile is None else [list(profile.shares), profile.session_volume, profile.sessions],
            "until": self._until.isoformat(),
            "newest": None if self._newest is None else self._newest.isoformat(),
            "sums": [self._heard, self._expected, self._window, self._value],
            "last_close": None if math.isnan(self._last_close) else self._last_close,
        }

    @classmethod
    def restored(cls, state: Mapping[str, object]) -> VolumeForecast:
        """Return the forecast that :meth:`snapshot` wrote."""
        moments = [datetime.fromisoformat(m) for key in ("window", "session") for m in cast(list[str], state[key])]
        written = cast(tuple[list[float], float, int] | None, state["profile"])
        profile = None if written is None else VolumeProfile(tuple(written[0]), written[1], written[2])
        forecast = cls(moments[0], moments[1], moments[2], moments[3], profile)
        forecast._until = datetime.fromisoformat(str(state["until"]))
        newest = state["newest"]
        forecast._newest = None if newest is None else datetime.fromisoformat(str(newest))
        sums = cast(list[float], state["sums"])
        forecast._heard, forecast._expected, forecast._window, forecast._value = sums
        last = cast(float | None, state["last_close"])
        forecast._last_close = math.nan if last is None else last
        return forecast
